package dev.t2i.gpt2;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;

/**
 * What a text gives a picture to be conditioned on. The text has end-of-text put in front, as at the start of GPT-2's
 * training documents, and that position is dropped again: the first position is an attention sink whose enormous state,
 * the same for every text, would drown all others in a mean.
 *
 * @param tokens F32 {@code [batch, tokens, embedding]}, without the first position
 * @param embeddings F32 {@code [batch, tokens, embedding]}: the tokens before any layer, without their positions
 * @param mask   F32 {@code [batch, tokens]}, 1 for real tokens
 * @param last   F32 {@code [batch, embedding]}, see {@link TextPooling#LAST}
 * @param mean   F32 {@code [batch, embedding]}, see {@link TextPooling#MEAN}
 */
public record TextFeatures(Value tokens, Value embeddings, Value mask, Value last, Value mean) {
    /**
     * Appends encoder and poolings to a graph.
     *
     * @param ids  I32 {@code [batch, 1 + tokens]}, end-of-text first in each row
     * @param mask F32 {@code [batch, 1 + tokens]}, 1 for end-of-text and real tokens; each row has at least one of those
     */
    public static TextFeatures of(Parameters place, Gpt2Config config, Value ids, Value mask) {
        int end = ids.dim(1);
        Value tokens = Gpt2Model.hiddenStates(place, config, ids, mask).slice(1, 1, end);
        Value real = mask.slice(1, 1, end);
        Value embeddings = Gpt2Model.tokenEmbedding(place, config).gather(ids).slice(1, 1, end);
        return new TextFeatures(tokens, embeddings, real, TextPooling.last(tokens, real), TextPooling.mean(tokens, real));
    }
}
