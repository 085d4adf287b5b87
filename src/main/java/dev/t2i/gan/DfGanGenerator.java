package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import java.util.List;

/**
 * The generator of DF-GAN (Tao et al. 2022, "A Simple and Effective Baseline for Text-to-Image Synthesis"): a stem from
 * noise alone, then up-sampling residual blocks into which noise and text enter through affine transformations.
 *
 * <p>{@code channels} runs from the 4x4 stem upward; every further entry doubles the picture. What commutes with
 * nearest-neighbour enlargement (affines, activations, 1x1 convolutions) runs before it, at a quarter of the cost.
 *
 * @param affineWidth of the hidden layer of each affine; 0, as released, for as many as the channels that it acts on
 */
public record DfGanGenerator(int latentWidth, int textWidth, int affineWidth, List<Integer> channels) implements Generator {
    private static final double SLOPE = 0.2;
    private static final int STEM = 4;

    public DfGanGenerator {
        channels = List.copyOf(channels);
    }

    @Override
    public int size() {
        return STEM << channels.size() - 1;
    }

    @Override
    public Value paint(Parameters place, Value noise, TextCondition text) {
        int n = noise.dim(0);
        int first = channels.getFirst();
        Value condition = Value.concat(1, noise, text.sentence());
        // PyTorch's stem is channels-first; its rows are put into channels-last order here.
        Value x = Layers.linear(place.at("fc"), noise, first * STEM * STEM)
                .reshape(n, first, STEM, STEM).transpose(0, 2, 3, 1);
        for (int i = 0; i + 1 < channels.size(); i++) {
            Parameters block = place.at("blocks").at(i);
            Value input = x;
            int out = channels.get(i + 1);
            x = block.scoped(() -> block(block, input, condition, out));
        }
        return Layers.conv2d(place.at("out"), x.leakyRelu(SLOPE), 3, 3, Window.of(1, 1)).tanh();
    }

    private Value block(Parameters place, Value x, Value condition, int out) {
        int in = x.dim(3);
        Initializer start = Initializer.fanIn(in * 9L);
        // In two stretches: what a gradient then computes again are the fusions alone, no convolution.
        Value half = x.graph().recomputable(x, v -> Layers.upsampledConv2d(place.at("c0"), fuse(place.at("f0"), v, condition), out, start, start));
        Value residual = x.graph().recomputable(half, v -> Layers.conv2d(place.at("c1"), fuse(place.at("f1"), v, condition), out, 3, Window.of(1, 1)));
        Value shortcut = in == out ? x : Layers.conv2d(place.at("sc"), x, out, 1, Window.of(1, 0));
        return Functions.upsampleNearest(shortcut, 2).add(residual);
    }

    private Value fuse(Parameters place, Value x, Value condition) {
        Value once = affine(place.at("a0"), x, condition).leakyRelu(SLOPE);
        return affine(place.at("a1"), once, condition).leakyRelu(SLOPE);
    }

    private Value affine(Parameters place, Value x, Value condition) {
        // Nothing is changed at first.
        Value scale = perceptron(place.at("g"), condition, x.dim(3), Initializer.ONES);
        Value shift = perceptron(place.at("b"), condition, x.dim(3), Initializer.ZEROS);
        return x.mul(scale).add(shift);
    }

    /** One number a channel and picture, {@code [n, 1, 1, channels]}. */
    private Value perceptron(Parameters place, Value condition, int channels, Initializer bias) {
        Value hidden = Layers.linear(place.at(0), condition, affineWidth == 0 ? channels : affineWidth).relu();
        return Layers.linear(place.at(2), hidden, channels, Initializer.ZEROS, bias).reshape(condition.dim(0), 1, 1, channels);
    }
}
