package dev.t2i.nn;

import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;

/** Layers with parameters, as functions of a place in the parameter tree and a value. */
public final class Layers {
    private static final double NORM_EPSILON = 1e-5;
    /** Share of each batch in the running statistics of batch normalisation. */
    public static final double MOMENTUM = 0.1;

    private Layers() {}

    /** {@code x [.., in]} to {@code [.., out]} with {@code weight [out, in]} and {@code bias [out]}, PyTorch's default start. */
    public static Value linear(Parameters place, Value x, int out) {
        int in = x.dim(-1);
        return linear(place, x, out, Initializer.fanIn(in), Initializer.fanIn(in));
    }

    public static Value linear(Parameters place, Value x, int out, Initializer weight, Initializer bias) {
        return place.scoped(() -> {
            int in = x.dim(-1);
            Value flat = x.reshape((int) (x.shape().size() / in), in);
            Value y = flat.matMul(place.get("weight", Shape.of(out, in), weight), false, true)
                    .add(place.get("bias", Shape.of(out), bias));
            return y.reshape(x.shape().with(-1, out));
        });
    }

    /** {@code x [n, in]} to {@code [n, out]} with {@code weight [out, in]} alone. */
    public static Value linearWithoutBias(Parameters place, Value x, int out, Initializer weight) {
        return place.scoped(() -> x.matMul(place.get("weight", Shape.of(out, x.dim(1)), weight), false, true));
    }

    /** A convolution with bias and PyTorch's default start; {@code weight [out, in, kernel, kernel]}. */
    public static Value conv2d(Parameters place, Value x, int out, int kernel, Window window) {
        Initializer start = Initializer.fanIn((long) x.dim(3) * kernel * kernel);
        return place.scoped(() -> conv2dWithoutBias(place, x, out, kernel, window, start).add(place.get("bias", Shape.of(out), start)));
    }

    public static Value conv2d(Parameters place, Value x, int out, int kernel, Window window, Initializer weight) {
        return place.scoped(() -> conv2dWithoutBias(place, x, out, kernel, window, weight)
                .add(place.get("bias", Shape.of(out), Initializer.ZEROS)));
    }

    public static Value conv2dWithoutBias(Parameters place, Value x, int out, int kernel, Window window, Initializer weight) {
        return place.scoped(() -> Functions.conv2d(x,
                place.get("weight", Shape.of(out, x.dim(3), kernel, kernel), weight).transpose(2, 3, 1, 0), window));
    }

    /**
     * A 3x3 convolution of the twice enlarged picture, {@code conv3x3(upsampleNearest(x, 2))}, without making the large
     * picture first: each of the four output phases sees only 2x2 old pixels, whose weights are sums of the 3x3 ones.
     * That is the same function for 16/36 of the multiplications. {@code x [n, h, w, in]} gives {@code [n, 2h, 2w, out]}.
     */
    public static Value upsampledConv2d(Parameters place, Value x, int out, Initializer weight, Initializer bias) {
        return place.scoped(() -> upsampledConv2dWithoutBias(place, x, out, weight).add(place.get("bias", Shape.of(out), bias)));
    }

    /** {@link #upsampledConv2d} without bias. */
    public static Value upsampledConv2dWithoutBias(Parameters place, Value x, int out, Initializer weight) {
        return place.scoped(() -> {
            int n = x.dim(0);
            int h = x.dim(1);
            int w = x.dim(2);
            Value weights = place.get("weight", Shape.of(out, x.dim(3), 3, 3), weight).transpose(2, 3, 1, 0);
            Value[] phases = new Value[4];
            for (int py = 0; py < 2; py++) {
                Value rows = pairTaps(weights, 0, py);
                for (int px = 0; px < 2; px++) {
                    Window window = new Window(1, 1, 1 - py, 1 - px, py, px);
                    phases[2 * py + px] = Functions.conv2d(x, pairTaps(rows, 1, px), window).reshape(n, h, 1, w, 1, out);
                }
            }
            Value top = Value.concat(4, phases[0], phases[1]);
            Value bottom = Value.concat(4, phases[2], phases[3]);
            return Value.concat(2, top, bottom).reshape(n, 2 * h, 2 * w, out);
        });
    }

    /** Of three taps along an axis, the two that a phase of the enlarged picture sees: (0, 1+2) for phase 0, (0+1, 2) for phase 1. */
    private static Value pairTaps(Value weights, int axis, int phase) {
        Value first = weights.slice(axis, 0, 1);
        Value middle = weights.slice(axis, 1, 2);
        Value last = weights.slice(axis, 2, 3);
        return phase == 0 ? Value.concat(axis, first, middle.add(last)) : Value.concat(axis, first.add(middle), last);
    }

    /** PyTorch's ConvTranspose2d: {@code weight [in, out, kernel, kernel]}, output {@code (h - 1) * stride - 2 * pad + kernel}. */
    public static Value convTranspose2d(Parameters place, Value x, int out, int kernel, int stride, int pad, Initializer weight) {
        return place.scoped(() -> convTranspose2dWithoutBias(place, x, out, kernel, stride, pad, weight)
                .add(place.get("bias", Shape.of(out), Initializer.ZEROS)));
    }

    public static Value convTranspose2dWithoutBias(Parameters place, Value x, int out, int kernel, int stride, int pad, Initializer weight) {
        return place.scoped(() -> {
            int height = (x.dim(1) - 1) * stride - 2 * pad + kernel;
            int width = (x.dim(2) - 1) * stride - 2 * pad + kernel;
            Value weights = place.get("weight", Shape.of(x.dim(3), out, kernel, kernel), weight).transpose(2, 3, 1, 0);
            return x.graph().add(new Op.Conv2dInputGradient(Window.of(stride, pad), height, width), x, weights);
        });
    }

    /** Over the last axis, with {@code weight} and {@code bias} (Ba et al. 2016). */
    public static Value layerNorm(Parameters place, Value x, double epsilon) {
        return place.scoped(() -> {
            Shape channels = Shape.of(x.dim(-1));
            return Functions.standardize(x, epsilon, -1).mul(place.get("weight", channels, Initializer.ONES))
                    .add(place.get("bias", channels, Initializer.ZEROS));
        });
    }

    /** Over {@code groups} groups of channels of each picture {@code [n, h, w, c]} (Wu and He 2018). */
    public static Value groupNorm(Parameters place, Value x, int groups, double epsilon) {
        return place.scoped(() -> {
            int c = x.dim(3);
            Value grouped = x.reshape(x.dim(0), x.dim(1) * x.dim(2), groups, c / groups);
            return Functions.standardize(grouped, epsilon, 1, 3).reshape(x.shape())
                    .mul(place.get("weight", Shape.of(c), Initializer.ONES))
                    .add(place.get("bias", Shape.of(c), Initializer.ZEROS));
        });
    }

    /** {@link #batchNorm(Parameters, Value, Mode, Initializer)} with a scale of one at first. */
    public static Value batchNorm(Parameters place, Value x, Mode mode) {
        return batchNorm(place, x, mode, Initializer.ONES);
    }

    /**
     * Over the batch and all places (Ioffe and Szegedy 2015), for {@code [.., channels]}, as PyTorch's: in training by the batch's own
     * mean and biased variance, of which a tenth goes into {@code running_mean} and, unbiased, {@code running_var}; in use by those.
     */
    public static Value batchNorm(Parameters place, Value x, Mode mode, Initializer weight) {
        return place.scoped(() -> {
            Shape channels = Shape.of(x.dim(-1));
            Value scale = place.get("weight", channels, weight);
            Value shift = place.get("bias", channels, Initializer.ZEROS);
            Value runningMean = place.buffer("running_mean", channels, Initializer.ZEROS);
            Value runningVariance = place.buffer("running_var", channels, Initializer.ONES);
            if (mode == Mode.INFERENCE) {
                Value factor = runningVariance.add(NORM_EPSILON).rsqrt().mul(scale);
                return x.mul(factor).add(shift.sub(runningMean.mul(factor)));
            }
            int[] axes = new int[x.rank() - 1];
            for (int axis = 0; axis < axes.length; axis++) {
                axes[axis] = axis;
            }
            long count = x.shape().size() / x.dim(-1);
            Value mean = x.mean(axes);
            Value centred = x.sub(mean);
            Value variance = centred.square().mean(axes);
            double unbiased = count / (double) Math.max(1, count - 1);
            place.update("running_mean", runningMean.mul(1 - MOMENTUM).add(mean.reshape(channels).mul(MOMENTUM)));
            place.update("running_var", runningVariance.mul(1 - MOMENTUM).add(variance.reshape(channels).mul(MOMENTUM * unbiased)));
            return centred.mul(variance.add(NORM_EPSILON).rsqrt()).mul(scale).add(shift);
        });
    }

    /** Rows of {@code weight [rows, width]} by I32 {@code ids}: {@code ids.shape + [width]}. */
    public static Value embedding(Parameters place, Value ids, int rows, int width, Initializer start) {
        return place.scoped(() -> place.get("weight", Shape.of(rows, width), start).gather(ids));
    }
}
