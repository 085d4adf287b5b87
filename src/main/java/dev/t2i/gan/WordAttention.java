package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;

/**
 * Cross-attention from every place of a picture to the words of its text, as AttnGAN (Xu et al. 2018) first did for
 * pictures: each place takes up what concerns it, so that the colour of a thing need not travel through one vector for the
 * whole sentence and find its thing again.
 *
 * @param width of queries, keys and values over all heads
 */
record WordAttention(int width) {
    /** {@code x [n, h, w, c]} and what it takes up from the words, of the same shape. */
    Value attend(Parameters place, Value x, TextCondition.Words words) {
        int n = x.dim(0);
        Value flat = x.reshape(n, x.dim(1) * x.dim(2), x.dim(3));
        Value mask = words.mask().reshape(n, 1, 1, words.mask().dim(1));
        return x.add(new Attention(width).gather(place, flat, words.states(), mask).reshape(x.shape()));
    }
}
