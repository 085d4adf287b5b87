package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * A small transformer whose tokens are the cells of a coarse grid: they look at each other and at the words of a text.
 *
 * @param side cells along an edge
 * @param blocks one behind the other
 * @param width of each token
 */
record CellTransformer(int side, int blocks, int width) {
    private static final WordAttention ATTENTION = new WordAttention(64);
    private static final double EPSILON = 1e-5;

    /** {@code cells [n, side, side, c]} to tokens {@code [n, side, side, width]}, standardised each. */
    Value read(Parameters place, Value cells, TextCondition text) {
        int n = cells.dim(0);
        Value tokens = linear(place.at("in"), cells, width)
                .add(place.get("cells", Shape.of(1, side, side, width), new Initializer.Normal(0.5)))
                .add(linear(place.at("sentence"), text.sentence(), width).reshape(n, 1, 1, width));
        for (int i = 0; i < blocks; i++) {
            tokens = block(place.at("blocks").at(i), tokens, text.words().orElseThrow());
        }
        return Layers.layerNorm(place.at("norm"), tokens, EPSILON);
    }

    /** Tokens look at each other and at the words, and pass a layer of their own, all at once (as in GPT-J). */
    private Value block(Parameters place, Value tokens, TextCondition.Words words) {
        return place.scoped(() -> {
            int n = tokens.dim(0);
            Value x = Layers.layerNorm(place.at("norm"), tokens, EPSILON);
            Value each = x.reshape(n, side * side, width);
            Value others = ATTENTION.gather(place.at("cells"), x, new TextCondition.Words(each, x.graph().fill(1, Shape.of(n, side * side))));
            Value said = ATTENTION.gather(place.at("words"), x, words);
            Value own = linear(place.at("out"), Functions.gelu(linear(place.at("in"), x, 3 * width)), width);
            return tokens.add(others).add(said).add(own);
        });
    }

    private static Value linear(Parameters place, Value x, int out) {
        return Layers.linear(place, x, out, Initializer.kaiming(Shape.of(out, x.dim(-1)), 1), Initializer.ZEROS);
    }
}
