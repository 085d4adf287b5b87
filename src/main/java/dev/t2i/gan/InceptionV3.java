package dev.t2i.gan;

import dev.t2i.graph.Constant;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * Inception-v3 (Szegedy et al. 2016), which published measures of pictures and DAMSM's image encoder look with. Its normalisation is
 * part of its convolutions, as {@link InceptionWeights} loads them: a convolution has {@code weight [height, width, in, out]}
 * and {@code bias [out]}.
 */
public record InceptionV3(Variant variant) {
    /** Side of the pictures that it was trained on; what it makes of other sizes is nobody's measure. */
    public static final int SIZE = 299;
    /** Length of {@link Features#pooled()}. */
    public static final int POOLED = 2048;
    /** Channels of {@link Features#local()}. */
    public static final int LOCAL = 768;

    /** The two networks that people mean. They differ in weights, in classes, and in how they pool at borders. */
    public enum Variant {
        /** The graph of 2015 that Fréchet and Inception distances are published with, as pytorch-fid ported it. */
        FID(1008),
        /** torchvision's {@code inception_v3} with its ImageNet weights. */
        TORCHVISION(1000);

        private final int classes;

        Variant(int classes) {
            this.classes = classes;
        }

        public int classes() {
            return classes;
        }
    }

    /**
     * What it sees.
     *
     * @param local {@code [n, 17, 17, 768]}, the layer Mixed_6e
     * @param pooled {@code [n, 2048]}, the mean of the last layer over the picture
     * @param logits {@code [n, classes]}
     * @param unbiasedLogits {@code [n, classes]} without the last layer's bias, which published Inception scores leave out
     */
    public record Features(Value local, Value pooled, Value logits, Value unbiasedLogits) {}

    /**
     * @param pictures {@code [n, 299, 299, 3]} in [-1, 1]; ImageNet's normalisation and torchvision's {@code transform_input} together
     *                 give the same numbers
     */
    public Features read(Parameters place, Value pictures) {
        Value x = conv(place.at("Conv2d_1a_3x3"), pictures, 32, 3, 3, Window.of(2, 0));
        x = conv(place.at("Conv2d_2a_3x3"), x, 32, 3, 3, Window.of(1, 0));
        x = conv(place.at("Conv2d_2b_3x3"), x, 64, 3, 3, Window.of(1, 1));
        x = Functions.maxPool(x, 3, 2, 0);
        x = conv(place.at("Conv2d_3b_1x1"), x, 80, 1, 1, Window.of(1, 0));
        x = conv(place.at("Conv2d_4a_3x3"), x, 192, 3, 3, Window.of(1, 0));
        x = Functions.maxPool(x, 3, 2, 0);
        x = blockA(place.at("Mixed_5b"), x, 32);
        x = blockA(place.at("Mixed_5c"), x, 64);
        x = blockA(place.at("Mixed_5d"), x, 64);
        x = blockB(place.at("Mixed_6a"), x);
        x = blockC(place.at("Mixed_6b"), x, 128);
        x = blockC(place.at("Mixed_6c"), x, 160);
        x = blockC(place.at("Mixed_6d"), x, 160);
        x = blockC(place.at("Mixed_6e"), x, 192);
        Value local = x;
        x = blockD(place.at("Mixed_7a"), x);
        x = blockE(place.at("Mixed_7b"), x, false);
        x = blockE(place.at("Mixed_7c"), x, variant == Variant.FID);
        Value pooled = x.mean(1, 2).reshape(x.dim(0), POOLED);
        return new Features(local, pooled, Layers.linear(place.at("fc"), pooled, variant.classes()), unbiased(place.at("fc"), pooled));
    }

    private Value unbiased(Parameters place, Value pooled) {
        return pooled.matMul(place.get("weight", Shape.of(variant.classes(), POOLED), Initializer.fanIn(POOLED)), false, true);
    }

    private Value blockA(Parameters place, Value x, int pooled) {
        return Value.concat(3,
                point(place.at("branch1x1"), x, 64),
                conv(place.at("branch5x5_2"), point(place.at("branch5x5_1"), x, 48), 64, 5, 5, Window.of(1, 2)),
                square(place.at("branch3x3dbl_3"), square(place.at("branch3x3dbl_2"), point(place.at("branch3x3dbl_1"), x, 64), 96), 96),
                averaged(place.at("branch_pool"), x, pooled));
    }

    private static Value blockB(Parameters place, Value x) {
        Value twice = square(place.at("branch3x3dbl_2"), point(place.at("branch3x3dbl_1"), x, 64), 96);
        return Value.concat(3,
                conv(place.at("branch3x3"), x, 384, 3, 3, Window.of(2, 0)),
                conv(place.at("branch3x3dbl_3"), twice, 96, 3, 3, Window.of(2, 0)),
                Functions.maxPool(x, 3, 2, 0));
    }

    private Value blockC(Parameters place, Value x, int inner) {
        Value once = row(place.at("branch7x7_2"), point(place.at("branch7x7_1"), x, inner), inner, 7);
        Value twice = column(place.at("branch7x7dbl_2"), point(place.at("branch7x7dbl_1"), x, inner), inner, 7);
        twice = column(place.at("branch7x7dbl_4"), row(place.at("branch7x7dbl_3"), twice, inner, 7), inner, 7);
        return Value.concat(3,
                point(place.at("branch1x1"), x, 192),
                column(place.at("branch7x7_3"), once, 192, 7),
                row(place.at("branch7x7dbl_5"), twice, 192, 7),
                averaged(place.at("branch_pool"), x, 192));
    }

    private static Value blockD(Parameters place, Value x) {
        Value seven = row(place.at("branch7x7x3_2"), point(place.at("branch7x7x3_1"), x, 192), 192, 7);
        seven = column(place.at("branch7x7x3_3"), seven, 192, 7);
        return Value.concat(3,
                conv(place.at("branch3x3_2"), point(place.at("branch3x3_1"), x, 192), 320, 3, 3, Window.of(2, 0)),
                conv(place.at("branch7x7x3_4"), seven, 192, 3, 3, Window.of(2, 0)),
                Functions.maxPool(x, 3, 2, 0));
    }

    private Value blockE(Parameters place, Value x, boolean largest) {
        Value once = point(place.at("branch3x3_1"), x, 384);
        Value twice = square(place.at("branch3x3dbl_2"), point(place.at("branch3x3dbl_1"), x, 448), 384);
        return Value.concat(3,
                point(place.at("branch1x1"), x, 320),
                row(place.at("branch3x3_2a"), once, 384, 3), column(place.at("branch3x3_2b"), once, 384, 3),
                row(place.at("branch3x3dbl_3a"), twice, 384, 3), column(place.at("branch3x3dbl_3b"), twice, 384, 3),
                largest ? point(place.at("branch_pool"), Functions.maxPool(x, 3, 1, 1), 192) : averaged(place.at("branch_pool"), x, 192));
    }

    private static Value point(Parameters place, Value x, int out) {
        return conv(place, x, out, 1, 1, Window.of(1, 0));
    }

    private static Value square(Parameters place, Value x, int out) {
        return conv(place, x, out, 3, 3, Window.of(1, 1));
    }

    private static Value row(Parameters place, Value x, int out, int width) {
        return conv(place, x, out, 1, width, new Window(1, 1, 0, width / 2, 0, width / 2));
    }

    private static Value column(Parameters place, Value x, int out, int height) {
        return conv(place, x, out, height, 1, new Window(1, 1, height / 2, 0, height / 2, 0));
    }

    private static Value conv(Parameters place, Value x, int out, int height, int width, Window window) {
        return place.scoped(() -> biased(place, weighted(place, x, out, height, width, window)));
    }

    private static Value weighted(Parameters place, Value x, int out, int height, int width, Window window) {
        Shape shape = Shape.of(height, width, x.dim(3), out);
        return Functions.conv2d(x, place.get("weight", shape, Initializer.fanIn((long) height * width * x.dim(3))), window);
    }

    private static Value biased(Parameters place, Value x) {
        return x.add(place.get("bias", Shape.of(x.dim(3)), Initializer.ZEROS)).relu();
    }

    /**
     * A 1x1 convolution of the mean over 3x3 neighbours. Both are linear, so the mean is taken afterwards, of fewer channels. Where a
     * window reaches over the border, torchvision's divides by 9 all the same, the graph of 2015 by the pixels that are there.
     */
    private Value averaged(Parameters place, Value x, int out) {
        return place.scoped(() -> {
            Value sum = weighted(place, x, out, 1, 1, Window.of(1, 0));
            for (int axis = 1; axis <= 2; axis++) {
                int size = sum.dim(axis);
                Value padded = sum.pad(axis, 1, 1, 0);
                sum = padded.slice(axis, 0, size).add(padded.slice(axis, 1, size + 1)).add(padded.slice(axis, 2, size + 2));
            }
            return biased(place, sum.mul(variant == Variant.FID ? inverseCounts(x.graph(), sum.dim(1), sum.dim(2)) : x.graph().fill(1.0 / 9, Shape.of(1, 1, 1, 1))));
        });
    }

    /** {@code [1, height, width, 1]}: one by the number of pixels in each window. */
    private static Value inverseCounts(Graph graph, int height, int width) {
        float[] inverse = new float[height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                inverse[y * width + x] = 1f / (present(y, height) * present(x, width));
            }
        }
        return graph.literal(Constant.of(Shape.of(1, height, width, 1), inverse));
    }

    private static int present(int at, int size) {
        return Math.min(at + 1, size - 1) - Math.max(at - 1, 0) + 1;
    }
}
