package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;

/**
 * Conditioning augmentation (Zhang et al. 2017, StackGAN): a picture is conditioned on a draw from a normal distribution that
 * depends on the sentence rather than on the sentence itself, so that a few sentences cover the space between them.
 *
 * @param width of what is drawn
 * @param gated whether a gated linear unit makes the distribution, as in StackGAN-v2 and AttnGAN. StackGAN has a plain layer; the
 *        ReLU behind it in the published program, which keeps every variance above one, is left out
 */
record ConditioningAugmentation(int width, boolean gated) {
    /** The distribution for {@code sentences [n, textWidth]}. */
    Posterior.Distribution of(Parameters place, Value sentences, Initializer start) {
        return place.scoped(() -> {
            Value both = Layers.linear(place.at("fc"), sentences, (gated ? 4 : 2) * width, start, Initializer.ZEROS);
            if (gated) {
                both = Functions.glu(both);
            }
            return new Posterior.Distribution(both.slice(1, 0, width), both.slice(1, width, 2 * width));
        });
    }
}
