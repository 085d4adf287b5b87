package dev.t2i.text;

import dev.t2i.graph.Value;

/**
 * What an encoder makes of a batch of captions.
 *
 * @param pooled     the whole of each, {@code [batch, pooledWidth]}
 * @param states     its tokens as they leave the encoder, {@code [batch, tokens, stateWidth]}
 * @param embeddings its tokens as they enter it, {@code [batch, tokens, embeddingWidth]}
 * @param mask       {@code [batch, tokens]}, 1 for real tokens
 */
public record CaptionFeatures(Value pooled, Value states, Value embeddings, Value mask) {}
