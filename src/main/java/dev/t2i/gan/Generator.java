package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.Optional;

/** A network that draws pictures from noise and text features. */
public interface Generator {
    /** Where a flow's parameters are among the generator's. */
    String FLOW = "flow";

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

    /** {@code noise [n, noiseWidth]}, standard normal, and as many texts give pictures {@code [n, size, size, 3]} in [-1, 1]. */
    default Value draw(Parameters place, Value noise, TextCondition text) {
        return paint(place, latent(place, noise, text), text);
    }

    /** The latent variables that a picture is painted from, {@code [n, noiseWidth]}; the noise itself unless there is a flow. */
    default Value latent(Parameters place, Value noise, TextCondition text) {
        return flow().map(flow -> flow.latent(place.at(FLOW), noise, text)).orElse(noise);
    }

    /** Pictures {@code [n, size, size, 3]} in [-1, 1] from latent variables. */
    Value paint(Parameters place, Value latent, TextCondition text);

    /** What turns noise into latent variables, if anything does. */
    default Optional<NoiseFlow> flow() {
        return Optional.empty();
    }

    /**
     * Kullback-Leibler divergence in nats of an inferred distribution from that of the latent variables for these texts, mean
     * over the pictures; a scalar. With a flow it is an estimate from one draw, which has the same expectation.
     *
     * @param drawn one draw from {@code inferred}
     */
    default Value divergence(Parameters place, Posterior.Distribution inferred, Value drawn, TextCondition text) {
        if (flow().isEmpty()) {
            return inferred.divergence();
        }
        NoiseFlow.Whitened whitened = flow().get().whiten(place.at(FLOW), drawn, text);
        Value each = whitened.noise().square().sub(inferred.logVariance()).sub(1);
        return each.sum().mul(0.5).reshape(Shape.SCALAR).sub(whitened.logDeterminant().sum().reshape(Shape.SCALAR)).mul(1.0 / drawn.dim(0));
    }
}
