package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;

/**
 * How sentences become conditioning vectors.
 *
 * @param width of the conditioning vector
 * @param hiddenWidth of the adapter's inner layer
 * @param tokens longest sentence in tokens
 */
public record AdapterSettings(
        @Range(min = 1, max = 4096) @Default("256") int width,
        @Range(min = 1, max = 4096) @Default("384") int hiddenWidth,
        @Range(min = 4, max = 1024) @Default("32") int tokens) {

    /** As settings are written. */
    @Override
    public String toString() {
        return "{width: %d, hidden_width: %d, tokens: %d}".formatted(width, hiddenWidth, tokens);
    }

    public TextAdapter build() {
        return new TextAdapter(width, hiddenWidth);
    }
}
