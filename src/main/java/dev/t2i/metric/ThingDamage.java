package dev.t2i.metric;

import dev.t2i.data.scene.Kind;
import java.util.Arrays;

/**
 * Damage to a single thing. Strengths are in units of the thing's size, because that is how people see: two pixels of blur
 * hide a small house and not a large one.
 *
 * <p>Mild damage leaves the thing nameable: blur up to 0.045 of its size, smears up to 0.07, waves up to 0.035, a corner of a
 * tenth missing, a fifth transparent. Ruin does not: blur from 0.13, smears from 0.55, waves from 0.16, more than half missing or hidden, half
 * replaced by half of another thing, two things in one, a blob of the thing's colour, coarse squares, parts in the wrong
 * order, a ghost of at most a quarter, coloured noise. Nothing in between is ever made.
 */
final class ThingDamage {
    /** What became of a thing. */
    record Result(float[] difference, Legibility legibility) {}

    private static final int RUINS = 12;
    private static final int MILD = 6;

    private final int size;
    private final float[] backdrop;
    private final Dice dice;

    /** @param backdrop the picture without things, {@code [size, size, 3]} */
    ThingDamage(int size, float[] backdrop, Dice dice) {
        this.size = size;
        this.backdrop = backdrop;
        this.dice = dice;
    }

    /** The thing as it looks after damage that leaves it nameable. */
    float[] mild(ThingLayer layer) {
        float[] d = layer.difference;
        double unit = layer.unit;
        return switch (dice.below(MILD)) {
            case 0 -> Filters.blur(d, size, 3, dice.between(0.01, 0.045) * unit);
            case 1 -> Filters.smear(d, size, 3, dice.between(0.02, 0.07) * unit, dice.between(0, Math.PI));
            case 2 -> Filters.warp(d, size, 3, waves(dice.between(0.01, 0.035) * unit, dice.between(0.5, 1.2) * unit));
            case 3 -> faded(d, remaining(layer, dice.between(0.02, 0.1), dice.between(0.5, 2)));
            case 4 -> scaled(d, (float) dice.between(0.8, 1));
            default -> Filters.coarsen(d, size, 3, Math.max(1, dice.between(0.04, 0.07) * unit), true);
        };
    }

    /** @param other another thing in the same place */
    Result ruin(ThingLayer layer, ThingLayer other) {
        float[] d = layer.difference;
        double unit = layer.unit;
        return switch (dice.below(RUINS)) {
            case 0 -> gone(Filters.blur(d, size, 3, dice.between(0.13, 0.25) * unit));
            case 1 -> gone(Filters.smear(d, size, 3, dice.between(0.55, 1.1) * unit, dice.between(0, Math.PI)));
            case 2 -> gone(Filters.warp(d, size, 3, waves(dice.between(0.16, 0.3) * unit, dice.between(0.3, 0.6) * unit)));
            case 3 -> torn(layer, faded(d, remaining(layer, dice.between(0.55, 0.9), dice.between(0.3, 3))));
            case 4 -> torn(layer, faded(d, bitten(layer)));
            case 5 -> gone(mixed(d, other.difference, half(layer)));
            case 6 -> gone(mixed(d, other.difference, constant((float) dice.between(0.4, 0.6))));
            case 7 -> blob(layer);
            case 8 -> gone(Filters.coarsen(d, size, 3, dice.between(0.25, 0.4) * unit, dice.chance(0.5)));
            case 9 -> gone(shuffled(layer));
            case 10 -> gone(scaled(d, (float) dice.between(0.08, 0.25)));
            default -> gone(dice.chance(0.5) ? noisy(layer) : halfHidden(layer));
        };
    }

    private static Result gone(float[] difference) {
        return new Result(difference, Legibility.GONE);
    }

    /** Part of a cloud is a cloud. */
    private static Result torn(ThingLayer layer, float[] difference) {
        return new Result(difference, layer.thing.kind() == Kind.CLOUD ? Legibility.DOUBTFUL : Legibility.GONE);
    }

    /** The thing in its own colour on one side and in another's on the other: still that thing, of neither colour. */
    float[] twoColours(ThingLayer layer, ThingLayer recoloured) {
        return mixed(layer.difference, recoloured.difference, half(layer));
    }

    /** Shifts of about {@code amplitude} pixels. */
    private float[] waves(double amplitude, double wavelength) {
        return scaled(Filters.smoothNoise(size, 2, wavelength, dice), (float) amplitude);
    }

    private static float[] scaled(float[] values, float factor) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i] * factor;
        }
        return out;
    }

    /** {@code keep [size, size]} of a layer. */
    private static float[] faded(float[] difference, float[] keep) {
        float[] out = new float[difference.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = difference[i] * keep[i / 3];
        }
        return out;
    }

    private static float[] mixed(float[] a, float[] b, float[] shareOfA) {
        float[] out = new float[a.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = a[i] * shareOfA[i / 3] + b[i] * (1 - shareOfA[i / 3]);
        }
        return out;
    }

    private float[] constant(float value) {
        float[] values = new float[size * size];
        Arrays.fill(values, value);
        return values;
    }

    /** 0 on one side of a random line that leaves {@code missing} of the thing behind it, 1 on the other. */
    private float[] remaining(ThingLayer layer, double missing, double softness) {
        double angle = dice.between(0, 2 * Math.PI);
        float[] along = new float[Math.max(1, layer.area)];
        int count = 0;
        for (int i = 0; i < layer.mask.length; i++) {
            if (layer.mask[i]) {
                along[count++] = along(i, angle);
            }
        }
        Arrays.sort(along);
        return ramp(angle, along[Math.min(along.length - 1, (int) (missing * along.length))], softness);
    }

    /** Half of the thing's box, parted near its middle. */
    private float[] half(ThingLayer layer) {
        double angle = dice.below(4) * Math.PI / 2;
        double x = layer.left + (layer.right - layer.left) * dice.between(0.42, 0.58);
        double y = layer.top + (layer.bottom - layer.top) * dice.between(0.42, 0.58);
        return ramp(angle, x * Math.cos(angle) + y * Math.sin(angle), dice.between(0.2, 2));
    }

    private float along(int at, double angle) {
        return (float) ((at % size + 0.5) * Math.cos(angle) + (at / size + 0.5) * Math.sin(angle));
    }

    private float[] ramp(double angle, double from, double softness) {
        float[] keep = new float[size * size];
        for (int i = 0; i < keep.length; i++) {
            keep[i] = (float) Math.min(1, Math.max(0, (along(i, angle) - from) / softness + 0.5));
        }
        return keep;
    }

    /** Discs taken out of the thing until at most 0.4 of it is left. */
    private float[] bitten(ThingLayer layer) {
        float[] keep = constant(1);
        int left = layer.area;
        for (int bites = 0; left > 0.4 * layer.area && bites < 40; bites++) {
            int x = layer.left + dice.below(Math.max(1, layer.right - layer.left));
            int y = layer.top + dice.below(Math.max(1, layer.bottom - layer.top));
            double radius = dice.between(0.14, 0.3) * layer.unit;
            left = 0;
            for (int i = 0; i < keep.length; i++) {
                double outside = Math.hypot(i % size - x, i / size - y) - radius;
                keep[i] = Math.min(keep[i], (float) Math.min(1, Math.max(0, outside + 0.5)));
                left += layer.mask[i] && keep[i] > 0.5 ? 1 : 0;
            }
        }
        return keep;
    }

    /**
     * A spot of the thing's colour, place and rough outline. With a sharp edge such a spot may pass for a cloud, a balloon, the
     * sun or the moon.
     */
    private Result blob(ThingLayer layer) {
        boolean sharp = dice.chance(0.5);
        float[] shape = Filters.blur(layer.coverage(), size, 1, dice.between(0.14, 0.25) * layer.unit);
        float most = 0;
        double[] colour = new double[3];
        for (int i = 0; i < shape.length; i++) {
            most = Math.max(most, shape[i]);
            for (int c = 0; c < 3 && layer.mask[i]; c++) {
                colour[c] += (backdrop[3 * i + c] + layer.difference[3 * i + c]) / layer.area;
            }
        }
        double slope = sharp ? dice.between(2, 5) : dice.between(0.8, 1.3);
        float[] difference = new float[3 * shape.length];
        for (int i = 0; i < difference.length; i++) {
            double cover = Math.min(1, Math.max(0, (shape[i / 3] / most - 0.5) * slope + 0.5));
            difference[i] = (float) (cover * (colour[i % 3] - backdrop[i]));
        }
        boolean round = switch (layer.thing.kind()) {
            case CLOUD, BALLOON, SUN, MOON, TREE -> true;
            default -> false;
        };
        return new Result(difference, sharp && round ? Legibility.DOUBTFUL : Legibility.GONE);
    }

    /** The thing's box cut into pieces that have changed places. */
    private float[] shuffled(ThingLayer layer) {
        int pieces = 3 + dice.below(2);
        int side = Math.max(1, Math.max(layer.right - layer.left, layer.bottom - layer.top) / pieces);
        int turn = 1 + dice.below(pieces * pieces - 1);
        // A step that shares no factor with the number of pieces visits all of them.
        int stride = pieces == 3 ? new int[] {2, 4, 5, 7}[dice.below(4)] : new int[] {3, 5, 7, 11}[dice.below(4)];
        float[] out = layer.difference.clone();
        for (int y = 0; y < pieces * side; y++) {
            for (int x = 0; x < pieces * side; x++) {
                int from = ((y / side * pieces + x / side) * stride + turn) % (pieces * pieces);
                int toX = layer.left + x;
                int toY = layer.top + y;
                int fromX = layer.left + from % pieces * side + x % side;
                int fromY = layer.top + from / pieces * side + y % side;
                if (toX < size && toY < size) {
                    boolean inside = fromX < size && fromY < size;
                    for (int c = 0; c < 3; c++) {
                        out[(toY * size + toX) * 3 + c] = inside ? layer.difference[(fromY * size + fromX) * 3 + c] : 0;
                    }
                }
            }
        }
        return out;
    }

    /** Coloured noise over the thing and its edge. */
    private float[] noisy(ThingLayer layer) {
        float[] noise = Filters.smoothNoise(size, 3, dice.between(1, 0.25 * layer.unit), dice);
        float[] near = Filters.blur(layer.coverage(), size, 1, 0.08 * layer.unit);
        float strength = (float) dice.between(0.5, 0.9);
        float[] out = new float[noise.length];
        for (int i = 0; i < out.length; i++) {
            float cover = Math.min(1, 3 * near[i / 3]);
            out[i] = 0.35f * layer.difference[i] + cover * strength * noise[i];
        }
        return out;
    }

    /** Most of the thing blurred away, the rest sharp. */
    private float[] halfHidden(ThingLayer layer) {
        float[] blurred = Filters.blur(layer.difference, size, 3, dice.between(0.15, 0.25) * layer.unit);
        return mixed(layer.difference, blurred, remaining(layer, dice.between(0.65, 0.9), dice.between(0.5, 3)));
    }

    /** A kind that may stand in for {@code kind}: on the same level, so that it has the same place, but of another shape. */
    static Kind another(Kind kind, Dice dice) {
        while (true) {
            Kind other = Kind.values()[dice.below(Slot.KINDS)];
            boolean sameHeight = other.inSky() == kind.inSky();
            if (other != kind && sameHeight) {
                return other;
            }
        }
    }
}
