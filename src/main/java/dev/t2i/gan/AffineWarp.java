package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;

/**
 * Pictures seen through affine maps, one map a picture. What lies beyond a picture's edge is its mirror image, over and over. Pixels are
 * interpolated by cubic convolution (a = -1/2), whose support grows where a picture shrinks, so that nothing finer than a pixel remains.
 *
 * <p>A lookup by computed places would need integers, which devices do not compute, and sums without order as its adjoint. So each map is
 * taken apart: perhaps x and y swapped, then a rotation by at most 45° as three shears (Paeth 1986), of which the last takes up what
 * skew there is, then a scaling of each axis with the offsets. Swapping chooses between two pictures. Scaling is a product with an
 * interpolation matrix an axis, which folds at the edges, flips included. A shear moves each line by an amount of its own: a product that
 * picks blocks of pixels, then one that interpolates within a block and the next. Shears lose nothing but what interpolation does, and
 * maps of whole pixels, quarter turns and flips are exact.
 *
 * <p>Maps are no variables of a loss: no gradient flows to them.
 */
final class AffineWarp {
    private static final int LEAST_BLOCK = 8;
    /** Half of a square's diagonal, rounded up, times two: what a rotation by 45° needs of each line, in edges. */
    private static final double TURNED = 1.42;
    /** The same before the first shear, for pictures skewed by {@link #MOST_STRETCH}. */
    private static final double SKEWED = 1.94;
    /** How often pixels may be wider than high, or the other way; stretched further, a turned picture's corners come from elsewhere. */
    static final double MOST_STRETCH = 2.3;
    /** Pixels around a place that interpolation reads, and one for rounding. */
    private static final int REACH = 5;

    private final Graph graph;
    private final int n;
    private final int size;
    private final int channels;
    /** Pixels a block; every line is a whole number of blocks. */
    private final int block;

    private AffineWarp(Value pictures) {
        graph = pictures.graph();
        n = pictures.dim(0);
        size = pictures.dim(1);
        channels = pictures.dim(3);
        // Picking costs the square of a line's blocks, interpolating the square of a block's pixels.
        int edge = LEAST_BLOCK;
        while (edge * edge < size) {
            edge *= 2;
        }
        block = edge;
    }

    /**
     * @param pictures {@code [n, size, size, channels]}
     * @param map whose scalings shrink pictures at most to a quarter
     * @param upright whether the maps never turn or shear, but by quarter turns; then nothing is spent on shears
     * @return pictures of the same shape
     */
    static Value apply(Value pictures, AffineMap map, boolean upright) {
        return new AffineWarp(pictures).warp(pictures, map, upright);
    }

    private Value warp(Value pictures, AffineMap map, boolean upright) {
        // With columns swapped where that makes the second row's right end its larger one, the angle below is at most 45°.
        Value swapped = map.yx().abs().greater(map.yy().abs()).stopGradient();
        Value xx = swapped.select(map.xy(), map.xx());
        Value xy = swapped.select(map.xx(), map.xy());
        Value yx = swapped.select(map.yy(), map.yx());
        Value yy = swapped.select(map.yx(), map.yy());

        // [xx xy; yx yy] = diag(across, down) · [1 skew; 0 1] · [cos -sin; sin cos]
        Value down = yx.square().add(yy.square()).sqrt().mul(yy.sign());
        Value sin = yx.div(down);
        Value cos = yy.div(down);
        Value across = xx.mul(cos).sub(xy.mul(sin));
        int narrow = blocks(size);
        if (upright) {
            return cutOut(scaled(pictures, across, down, map, narrow, narrow), swapped);
        }

        Value skew = xx.mul(sin).add(xy.mul(cos)).div(across);
        // [cos -sin; sin cos] = [1 outer; 0 1] · [1 0; sin 1] · [1 outer; 0 1]
        Value outer = sin.div(cos.add(1)).neg();

        int widest = blocks(SKEWED * size + REACH);
        int wide = blocks(TURNED * size + REACH);
        Value sheared = shear(scaled(pictures, across, down, map, wide, widest), skew.add(outer), wide);
        sheared = shear(swapLines(sheared), sin, narrow);
        sheared = shear(swapLines(sheared), outer, narrow);
        return cutOut(sheared, swapped);
    }

    private Value cutOut(Value lines, Value swapped) {
        int edge = lines.dim(1);
        int low = (edge - size) / 2;
        Value result = lines.transpose(0, 1, 2, 4, 3).reshape(n, edge, edge, channels).slice(1, low, low + size).slice(2, low, low + size);
        return swapped.reshape(n, 1, 1, 1).select(result.transpose(0, 2, 1, 3), result);
    }

    private int blocks(double pixels) {
        return Math.ceilDiv((int) Math.ceil(pixels), block);
    }

    /** The index in a line of {@code length} pixels at which the pictures' centre lies; they are apart from each other by whole pixels. */
    private double centre(int length) {
        return (length - size) / 2 + (size - 1) / 2.0;
    }

    /** {@code [n, lines, blocks, channels, block]}: pixel x of line y shows the picture at {@code (across x + dx, down y + dy)}. */
    private Value scaled(Value pictures, Value across, Value down, AffineMap map, int lines, int blocks) {
        Value rows = interpolation(down, map.dy(), lines * block);
        Value columns = interpolation(across, map.dx(), blocks * block);
        Value lying = pictures.transpose(0, 1, 3, 2).reshape(n, size, channels * size);
        Value wider = rows.matMul(lying).reshape(n, lines * block * channels, size).matMul(columns, false, true);
        return wider.reshape(n, lines * block, channels, blocks, block).transpose(0, 1, 3, 2, 4);
    }

    /** {@code [n, count, size]}: what place {@code scale i + offset}, from the centres, takes of each pixel of a line. */
    private Value interpolation(Value scale, Value offset, int count) {
        Shape shape = Shape.of(n, count, size);
        Value place = scale.reshape(n, 1, 1).mul(graph.iota(1, Shape.of(1, count, 1)).sub(centre(count))).add(offset.reshape(n, 1, 1)).add(size / 2.0);
        Value within = place.sub(floor(place.div(2 * size)).mul(2 * size));
        Value folded = within.min(within.neg().add(2 * size)).sub(0.5);
        Value reach = scale.reshape(n, 1, 1).abs().max(1);
        Value pixel = graph.iota(2, shape);
        Value weights = cubic(folded.sub(pixel).div(reach)).add(cubic(folded.add(pixel).add(1).div(reach)))
                .add(cubic(folded.add(pixel).sub(2 * size - 1).div(reach)));
        return weights.div(weights.sum(2)).stopGradient();
    }

    /**
     * Moves lines along themselves: x of line y becomes what was at {@code x + slope y}, from the centres.
     *
     * @param lines {@code [n, lines, blocks, channels, block]}; they close to rings, of which nobody should see the seam
     * @param slope {@code [n, 1]}
     * @param blocks of a line afterwards
     */
    private Value shear(Value lines, Value slope, int blocks) {
        int count = lines.dim(1);
        int ring = lines.dim(2);
        Value by = graph.iota(1, Shape.of(n, count)).sub(centre(count)).mul(slope).add(centre(ring * block) - centre(blocks * block)).stopGradient();
        Value first = floor(by);
        Value fraction = by.sub(first).reshape(n, count, 1, 1);
        Value jump = floor(first.sub(1).div(block));
        Value rest = first.sub(1).sub(jump.mul(block)).reshape(n, count, 1, 1);

        // A block and its interpolation reach over two blocks and two pixels more.
        Value target = graph.iota(2, Shape.of(1, 1, blocks + 2, 1)).add(jump.reshape(n, count, 1, 1));
        // By halves, so that a rounded quotient cannot fall below a whole number.
        Value around = target.sub(floor(target.add(0.5).div(ring)).mul(ring));
        Value pick = around.equal(graph.iota(3, Shape.of(1, 1, 1, ring)));
        Value picked = pick.matMul(lines.reshape(n, count, ring, channels * block)).reshape(n, count, blocks + 2, channels, block);
        Value stretch = Value.concat(4, picked.slice(2, 0, blocks), picked.slice(2, 1, blocks + 1), picked.slice(2, 2, blocks + 2).slice(4, 0, 2));

        Shape shape = Shape.of(1, 1, 2 * block + 2, block);
        Value apart = graph.iota(2, shape).sub(graph.iota(3, shape)).sub(rest).sub(1).sub(fraction);
        return stretch.reshape(n, count, blocks * channels, 2 * block + 2).matMul(cubic(apart)).reshape(n, count, blocks, channels, block);
    }

    /** Lines become what runs along them, and the other way round. */
    private Value swapLines(Value lines) {
        int blocks = lines.dim(2);
        int across = lines.dim(1) / block;
        return lines.reshape(n, across, block, blocks, channels, block).transpose(0, 3, 5, 1, 4, 2).reshape(n, blocks * block, across, channels, block);
    }

    /** The kernel of cubic convolution (Keys 1981) at distance {@code x}. */
    private static Value cubic(Value x) {
        Value d = x.abs();
        Value near = d.mul(1.5).sub(2.5).mul(d).mul(d).add(1);
        Value far = d.mul(-0.5).add(2.5).mul(d).sub(4).mul(d).add(2);
        Value zero = x.graph().scalar(0);
        return x.graph().scalar(1).greater(d).select(near, x.graph().scalar(2).greater(d).select(far, zero));
    }

    private static Value floor(Value x) {
        return x.unary(Op.UnaryKind.FLOOR);
    }
}
