package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * Cross-attention from every place of a picture to the words of its text, scaled dot products with several heads (Vaswani
 * et al. 2017), as AttnGAN (Xu et al. 2018) first did for pictures: each place takes up what concerns it, so that the
 * colour of a thing need not travel through one vector for the whole sentence and find its thing again.
 *
 * @param width of queries, keys and values over all heads
 */
record WordAttention(int width) {
    private static final int HEADS = 4;
    private static final double UNSEEN = -1e9;

    /** {@code x [n, h, w, c]} and what it takes up from the words, of the same shape. */
    Value attend(Parameters place, Value x, TextCondition.Words words) {
        return x.add(gather(place, x, words));
    }

    /** What {@code x [n, h, w, c]} takes up from the words, of the same shape; nothing at first. */
    Value gather(Parameters place, Value x, TextCondition.Words words) {
        return place.scoped(() -> {
            int n = x.dim(0);
            int places = x.dim(1) * x.dim(2);
            int tokens = words.states().dim(1);
            Value flat = x.reshape(n * places, x.dim(3));
            Value states = words.states().reshape(n * tokens, words.states().dim(2));
            Value queries = heads(linear(place.at("query"), flat, width), n, places);
            // No bias: it would shift all scores of a place alike, which softmax takes back.
            Shape shape = Shape.of(width, states.dim(1));
            Value keys = heads(states.matMul(place.at("key").get("weight", shape, Initializer.kaiming(shape, 1)), false, true), n, tokens);
            Value values = heads(linear(place.at("value"), states, width), n, tokens);
            Graph graph = x.graph();
            Value bias = words.mask().reshape(n, 1, 1, tokens).select(graph.scalar(0), graph.scalar(UNSEEN));
            Value scores = queries.matMul(keys, false, true).mul(1 / Math.sqrt((double) width / HEADS)).add(bias); // [n, heads, places, tokens]
            Value mixed = Functions.softmax(scores, -1).matMul(values).transpose(0, 2, 1, 3).reshape(n * places, width);
            // Zero at first: a network that gains this layer draws as it did before.
            return Layers.linear(place.at("out"), mixed, x.dim(3), Initializer.ZEROS, Initializer.ZEROS).reshape(x.shape());
        });
    }

    /** {@code [n * rows, width]} to {@code [n, heads, rows, width / heads]}. */
    private Value heads(Value x, int n, int rows) {
        return x.reshape(n, rows, HEADS, width / HEADS).transpose(0, 2, 1, 3);
    }

    private static Value linear(Parameters place, Value x, int out) {
        return Layers.linear(place, x, out, Initializer.kaiming(Shape.of(out, x.dim(-1)), 1), Initializer.ZEROS);
    }
}
