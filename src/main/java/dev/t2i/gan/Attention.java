package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * Scaled dot-product attention with several heads (Vaswani et al. 2017).
 *
 * @param width of queries, keys and values over all heads, a multiple of {@value #HEADS}
 */
record Attention(int width) {
    static final int HEADS = 4;
    private static final double UNSEEN = -1e9;

    /**
     * What {@code x [n, places, c]} takes up from {@code seen [n, tokens, d]}, of the shape of {@code x}; nothing at first.
     *
     * @param mask 1 where a place sees a token, 0 where not; broadcast to {@code [n, heads, places, tokens]}
     */
    Value gather(Parameters place, Value x, Value seen, Value mask) {
        return place.scoped(() -> {
            int n = x.dim(0);
            int places = x.dim(1);
            int tokens = seen.dim(1);
            Value flat = x.reshape(n * places, x.dim(2));
            Value states = seen.reshape(n * tokens, seen.dim(2));
            Value queries = heads(linear(place.at("query"), flat), n, places);
            // No bias: it would shift all scores of a place alike, which softmax takes back.
            Shape shape = Shape.of(width, states.dim(1));
            Value keys = heads(states.matMul(place.at("key").get("weight", shape, Initializer.kaiming(shape, 1)), false, true), n, tokens);
            Value values = heads(linear(place.at("value"), states), n, tokens);
            Value bias = mask.select(x.graph().scalar(0), x.graph().scalar(UNSEEN));
            Value scores = queries.matMul(keys, false, true).mul(1 / Math.sqrt((double) width / HEADS)).add(bias); // [n, heads, places, tokens]
            Value mixed = Functions.softmax(scores, -1).matMul(values).transpose(0, 2, 1, 3).reshape(n * places, width);
            // Zero at first: a network that gains this layer draws as it did before.
            return Layers.linear(place.at("out"), mixed, x.dim(2), Initializer.ZEROS, Initializer.ZEROS).reshape(x.shape());
        });
    }

    /** {@code [n * rows, width]} to {@code [n, heads, rows, width / heads]}. */
    private Value heads(Value x, int n, int rows) {
        return x.reshape(n, rows, HEADS, width / HEADS).transpose(0, 2, 1, 3);
    }

    private Value linear(Parameters place, Value x) {
        return Layers.linear(place, x, width, Initializer.kaiming(Shape.of(width, x.dim(-1)), 1), Initializer.ZEROS);
    }
}
