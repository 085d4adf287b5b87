package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;

/** A network that judges whether a picture is real and fits its text. */
public interface Discriminator {
    /** {@code pictures [n, size, size, 3]} to features that do not depend on the text, {@code [n, 4, 4, channels]}. */
    Value features(Parameters place, Value pictures);

    /** {@code features} and {@code text [n, textWidth]} to one unbounded score a picture, {@code [n]}. */
    Value logits(Parameters place, Value features, Value text);
}
