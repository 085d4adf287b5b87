package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * Tells latent variables that were inferred from a real picture, with its caption, from others: those that a flow made for that
 * caption, and those of pictures that the caption does not fit. Together with the flow's likelihood this is Flow-GAN (Grover et
 * al. 2018): likelihood sees to it that nothing is left out, the game that nothing is made up.
 *
 * @param side cells along an edge
 * @param depth variables in a cell
 * @param blocks of its transformer
 * @param width of its tokens
 */
public record LatentDiscriminator(int side, int depth, int blocks, int width) {
    /** For the latent variables of {@code generator}, which has a flow. */
    public static LatentDiscriminator of(Generator generator, int blocks, int width) {
        NoiseFlow flow = generator.flow().orElseThrow();
        return new LatentDiscriminator(flow.side(), flow.depth(), blocks, width);
    }

    /** Scores {@code [n]} of {@code latent [n, side * side * depth]}. */
    public Value logits(Parameters place, Value latent, TextCondition text) {
        return place.scoped(() -> {
            int n = latent.dim(0);
            Value tokens = new CellTransformer(side, blocks, width).read(place, latent.reshape(n, side, side, depth), text);
            int all = side * side * width;
            return Layers.linear(place.at("score"), tokens.reshape(n, all), 1, Initializer.kaiming(Shape.of(1, all), 1), Initializer.ZEROS).reshape(n);
        });
    }
}
