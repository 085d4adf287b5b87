package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.error.BadInputException;
import dev.t2i.text.CaptionEncoder;
import java.util.Locale;

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
        /** One layer, which reads what the language model would say next instead of its states: a score for each word it knows. */
        LOGITS,
        /** Nothing: sentences condition as the encoder leaves them, as in AttnGAN. */
        DIRECT
    }

    public AdapterSettings(int width, int hiddenWidth, int tokens) {
        this(Kind.PERCEPTRON, width, hiddenWidth, tokens);
    }

    /**
     * The encoder with what this adapter reads as its pooled features.
     *
     * @throws dev.t2i.error.BadModelException when it has no such features
     */
    public CaptionEncoder heard(CaptionEncoder encoder) {
        return kind == Kind.LOGITS ? encoder.saying() : encoder;
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
        return kind == Kind.PERCEPTRON ? "{width: %d, hidden_width: %d, tokens: %d}".formatted(width, hiddenWidth, tokens)
                : "{kind: %s, width: %d, tokens: %d}".formatted(kind.name().toLowerCase(Locale.ROOT), width, tokens);
    }

    public TextAdapter build() {
        return new TextAdapter(width, hiddenWidth, kind);
    }
}
