package dev.t2i.backend.vector;

import static dev.t2i.backend.vector.Lanes.COUNT;
import static dev.t2i.backend.vector.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Turns square blocks as wide as a vector. In stage {@code d} = 1, 2, 4, 8, each row whose number lacks bit {@code d}
 * exchanges halves of its {@code 2 d}-element groups with the row {@code d} below; afterwards rows are columns.
 */
final class Transposition {
    /** Elements of a block. */
    static final int BLOCK = COUNT * COUNT;

    // Constants one by one, because C2 folds a shuffle or mask only when it is a static final field itself.
    private static final VectorShuffle<Float> DOWN_1 = VectorShuffle.iota(SPECIES, -1, 1, true);
    private static final VectorShuffle<Float> DOWN_2 = VectorShuffle.iota(SPECIES, -2, 1, true);
    private static final VectorShuffle<Float> DOWN_4 = VectorShuffle.iota(SPECIES, -4, 1, true);
    private static final VectorShuffle<Float> DOWN_8 = VectorShuffle.iota(SPECIES, -8, 1, true);
    private static final VectorShuffle<Float> UP_1 = VectorShuffle.iota(SPECIES, 1, 1, true);
    private static final VectorShuffle<Float> UP_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> UP_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> UP_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorMask<Float> HIGH_1 = lanesWithBit(1);
    private static final VectorMask<Float> HIGH_2 = lanesWithBit(2);
    private static final VectorMask<Float> HIGH_4 = lanesWithBit(4);
    private static final VectorMask<Float> HIGH_8 = lanesWithBit(8);

    private Transposition() {}

    private static VectorMask<Float> lanesWithBit(int bit) {
        long lanes = 0;
        for (int i = 0; i < COUNT; i++) {
            lanes |= (i & bit) != 0 ? 1L << i : 0;
        }
        return VectorMask.fromLong(SPECIES, lanes);
    }

    /** Transposes the block at {@code t[at..]}, its rows following each other. */
    static void turn(float[] t, int at) {
        if (COUNT < 4) {
            turnByElements(t, at);
            return;
        }
        for (int pair = 0; pair < COUNT / 2; pair++) {
            int i = at + pair * 2 * COUNT;
            FloatVector a = FloatVector.fromArray(SPECIES, t, i);
            FloatVector b = FloatVector.fromArray(SPECIES, t, i + COUNT);
            a.blend(b.rearrange(DOWN_1), HIGH_1).intoArray(t, i);
            a.rearrange(UP_1).blend(b, HIGH_1).intoArray(t, i + COUNT);
        }
        for (int pair = 0; pair < COUNT / 2; pair++) {
            int i = at + ((pair & -2) << 1 | pair & 1) * COUNT;
            FloatVector a = FloatVector.fromArray(SPECIES, t, i);
            FloatVector b = FloatVector.fromArray(SPECIES, t, i + 2 * COUNT);
            a.blend(b.rearrange(DOWN_2), HIGH_2).intoArray(t, i);
            a.rearrange(UP_2).blend(b, HIGH_2).intoArray(t, i + 2 * COUNT);
        }
        if (COUNT > 4) {
            for (int pair = 0; pair < COUNT / 2; pair++) {
                int i = at + ((pair & -4) << 1 | pair & 3) * COUNT;
                FloatVector a = FloatVector.fromArray(SPECIES, t, i);
                FloatVector b = FloatVector.fromArray(SPECIES, t, i + 4 * COUNT);
                a.blend(b.rearrange(DOWN_4), HIGH_4).intoArray(t, i);
                a.rearrange(UP_4).blend(b, HIGH_4).intoArray(t, i + 4 * COUNT);
            }
        }
        if (COUNT > 8) {
            for (int pair = 0; pair < COUNT / 2; pair++) {
                int i = at + pair * COUNT;
                FloatVector a = FloatVector.fromArray(SPECIES, t, i);
                FloatVector b = FloatVector.fromArray(SPECIES, t, i + 8 * COUNT);
                a.blend(b.rearrange(DOWN_8), HIGH_8).intoArray(t, i);
                a.rearrange(UP_8).blend(b, HIGH_8).intoArray(t, i + 8 * COUNT);
            }
        }
    }

    /**
     * Writes columns {@code [0, columns)} of the block at {@code t[at..]} to {@code target}, as rows {@code stride} apart. What the block
     * holds afterwards is undefined.
     */
    static void turn(float[] t, int at, int columns, float[] target, int to, int stride) {
        if (COUNT == 8 && columns == 8) {
            turnFirstHalf(t, at, target, to, stride);
            turnSecondHalf(t, at, target, to + 4 * stride, stride);
            return;
        }
        if (COUNT == 8 && columns < 4) {
            turnFirstHalf(t, at, t, at, COUNT);
        } else {
            turn(t, at);
        }
        for (int column = 0; column < columns; column++) {
            FloatVector.fromArray(SPECIES, t, at + column * COUNT).intoArray(target, to + column * stride);
        }
    }

    // Half of a block of eight by eight, all three stages of it in registers, where sixteen of those hold it.

    private static void turnFirstHalf(float[] t, int at, float[] target, int to, int stride) {
        FloatVector a = FloatVector.fromArray(SPECIES, t, at)
                .blend(FloatVector.fromArray(SPECIES, t, at + 4 * COUNT).rearrange(DOWN_4), HIGH_4);
        FloatVector b = FloatVector.fromArray(SPECIES, t, at + COUNT)
                .blend(FloatVector.fromArray(SPECIES, t, at + 5 * COUNT).rearrange(DOWN_4), HIGH_4);
        FloatVector c = FloatVector.fromArray(SPECIES, t, at + 2 * COUNT)
                .blend(FloatVector.fromArray(SPECIES, t, at + 6 * COUNT).rearrange(DOWN_4), HIGH_4);
        FloatVector d = FloatVector.fromArray(SPECIES, t, at + 3 * COUNT)
                .blend(FloatVector.fromArray(SPECIES, t, at + 7 * COUNT).rearrange(DOWN_4), HIGH_4);
        FloatVector low = a.blend(c.rearrange(DOWN_2), HIGH_2);
        FloatVector high = b.blend(d.rearrange(DOWN_2), HIGH_2);
        c = a.rearrange(UP_2).blend(c, HIGH_2);
        d = b.rearrange(UP_2).blend(d, HIGH_2);
        low.blend(high.rearrange(DOWN_1), HIGH_1).intoArray(target, to);
        low.rearrange(UP_1).blend(high, HIGH_1).intoArray(target, to + stride);
        c.blend(d.rearrange(DOWN_1), HIGH_1).intoArray(target, to + 2 * stride);
        c.rearrange(UP_1).blend(d, HIGH_1).intoArray(target, to + 3 * stride);
    }

    private static void turnSecondHalf(float[] t, int at, float[] target, int to, int stride) {
        FloatVector a = FloatVector.fromArray(SPECIES, t, at).rearrange(UP_4)
                .blend(FloatVector.fromArray(SPECIES, t, at + 4 * COUNT), HIGH_4);
        FloatVector b = FloatVector.fromArray(SPECIES, t, at + COUNT).rearrange(UP_4)
                .blend(FloatVector.fromArray(SPECIES, t, at + 5 * COUNT), HIGH_4);
        FloatVector c = FloatVector.fromArray(SPECIES, t, at + 2 * COUNT).rearrange(UP_4)
                .blend(FloatVector.fromArray(SPECIES, t, at + 6 * COUNT), HIGH_4);
        FloatVector d = FloatVector.fromArray(SPECIES, t, at + 3 * COUNT).rearrange(UP_4)
                .blend(FloatVector.fromArray(SPECIES, t, at + 7 * COUNT), HIGH_4);
        FloatVector low = a.blend(c.rearrange(DOWN_2), HIGH_2);
        FloatVector high = b.blend(d.rearrange(DOWN_2), HIGH_2);
        c = a.rearrange(UP_2).blend(c, HIGH_2);
        d = b.rearrange(UP_2).blend(d, HIGH_2);
        low.blend(high.rearrange(DOWN_1), HIGH_1).intoArray(target, to);
        low.rearrange(UP_1).blend(high, HIGH_1).intoArray(target, to + stride);
        c.blend(d.rearrange(DOWN_1), HIGH_1).intoArray(target, to + 2 * stride);
        c.rearrange(UP_1).blend(d, HIGH_1).intoArray(target, to + 3 * stride);
    }

    private static void turnByElements(float[] t, int at) {
        for (int i = 0; i < COUNT; i++) {
            for (int j = 0; j < i; j++) {
                float swapped = t[at + i * COUNT + j];
                t[at + i * COUNT + j] = t[at + j * COUNT + i];
                t[at + j * COUNT + i] = swapped;
            }
        }
    }
}
