package dev.t2i.nn;

import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;

/** Layers with parameters, as functions of a place in the parameter tree and a value. */
public final class Layers {
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

    /** PyTorch's ConvTranspose2d: {@code weight [in, out, kernel, kernel]}, output {@code (h - 1) * stride - 2 * pad + kernel}. */
    public static Value convTranspose2d(Parameters place, Value x, int out, int kernel, int stride, int pad, Initializer weight) {
        return place.scoped(() -> {
            int height = (x.dim(1) - 1) * stride - 2 * pad + kernel;
            int width = (x.dim(2) - 1) * stride - 2 * pad + kernel;
            Value weights = place.get("weight", Shape.of(x.dim(3), out, kernel, kernel), weight).transpose(2, 3, 1, 0);
            return x.graph().add(new Op.Conv2dInputGradient(Window.of(stride, pad), height, width), x, weights)
                    .add(place.get("bias", Shape.of(out), Initializer.ZEROS));
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

    /** Over the batch, by the batch's own statistics (Ioffe and Szegedy 2015), for {@code [.., channels]}. */
    public static Value batchNorm(Parameters place, Value x, double epsilon) {
        return place.scoped(() -> {
            int[] axes = new int[x.rank() - 1];
            for (int axis = 0; axis < axes.length; axis++) {
                axes[axis] = axis;
            }
            Shape channels = Shape.of(x.dim(-1));
            return Functions.standardize(x, epsilon, axes).mul(place.get("weight", channels, Initializer.ONES))
                    .add(place.get("bias", channels, Initializer.ZEROS));
        });
    }

    /** Rows of {@code weight [rows, width]} by I32 {@code ids}: {@code ids.shape + [width]}. */
    public static Value embedding(Parameters place, Value ids, int rows, int width, Initializer start) {
        return place.scoped(() -> place.get("weight", Shape.of(rows, width), start).gather(ids));
    }
}
