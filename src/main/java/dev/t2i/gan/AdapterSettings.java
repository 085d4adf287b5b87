package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.error.BadInputException;
import dev.t2i.text.CaptionEncoder;

/**
 * How sentences become conditioning vectors.
 *
 * @param kind of the adapter
 * @param width of the conditioning vector; with kind {@code direct} that of the encoder's own
 * @param hiddenWidth of the adapter's inner layer
 * @param tokens longest sentence in tokens
 */
public record AdapterSettings(
        @Default("perceptron") Kind kind,
        @Range(min = 1, max = 4096) @Default("256") int width,
        @Range(min = 1, max = 4096) @Default("384") int hiddenWidth,
        @Range(min = 4, max = 1024) @Default("32") int tokens) {

    /** What stands between encoder and condition. */
    public enum Kind {
        /** A {@link TextAdapter}'s layers. */
        PERCEPTRON,
        /** Nothing: sentences condition as the encoder leaves them, as in AttnGAN. */
        DIRECT
    }

    public AdapterSettings(int width, int hiddenWidth, int tokens) {
        this(Kind.PERCEPTRON, width, hiddenWidth, tokens);
    }

    /** Refuses an encoder whose vectors have another width, if they are to condition as they are. */
    public void requireFits(String where, CaptionEncoder encoder) {
        if (kind == Kind.DIRECT && encoder.pooledWidth() != width) {
            throw new BadInputException("%s: width is %d with kind direct, but %s gives vectors of %d; set width to that, or kind to perceptron"
                    .formatted(where, width, encoder.folder(), encoder.pooledWidth()));
        }
    }

    /** As settings are written. */
    @Override
    public String toString() {
        return kind == Kind.DIRECT ? "{kind: direct, width: %d, tokens: %d}".formatted(width, tokens)
                : "{width: %d, hidden_width: %d, tokens: %d}".formatted(width, hiddenWidth, tokens);
    }

    public TextAdapter build() {
        return new TextAdapter(width, hiddenWidth, kind == Kind.DIRECT);
    }
}
