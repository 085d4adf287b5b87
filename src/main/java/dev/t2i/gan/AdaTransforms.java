package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.Set;

/**
 * ADA's geometric and colour transformations (Karras et al. 2020, appendix B) with its strengths. The geometric ones are composed to one
 * map a picture, by which it is resampled once ({@link AffineWarp}); those of colour to one matrix a picture. All of them begin as the
 * identity and are applied with their probability, in the order of {@link DiffAugment.Part}.
 */
final class AdaTransforms {
    private static final double TRANSLATION = 0.125;
    private static final double SCALE = 0.2;
    private static final double BRIGHTNESS = 0.2;
    private static final double CONTRAST = 0.5;
    private static final double SATURATION = 1;
    private static final double LN2 = Math.log(2);
    /** Of the power of two in either direction; one picture in 370 is held back. */
    private static final double MOST_STRETCH = Math.log(AffineWarp.MOST_STRETCH) / LN2 / 2;
    private static final double SQRT3 = Math.sqrt(3);

    /** Where each transformation's numbers begin in a row of draws, the gate first. */
    private static final int XFLIP_AT = 0;
    private static final int ROTATE90_AT = 2;
    private static final int XINT_AT = 4;
    private static final int SCALE_AT = 7;
    private static final int ROTATE_BEFORE_AT = 10;
    private static final int ANISO_AT = 12;
    private static final int ROTATE_AFTER_AT = 15;
    private static final int XFRAC_AT = 17;
    private static final int BRIGHTNESS_AT = 20;
    private static final int CONTRAST_AT = 23;
    private static final int LUMAFLIP_AT = 26;
    private static final int HUE_AT = 28;
    private static final int SATURATION_AT = 30;
    /** Uniform numbers that a picture takes. */
    static final int DRAWS = 33;

    private final Graph graph;
    private final int n;
    private final int size;
    private final Value draws;
    private final DiffAugment.Chances chances;
    private final Set<DiffAugment.Part> parts;

    /** @param draws {@code [n, DRAWS]}, uniform in [0, 1) */
    AdaTransforms(Value pictures, Value draws, DiffAugment.Chances chances, Set<DiffAugment.Part> parts) {
        this.graph = pictures.graph();
        this.n = pictures.dim(0);
        this.size = pictures.dim(1);
        this.draws = draws.stopGradient();
        this.chances = chances;
        this.parts = parts;
    }

    /** From places in a picture that is transformed to those in the given one. */
    AffineMap map() {
        AffineMap map = AffineMap.identity(graph, n);
        if (parts.contains(DiffAugment.Part.XFLIP)) {
            Value flipped = floor(draw(XFLIP_AT + 1).mul(2)).mul(gate(DiffAugment.Part.XFLIP, XFLIP_AT));
            map = map.scaled(flipped.mul(-2).add(1), graph.fill(1, Shape.of(n, 1)));
        }
        if (parts.contains(DiffAugment.Part.ROTATE90)) {
            Value quarters = floor(draw(ROTATE90_AT + 1).mul(4)).mul(gate(DiffAugment.Part.ROTATE90, ROTATE90_AT));
            // Cosine and sine of 0 to 3 quarter turns, exactly.
            map = map.turned(quarters.sub(2).abs().sub(1), quarters.sub(1).abs().neg().add(1));
        }
        if (parts.contains(DiffAugment.Part.XINT)) {
            Value gate = gate(DiffAugment.Part.XINT, XINT_AT);
            map = map.moved(whole(draw(XINT_AT + 1)).mul(gate), whole(draw(XINT_AT + 2)).mul(gate));
        }
        if (parts.contains(DiffAugment.Part.SCALE)) {
            Value factor = powerOfTwo(normal(SCALE_AT + 1).mul(SCALE).mul(gate(DiffAugment.Part.SCALE, SCALE_AT)));
            map = map.scaled(factor, factor);
        }
        // ADA turns before and after stretching, so that pictures are stretched in any direction, each as often as leaves the probability whole.
        if (parts.contains(DiffAugment.Part.ROTATE)) {
            map = turned(map, ROTATE_BEFORE_AT);
        }
        if (parts.contains(DiffAugment.Part.ANISO)) {
            Value power = normal(ANISO_AT + 1).mul(SCALE).max(-MOST_STRETCH).min(MOST_STRETCH).mul(gate(DiffAugment.Part.ANISO, ANISO_AT));
            map = map.scaled(powerOfTwo(power), powerOfTwo(power.neg()));
        }
        if (parts.contains(DiffAugment.Part.ROTATE)) {
            map = turned(map, ROTATE_AFTER_AT);
        }
        if (parts.contains(DiffAugment.Part.XFRAC)) {
            Value gate = gate(DiffAugment.Part.XFRAC, XFRAC_AT).mul(TRANSLATION * size);
            Value radius = radius(XFRAC_AT + 1).mul(gate);
            Value angle = draw(XFRAC_AT + 2).mul(2 * Math.PI);
            map = map.moved(radius.mul(angle.cos()), radius.mul(angle.sin()));
        }
        return map;
    }

    private AffineMap turned(AffineMap map, int at) {
        Value once = chances.of(DiffAugment.Part.ROTATE).neg().add(1).sqrt().neg().add(1);
        Value angle = draw(at + 1).mul(2).sub(1).mul(Math.PI).mul(once.greater(draw(at)));
        return map.turned(angle.cos(), angle.sin());
    }

    /** Whole pixels, up to an eighth of the edge either way. */
    private Value whole(Value draw) {
        return floor(draw.mul(2).sub(1).mul(TRANSLATION * size).add(0.5));
    }

    /**
     * Colours, by one matrix a picture. Grey, the mean of the three channels, and what a colour differs from it by do not mix: brightness,
     * contrast and its flip change grey, contrast, saturation and hue the difference.
     *
     * @param pictures {@code [n, size, size, 3]}
     */
    Value colour(Value pictures) {
        Value one = graph.fill(1, Shape.of(n, 1));
        Value shift = graph.fill(0, Shape.of(n, 1));
        Value contrast = one;
        Value sign = one;
        Value saturation = one;
        Value angle = shift;
        if (parts.contains(DiffAugment.Part.BRIGHTNESS)) {
            shift = normal(BRIGHTNESS_AT + 1).mul(BRIGHTNESS).mul(gate(DiffAugment.Part.BRIGHTNESS, BRIGHTNESS_AT));
        }
        if (parts.contains(DiffAugment.Part.CONTRAST)) {
            contrast = powerOfTwo(normal(CONTRAST_AT + 1).mul(CONTRAST).mul(gate(DiffAugment.Part.CONTRAST, CONTRAST_AT)));
        }
        if (parts.contains(DiffAugment.Part.LUMAFLIP)) {
            sign = floor(draw(LUMAFLIP_AT + 1).mul(2)).mul(gate(DiffAugment.Part.LUMAFLIP, LUMAFLIP_AT)).mul(-2).add(1);
        }
        if (parts.contains(DiffAugment.Part.HUE)) {
            angle = draw(HUE_AT + 1).mul(2).sub(1).mul(Math.PI).mul(gate(DiffAugment.Part.HUE, HUE_AT));
        }
        if (parts.contains(DiffAugment.Part.SATURATION)) {
            saturation = powerOfTwo(normal(SATURATION_AT + 1).mul(SATURATION).mul(gate(DiffAugment.Part.SATURATION, SATURATION_AT)));
        }
        Value grey = contrast.mul(sign);
        Value vivid = contrast.mul(saturation);
        // Turning about the grey axis treats channels alike, so the matrix is circulant.
        Value third = grey.sub(vivid.mul(angle.cos())).div(3);
        Value turn = vivid.mul(angle.sin()).div(SQRT3);
        Value own = third.add(vivid.mul(angle.cos()));
        Value next = third.sub(turn);
        Value last = third.add(turn);
        Shape shape = Shape.of(n, 3, 3);
        Value ahead = graph.iota(1, shape).sub(graph.iota(2, shape));
        Value negative = graph.scalar(0).greater(ahead);
        Value apart = ahead.add(negative.mul(3));
        Value matrix = apart.equal(graph.scalar(0)).select(own.reshape(n, 1, 1),
                apart.equal(graph.scalar(1)).select(next.reshape(n, 1, 1), last.reshape(n, 1, 1)));
        Value changed = pictures.reshape(n, size * size, 3).matMul(matrix).reshape(pictures.shape());
        return changed.add(grey.mul(shift).reshape(n, 1, 1, 1));
    }

    /** {@code [n, 1]}: 1 where the part is applied, else 0. */
    private Value gate(DiffAugment.Part part, int at) {
        return chances.of(part).greater(draw(at));
    }

    /** {@code [n, 1]} */
    private Value draw(int index) {
        return draws.slice(1, index, index + 1);
    }

    /** Standard normal, from two draws (Box and Muller 1958). */
    private Value normal(int index) {
        return radius(index).mul(draw(index + 1).mul(2 * Math.PI).cos());
    }

    private Value radius(int index) {
        return draw(index).neg().add(1).log().mul(-2).sqrt();
    }

    private static Value powerOfTwo(Value power) {
        return power.mul(LN2).exp();
    }

    private static Value floor(Value x) {
        return x.unary(Op.UnaryKind.FLOOR);
    }
}
