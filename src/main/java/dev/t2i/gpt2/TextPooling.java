package dev.t2i.gpt2;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;

/** How a text's hidden states become its features. */
public enum TextPooling {
    /** All of them, {@code [batch, tokens, embedding]}; those of padding mean nothing. */
    TOKENS,
    /** The last real token's, {@code [batch, embedding]}: the only one that has seen the whole text. */
    LAST,
    /** The mean over the real tokens, {@code [batch, embedding]}. */
    MEAN,
    /** What the language head makes of the last real token's, {@code [batch, vocabSize]}. */
    LAST_LOGITS;

    /**
     * Appends the pooling to a graph.
     *
     * @param hidden F32 {@code [batch, tokens, embedding]}, see {@link Gpt2Model#hiddenStates}
     * @param mask   F32 {@code [batch, tokens]}, 1 for the tokens to pool, of which each row must have one
     */
    public Value pool(Parameters place, Gpt2Config config, Value hidden, Value mask) {
        return switch (this) {
            case TOKENS -> hidden;
            case LAST -> last(hidden, mask);
            case MEAN -> mean(hidden, mask);
            case LAST_LOGITS -> Gpt2Model.languageHead(place, config, last(hidden, mask));
        };
    }

    /** The last state that the mask counts: {@code [batch, embedding]}. */
    public static Value last(Value hidden, Value mask) {
        int batch = hidden.dim(0);
        int tokens = hidden.dim(1);
        Value index = mask.mul(mask.graph().iota(1, Shape.of(1, tokens))).maximum(1); // [batch, 1]
        Value row = index.add(mask.graph().iota(0, Shape.of(batch, 1)).mul(tokens)).reshape(batch).cast(DType.I32);
        return hidden.reshape(batch * tokens, hidden.dim(2)).gather(row);
    }

    /** The mean of the states that the mask counts: {@code [batch, embedding]}. */
    public static Value mean(Value hidden, Value mask) {
        int batch = hidden.dim(0);
        Value weights = mask.reshape(batch, hidden.dim(1), 1);
        Value sum = hidden.mul(weights).sum(1);
        return sum.div(weights.sum(1)).reshape(batch, hidden.dim(2));
    }
}
