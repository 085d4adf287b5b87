package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The picture side of a matching model: residual down-sampling blocks to 4x4 features, then one vector of the text's
 * width and length, so that the product of both says how well they match.
 */
public record ImageEncoder(int width, List<Integer> channels) {
    private static final double SLOPE = 0.2;

    public ImageEncoder {
        channels = List.copyOf(channels);
    }

    /**
     * What it sees in pictures.
     *
     * @param whole   {@code [n, width]} of Euclidean length sqrt(width)
     * @param regions activations of each place, {@code [n, edge, edge, c]}
     */
    record Seen(Value whole, Value regions) {}

    /** {@code pictures [n, size, size, 3]} to {@code [n, width]} of Euclidean length sqrt(width). */
    public Value encode(Parameters place, Value pictures) {
        return whole(place, features(place, pictures, channels));
    }

    /** The same beside the activations where pictures are {@code edge} pixels wide on their way down. */
    Seen look(Parameters place, Value pictures, int edge) {
        List<Value> maps = maps(place, pictures, channels);
        Value regions = maps.stream().filter(map -> map.dim(1) == edge).findFirst().orElseThrow();
        return new Seen(whole(place, maps.getLast().leakyRelu(SLOPE)), regions.leakyRelu(SLOPE));
    }

    private Value whole(Parameters place, Value x) {
        Value flat = x.reshape(x.dim(0), x.dim(1) * x.dim(2) * x.dim(3));
        Value hidden = Layers.linear(place.at("hidden"), flat, 2 * width).leakyRelu(SLOPE);
        return Functions.normalize(Layers.linear(place.at("out"), hidden, width), 1e-8).mul(Math.sqrt(width));
    }

    /** {@code pictures [n, size, size, 3]} to activations {@code [n, 4, 4, c]}, c being the last of {@code channels}. */
    static Value features(Parameters place, Value pictures, List<Integer> channels) {
        return maps(place, pictures, channels).getLast().leakyRelu(SLOPE);
    }

    /** What blocks leave at each size, before the activation. */
    private static List<Value> maps(Parameters place, Value pictures, List<Integer> channels) {
        List<Value> maps = new ArrayList<>(List.of(conv(place.at("inp"), pictures, channels.getFirst(), 3, 1, 1)));
        for (int i = 0; i + 1 < channels.size(); i++) {
            Parameters block = place.at("blocks").at(i);
            Value input = maps.getLast();
            int out = channels.get(i + 1);
            maps.add(block.scoped(() -> input.graph().recomputable(input, v -> {
                Value residual = conv(block.at("c0"), v.leakyRelu(SLOPE), out, 4, 2, 1);
                residual = conv(block.at("c1"), residual.leakyRelu(SLOPE), out, 3, 1, 1);
                Value shortcut = conv(block.at("sc"), Functions.averagePool(v, 2), out, 1, 1, 0);
                return shortcut.add(residual).mul(Math.sqrt(0.5));
            })));
        }
        return maps;
    }

    private static Value conv(Parameters place, Value x, int out, int kernel, int stride, int pad) {
        return Layers.conv2d(place, x, out, kernel, Window.of(stride, pad), Initializer.kaiming(Shape.of(out, x.dim(3), kernel, kernel), SLOPE));
    }
}
