package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import java.util.Optional;

/** A network that judges whether a picture is real and fits its text. */
public interface Discriminator {
    /** {@code pictures [n, size, size, 3]} to features that do not depend on the text, {@code [n, 4, 4, channels]}. Only trainings judge, so batches are normalised as in one. */
    Value features(Parameters place, Value pictures);

    /** {@code features} and {@code text [n, textWidth]} to one unbounded score a picture, {@code [n]}. */
    Value logits(Parameters place, Value features, Value text);

    /** Scores of the pictures alone, {@code [n]}, of networks that judge them so as well. */
    default Optional<Value> unconditional(Parameters place, Value features) {
        return Optional.empty();
    }
}
