package dev.t2i.metric;

import dev.t2i.data.scene.Size;
import dev.t2i.data.scene.Thing;

/**
 * A thing taken off its picture: what it adds to the backdrop. Damage is done to such layers, so that nothing around the thing
 * suffers and no seam shows where the damage ends.
 */
final class ThingLayer {
    private static final float VISIBLE = 0.12f;
    private static final double REACH = 0.62;

    final Thing thing;
    /** Side of the picture in pixels. */
    final int size;
    /** The thing's unit in pixels: about as wide or tall as it is. */
    final double unit;
    /** Picture with the thing minus picture without, {@code [size, size, 3]}. */
    final float[] difference;
    /** Where the thing itself is, without its shadow and its halo. */
    final boolean[] mask;
    final int area;
    final int left;
    final int top;
    final int right;
    final int bottom;

    /**
     * @param without the backdrop, {@code [size, size, 3]}
     * @param with the same with the thing
     */
    ThingLayer(Thing thing, int size, float[] without, float[] with) {
        this.thing = thing;
        this.size = size;
        this.unit = (thing.size() == Size.SMALL ? 17 : 28) * size / 64.0;
        this.difference = new float[with.length];
        for (int i = 0; i < with.length; i++) {
            difference[i] = with[i] - without[i];
        }
        double weight = 0;
        double x = 0;
        double y = 0;
        float[] strength = new float[size * size];
        for (int i = 0; i < strength.length; i++) {
            float most = Math.max(Math.abs(difference[3 * i]), Math.max(Math.abs(difference[3 * i + 1]), Math.abs(difference[3 * i + 2])));
            strength[i] = most;
            weight += most * most;
            x += most * most * (i % size);
            y += most * most * (i / size);
        }
        x /= Math.max(1e-9, weight);
        y /= Math.max(1e-9, weight);
        this.mask = new boolean[size * size];
        int count = 0;
        int l = size;
        int t = size;
        int r = 0;
        int b = 0;
        for (int i = 0; i < strength.length; i++) {
            boolean near = !thing.kind().shines() || Math.hypot(i % size - x, i / size - y) < REACH * unit;
            mask[i] = near && strength[i] > VISIBLE;
            if (mask[i]) {
                count++;
                l = Math.min(l, i % size);
                r = Math.max(r, i % size + 1);
                t = Math.min(t, i / size);
                b = Math.max(b, i / size + 1);
            }
        }
        this.area = count;
        this.left = l;
        this.top = t;
        this.right = r;
        this.bottom = b;
    }

    /** The mask as numbers. */
    float[] coverage() {
        float[] coverage = new float[mask.length];
        for (int i = 0; i < mask.length; i++) {
            coverage[i] = mask[i] ? 1 : 0;
        }
        return coverage;
    }
}
