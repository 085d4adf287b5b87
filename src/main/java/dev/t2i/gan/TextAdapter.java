package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;

/**
 * From a language model's pooled features to the vector that conditions a picture.
 *
 * @param width of the conditioning vector
 * @param hiddenWidth of the perceptron's inner layer
 */
public record TextAdapter(int width, int hiddenWidth, AdapterSettings.Kind kind) {
    /** Names of the fixed statistics beside the trained parameters. */
    public static final String MEAN = "mean";
    public static final String DEVIATION = "deviation";
    /** Principal components of scores for the next word, {@code [features, width]}. */
    public static final String WHITENING = "whitening";
    private static final double SLOPE = 0.2;

    /** {@code pooled [n, features]} to {@code [n, width]}. */
    public Value adapt(Parameters place, Value pooled) {
        return switch (kind) {
            case PERCEPTRON -> perceptron(place, pooled);
            case LOGITS -> place.scoped(() -> equallyLong(Layers.linear(place.at("out"), whitened(place, pooled), width)));
            case DIRECT -> pooled;
        };
    }

    /** Two linear layers. */
    private Value perceptron(Parameters place, Value pooled) {
        return place.scoped(() -> {
            Value hidden = Layers.linear(place.at("hidden"), standardised(place, pooled), hiddenWidth).leakyRelu(SLOPE);
            return equallyLong(Layers.linear(place.at("out"), hidden, width));
        });
    }

    /**
     * Every sentence gets the same Euclidean length, the square root of the width. Longer ones would be a way to win without learning
     * where the discriminator's scores are unbounded, as those of WGAN's critic are.
     */
    private static Value equallyLong(Value sentences) {
        return Functions.normalize(sentences, 1e-8).mul(Math.sqrt(sentences.dim(1)));
    }

    /**
     * Scores for the next word differ from sentence to sentence mostly in one direction, three quarters of their variance even when each is divided by its
     * deviation, and what the sentence said is largely in directions of a thousandth of that. So all principal directions are given alike a say, by what
     * {@code mean} and {@code whitening} hold.
     */
    private Value whitened(Parameters place, Value pooled) {
        int features = pooled.dim(1);
        return pooled.sub(place.frozen().get(MEAN, Shape.of(features), Initializer.ZEROS))
                .matMul(place.frozen().get(WHITENING, Shape.of(features, width), Initializer.ZEROS));
    }

    /**
     * The features of unrelated sentences all point nearly the same way (Ethayarajh 2019), so they are standardised, by what {@code mean} and
     * {@code deviation} hold.
     */
    private Value standardised(Parameters place, Value pooled) {
        Shape features = Shape.of(pooled.dim(1));
        return pooled.sub(place.frozen().get(MEAN, features, Initializer.ZEROS))
                .div(place.frozen().get(DEVIATION, features, Initializer.ONES));
    }
}
