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

    /** {@code noise [n, noiseWidth]} and {@code text [n, textWidth]} give pictures {@code [n, size, size, 3]} in [-1, 1]. */
    Value draw(Parameters place, Value noise, Value text);
}
