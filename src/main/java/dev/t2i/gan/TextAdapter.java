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
    private static final double SLOPE = 0.2;

    /** {@code pooled [n, features]} to {@code [n, width]}. */
    public Value adapt(Parameters place, Value pooled) {
        return switch (kind) {
            case PERCEPTRON -> standardised(place, pooled);
            case LOGITS -> Layers.linear(place.at("out"), pooled, width);
            case DIRECT -> pooled;
        };
    }

    /**
     * The features of unrelated sentences all point nearly the same way (Ethayarajh 2019), so they are standardised first, by the mean
     * and deviation that {@code mean} and {@code deviation} hold; then two linear layers; then every sentence gets the same Euclidean
     * length, the square root of the width.
     */
    private Value standardised(Parameters place, Value pooled) {
        return place.scoped(() -> {
            Shape features = Shape.of(pooled.dim(1));
            Value standard = pooled.sub(place.get(MEAN, features, Initializer.ZEROS).stopGradient())
                    .div(place.get(DEVIATION, features, Initializer.ONES).stopGradient());
            Value hidden = Layers.linear(place.at("hidden"), standard, hiddenWidth).leakyRelu(SLOPE);
            Value out = Layers.linear(place.at("out"), hidden, width);
            return Functions.normalize(out, 1e-8).mul(Math.sqrt(width));
        });
    }
}
