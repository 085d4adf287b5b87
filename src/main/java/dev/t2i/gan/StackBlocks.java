package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * What the generators of StackGAN (Zhang et al. 2017), StackGAN-v2 (Zhang et al. 2018) and AttnGAN (Xu et al. 2018) are made of:
 * convolutions without bias, each with batch normalisation behind it.
 *
 * @param gated whether gated linear units follow, of which half the channels are left, rather than ReLU
 * @param start of convolutions and linear layers
 */
record StackBlocks(Mode mode, boolean gated, Initializer start) {
    static final int STEM = 4;
    /** StackGAN's start of all weights. */
    static final Initializer NORMAL = new Initializer.Normal(0.02);
    /** Where normalisations start. */
    private static final Initializer SCALE = new Initializer.Normal(1, 0.02);

    /** Edges of the pictures of so many stages. */
    static List<Integer> sizes(List<Integer> channels, int stages) {
        List<Integer> sizes = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            sizes.add(STEM << channels.size() - 1 + stage);
        }
        return sizes;
    }

    /** From {@code [n, in]} to features at the size of the first picture. */
    Value firstStage(Parameters place, Value x, List<Integer> channels) {
        Value features = stem(place.at("stem"), x, channels.getFirst());
        for (int i = 1; i < channels.size(); i++) {
            features = up(place.at("up").at(i - 1), features, channels.get(i));
        }
        return features;
    }

    /** {@code [n, in]} to {@code [n, 4, 4, channels]}. */
    Value stem(Parameters place, Value x, int channels) {
        return place.scoped(() -> {
            Value flat = Layers.linearWithoutBias(place.at("fc"), x, before(channels) * STEM * STEM, start);
            // PyTorch's stem is channels-first; its rows are put into channels-last order here.
            return activate(norm(place.at("norm"), flat)).reshape(x.dim(0), channels, STEM, STEM).transpose(0, 2, 3, 1);
        });
    }

    /** Twice the picture: nearest neighbours, then a 3x3 convolution. */
    Value up(Parameters place, Value x, int channels) {
        return place.scoped(() -> activate(norm(place.at("norm"),
                Layers.upsampledConv2dWithoutBias(place.at("conv"), x, before(channels), start))));
    }

    /** A 3x3 convolution. */
    Value joint(Parameters place, Value x, int channels) {
        return convolved(place, x, channels, 3, Window.of(1, 1));
    }

    /** Half the picture by a 4x4 convolution. */
    Value down(Parameters place, Value x, int channels) {
        return convolved(place, x, channels, 4, Window.of(2, 1));
    }

    private Value convolved(Parameters place, Value x, int channels, int kernel, Window window) {
        return place.scoped(() -> activate(norm(place.at("norm"),
                Layers.conv2dWithoutBias(place.at("conv"), x, before(channels), kernel, window, start))));
    }

    /** {@code x} and two convolutions of it; with ReLU another behind the sum, as in the first StackGAN. */
    Value residual(Parameters place, Value x) {
        return place.scoped(() -> {
            Value inner = joint(place.at(0), x, x.dim(3));
            Value last = norm(place.at(1).at("norm"),
                    Layers.conv2dWithoutBias(place.at(1).at("conv"), inner, x.dim(3), 3, Window.of(1, 1), start));
            return gated ? x.add(last) : x.add(last).relu();
        });
    }

    Value residuals(Parameters place, Value x, int count) {
        Value result = x;
        for (int i = 0; i < count; i++) {
            result = residual(place.at(i), result);
        }
        return result;
    }

    /** Colours in [-1, 1]. */
    Value picture(Parameters place, Value x) {
        return Layers.conv2dWithoutBias(place, x, 3, 3, Window.of(1, 1), start).tanh();
    }

    /** {@code vectors [n, width]} beside the channels of every place of {@code x}. */
    static Value beside(Value x, Value vectors) {
        int n = x.dim(0);
        int width = vectors.dim(1);
        return Value.concat(3, vectors.reshape(n, 1, 1, width).broadcastTo(Shape.of(n, x.dim(1), x.dim(2), width)), x);
    }

    private Value norm(Parameters place, Value x) {
        return Layers.batchNorm(place, x, mode, SCALE);
    }

    private int before(int channels) {
        return gated ? 2 * channels : channels;
    }

    private Value activate(Value x) {
        return gated ? Functions.glu(x) : x.relu();
    }
}
