package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Optional;

/** A network that paints pictures from latent variables and text features, and knows how such variables come about. */
public interface Generator {
    /** Where a prior's parameters are among the generator's. */
    String PRIOR = "prior";

    /** Edge of the pictures in pixels. */
    int size();

    /** Latent variables of a picture. */
    int latentWidth();

    /** Standard normal numbers that a picture's latent variables are drawn from. */
    default int noiseWidth() {
        return prior().map(LatentPrior::noiseWidth).orElse(latentWidth());
    }

    /** Width of the text features. */
    int textWidth();

    /** Width of what discriminators are told of a text. */
    default int toldWidth() {
        return textWidth();
    }

    /**
     * What discriminators are told of {@code sentences [n, textWidth]}: the sentences themselves, as AttnGAN's are, or what the generator
     * makes of them, {@code [n, toldWidth]}, behind which no gradient passes.
     */
    default Value told(Parameters place, Value sentences) {
        return sentences;
    }

    /** Whether it wants the words of a text beside the whole. */
    default boolean usesWords() {
        return false;
    }

    /** Edges in pixels of all pictures that {@link #paintAll} makes, the smallest first; the last is {@link #size}. */
    default List<Integer> sizes() {
        return List.of(size());
    }

    /** The finished pictures {@code [n, size, size, 3]} in [-1, 1] from {@code latent [n, latentWidth]} and as many texts. */
    Value paint(Parameters place, Value latent, TextCondition text);

    /**
     * The same with what a training needs beside the finished pictures. Whatever chance decides, conditioning augmentation included,
     * is in {@code latent}, so that drawing a text again with the same latent variables gives the same picture.
     */
    default Painting paintAll(Parameters place, Value latent, TextCondition text, Mode mode) {
        return Painting.of(paint(place, latent, text));
    }

    /** How latent variables depend on the text; without it they are the noise itself. */
    default Optional<LatentPrior> prior() {
        return Optional.empty();
    }

    /**
     * Kullback-Leibler divergence in nats of an inferred distribution from that of the latent variables for these texts, mean
     * over the pictures; a scalar. With a prior it is an estimate from one draw, which has the same expectation.
     *
     * @param drawn one draw from {@code inferred}
     */
    default Value divergence(Parameters place, Posterior.Distribution inferred, Value drawn, TextCondition text) {
        if (prior().isEmpty()) {
            return inferred.divergence();
        }
        Value surprise = prior().get().logDensity(place.at(PRIOR), drawn, text).sum().reshape(Shape.SCALAR).neg();
        return surprise.sub(inferred.entropy().reshape(Shape.SCALAR)).mul(1.0 / drawn.dim(0));
    }
}
