package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;

/** A network that draws pictures from noise and text features. */
public interface Generator {
    /** Edge of the pictures in pixels. */
    int size();

    /** Width of the noise vector. */
    int noiseWidth();

    /** Width of the text features. */
    int textWidth();

    /** Whether it wants the words of a text beside the whole. */
    default boolean usesWords() {
        return false;
    }

    /** {@code noise [n, noiseWidth]} and as many texts give pictures {@code [n, size, size, 3]} in [-1, 1]. */
    Value draw(Parameters place, Value noise, TextCondition text);
}
