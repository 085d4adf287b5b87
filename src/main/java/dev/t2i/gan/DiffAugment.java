package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.EnumSet;
import java.util.Set;

/**
 * Differentiable augmentation (Zhao et al. 2020): real and drawn pictures are changed alike before the discriminator sees them, so that it
 * cannot learn a small data set by heart, and the generator's gradient passes through the change. Each part is applied to a picture with a
 * probability of its own, as in ADA (Karras et al. 2020); with probability 1 it is DiffAugment as published. ADA's own geometric and
 * colour transformations are there as well.
 *
 * <p>Everything is made of products and element-wise operations: first ADA's geometry, then its colours, then DiffAugment's colour,
 * translation and cutout. A picture's draws are uniform numbers in [0, 1) that the caller makes, a row of {@link #DRAWS} a picture.
 */
public final class DiffAugment {
    /** What may be changed. */
    public enum Part {
        /** Brightness by up to a quarter of the range either way, saturation times 0 to 2, contrast times 0.5 to 1.5. */
        COLOUR,
        /** By whole pixels, up to an eighth of the edge in both directions; what comes in is 0, the middle grey. */
        TRANSLATION,
        /** A square of half the edge becomes 0. */
        CUTOUT,

        // ADA's, by the names of its code, in its order

        /** Mirrored left to right, every other one. */
        XFLIP,
        /** Turned by 0 to 3 quarters. */
        ROTATE90,
        /** Moved by whole pixels, up to an eighth of the edge in both directions. */
        XINT,
        /** Larger or smaller by 2 to a normal number of deviation 0.2. */
        SCALE,
        /** Turned by any angle, before and after what stretches. */
        ROTATE,
        /** Wider and lower, or narrower and higher, by 2 to a normal number of deviation 0.2 each. */
        ANISO,
        /** Moved by a normal part of the edge, deviation an eighth, in both directions. */
        XFRAC,
        /** Brighter by a normal number of deviation 0.2. */
        BRIGHTNESS,
        /** Times 2 to a normal number of deviation 0.5. */
        CONTRAST,
        /** Light becomes dark, every other one; hue and saturation stay. */
        LUMAFLIP,
        /** Hues turned by any angle. */
        HUE,
        /** Saturation times 2 to a normal number of deviation 1. */
        SATURATION;

        static final Set<Part> OF_SHAPE = EnumSet.range(XFLIP, XFRAC);
        static final Set<Part> OF_COLOUR = EnumSet.range(BRIGHTNESS, SATURATION);

        /** Whether pictures no longer fit captions that tell left from right. */
        public boolean mirrors() {
            return this == XFLIP;
        }

        /** Whether pictures no longer fit captions that tell left from right, or above from below. */
        public boolean turns() {
            return this == ROTATE90 || this == ROTATE;
        }
    }

    /**
     * Probabilities.
     *
     * @param usual of most parts for each picture, a scalar
     * @param mirroring of parts that mirror, {@code [n, 1]}
     * @param turning of parts that turn, {@code [n, 1]}
     */
    public record Chances(Value usual, Value mirroring, Value turning) {
        /** The same for all parts and pictures. */
        public static Chances same(Value probability) {
            Value usual = probability.reshape(1, 1);
            return new Chances(usual, usual, usual);
        }

        /** {@code [n, 1]} or {@code [1, 1]} */
        Value of(Part part) {
            return part.mirrors() ? mirroring : part.turns() ? turning : usual.reshape(1, 1);
        }
    }

    private static final int BRIGHTNESS = 0;
    private static final int SATURATION = 1;
    private static final int CONTRAST = 2;
    private static final int DOWN = 3;
    private static final int ACROSS = 4;
    private static final int CUT_TOP = 5;
    private static final int CUT_LEFT = 6;
    private static final int GATES = 7;
    private static final int FIRST_DRAWS = GATES + 3;
    /** Uniform numbers that a picture takes. */
    public static final int DRAWS = FIRST_DRAWS + AdaTransforms.DRAWS;

    private static final double MOST_TRANSLATION = 0.125;
    private static final double CUTOUT_EDGE = 0.5;

    private DiffAugment() {}

    /**
     * @param pictures {@code [n, size, size, channels]}, of three channels for ADA's colours
     * @param draws {@code [n, DRAWS]}, uniform in [0, 1)
     * @return pictures of the same shape
     */
    public static Value apply(Value pictures, Value draws, Chances chances, Set<Part> parts) {
        Value changed = ada(pictures, draws, chances, parts);
        if (parts.contains(Part.COLOUR)) {
            changed = colour(changed, draws, gate(draws, chances, Part.COLOUR));
        }
        if (parts.contains(Part.TRANSLATION)) {
            changed = translate(changed, draws, gate(draws, chances, Part.TRANSLATION));
        }
        if (parts.contains(Part.CUTOUT)) {
            changed = cut(changed, draws, gate(draws, chances, Part.CUTOUT));
        }
        return changed;
    }

    /**
     * The draws of one of several sets of pictures.
     *
     * @param all {@code [n, sets * DRAWS]}, uniform in [0, 1)
     */
    public static Value draws(Value all, int set, int sets) {
        // Those of parts that came later lie behind, so that what others are given stays as it was.
        int later = sets * FIRST_DRAWS + set * AdaTransforms.DRAWS;
        return Value.concat(1, all.slice(1, set * FIRST_DRAWS, (set + 1) * FIRST_DRAWS), all.slice(1, later, later + AdaTransforms.DRAWS));
    }

    private static Value ada(Value pictures, Value draws, Chances chances, Set<Part> parts) {
        boolean shapes = parts.stream().anyMatch(Part.OF_SHAPE::contains);
        boolean colours = parts.stream().anyMatch(Part.OF_COLOUR::contains);
        if (!shapes && !colours) {
            return pictures;
        }
        AdaTransforms transforms = new AdaTransforms(pictures, draws.slice(1, FIRST_DRAWS, DRAWS), chances, parts);
        Value changed = shapes ? AffineWarp.apply(pictures, transforms.map(), !parts.contains(Part.ROTATE)) : pictures;
        return colours ? transforms.colour(changed) : changed;
    }

    /** {@code [n, 1]}: 1 where the part is applied, else 0. */
    private static Value gate(Value draws, Chances chances, Part part) {
        return chances.of(part).greater(draw(draws, GATES + part.ordinal()));
    }

    /** {@code [n, 1]} */
    private static Value draw(Value draws, int index) {
        return draws.slice(1, index, index + 1);
    }

    private static Value colour(Value pictures, Value draws, Value gate) {
        Value shift = draw(draws, BRIGHTNESS).sub(0.5).mul(gate);
        Value saturation = draw(draws, SATURATION).mul(2).sub(1).mul(gate).add(1);
        Value contrast = draw(draws, CONTRAST).sub(0.5).mul(gate).add(1);
        Value brighter = pictures.add(each(shift));
        Value saturated = spread(brighter, brighter.mean(3), each(saturation));
        return spread(saturated, saturated.mean(1, 2, 3), each(contrast));
    }

    /** Moves values away from a mean of them, or toward it. */
    private static Value spread(Value pictures, Value mean, Value factor) {
        return pictures.sub(mean).mul(factor).add(mean);
    }

    /** A number a picture, {@code [n, 1]}, for all of its values. */
    private static Value each(Value numbers) {
        return numbers.reshape(numbers.dim(0), 1, 1, 1);
    }

    /** Rows and columns by a product with a matrix of zeros and ones each. */
    private static Value translate(Value pictures, Value draws, Value gate) {
        int n = pictures.dim(0);
        int height = pictures.dim(1);
        int width = pictures.dim(2);
        int channels = pictures.dim(3);
        Value rows = shifting(draw(draws, DOWN), gate, height).matMul(pictures.reshape(n, height, width * channels));
        Value turned = rows.reshape(n, height, width, channels).transpose(0, 2, 1, 3).reshape(n, width, height * channels);
        Value columns = shifting(draw(draws, ACROSS), gate, width).matMul(turned);
        return columns.reshape(n, width, height, channels).transpose(0, 2, 1, 3);
    }

    /** {@code [n, size, size]}: row i takes column i plus a whole number drawn for each picture. */
    private static Value shifting(Value draw, Value gate, int size) {
        Graph graph = draw.graph();
        int most = (int) (size * MOST_TRANSLATION + 0.5);
        Value by = floor(draw.mul(2 * most + 1)).sub(most).mul(gate);
        Shape shape = Shape.of(draw.dim(0), size, size);
        Value apart = graph.iota(2, shape).sub(graph.iota(1, shape));
        return apart.equal(by.reshape(draw.dim(0), 1, 1));
    }

    private static Value cut(Value pictures, Value draws, Value gate) {
        int n = pictures.dim(0);
        Value rows = within(draw(draws, CUT_TOP), pictures.dim(1)).reshape(n, pictures.dim(1), 1, 1);
        Value columns = within(draw(draws, CUT_LEFT), pictures.dim(2)).reshape(n, 1, pictures.dim(2), 1);
        Value gone = rows.mul(columns).mul(each(gate));
        return pictures.mul(gone.neg().add(1));
    }

    /** {@code [n, size]}: 1 in a stretch around a centre drawn for each picture, which may reach beyond the edge. */
    private static Value within(Value draw, int size) {
        Graph graph = draw.graph();
        int edge = (int) (size * CUTOUT_EDGE + 0.5);
        Value first = floor(draw.mul(size + 1 - edge % 2)).sub(edge / 2);
        Value place = graph.iota(1, Shape.of(draw.dim(0), size)).sub(first);
        return place.greaterEqual(graph.scalar(0)).mul(graph.scalar(edge).greater(place));
    }

    private static Value floor(Value x) {
        return x.unary(Op.UnaryKind.FLOOR);
    }
}
