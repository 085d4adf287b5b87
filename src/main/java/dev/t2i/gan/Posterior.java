package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.List;

/**
 * The inference network of a conditional variational autoencoder (Kingma and Welling 2014; Sohn et al. 2015): which noise
 * would have made the generator draw this picture for this text, as a normal distribution with independent components.
 * With it, the generator can be held to real pictures pixel by pixel (cVAE-GAN, Bao et al. 2017), since whatever the text
 * leaves open has been chosen.
 *
 * @param latentWidth of the generator's latent variables
 * @param textWidth of the text features
 * @param spatial whether they lie over the 4x4 cells of the generator's stem; each cell's is then read off that cell
 * @param channels from the picture down to 4x4, the picture halving with each further entry; a picture larger than they lead down
 *     from is averaged to that size first, for what so few numbers can say of it shows there as well
 */
public record Posterior(int latentWidth, int textWidth, boolean spatial, List<Integer> channels) {
    private static final double SLOPE = 0.2;
    /** Log variances stay within this range: smooth, and no exponential overflows. */
    private static final double LIMIT = 8;
    /** Cells along an edge whose means are what a pixel stands out from. */
    private static final int SURROUNDINGS = 4;
    /** What pixels of captioned scenes are from their surroundings' means, on average (300 scenes): there, weights have a mean of about 1. */
    private static final double USUAL_CONTRAST = 0.17;

    public Posterior {
        channels = List.copyOf(channels);
    }

    /** Means and log variances, both {@code [n, latentWidth]}. */
    public record Distribution(Value mean, Value logVariance) {
        /** One draw by reparametrisation; {@code noise [n, latentWidth]} is standard normal. */
        public Value sample(Value noise) {
            return logVariance.mul(0.5).exp().mul(noise).add(mean);
        }

        /** Kullback-Leibler divergence from the standard normal in nats, mean over the pictures; a scalar. */
        public Value divergence() {
            Value each = mean.square().add(logVariance.exp()).sub(logVariance).sub(1);
            return each.sum().mul(0.5 / mean.dim(0)).reshape(Shape.SCALAR);
        }

        /** Differential entropy in nats, sum over the pictures. */
        Value entropy() {
            return logVariance.add(1 + Math.log(2 * Math.PI)).sum().mul(0.5);
        }
    }

    /** {@code pictures [n, size, size, 3]}, {@code texts [n, textWidth]} */
    public Distribution infer(Parameters place, Value pictures, Value texts) {
        int n = pictures.dim(0);
        Value features = ImageEncoder.features(place, Functions.averagePool(pictures, pictures.dim(1) / Channels.pixels(channels)), channels);
        if (spatial) {
            return read(inferCells(place, features, texts), n);
        }
        Value flat = features.reshape(n, features.dim(1) * features.dim(2) * features.dim(3));
        Value joined = Value.concat(1, flat, texts);
        Value hidden = Layers.linear(place.at("hidden"), joined, 2 * textWidth).leakyRelu(SLOPE);
        return read(Layers.linear(place.at("out"), hidden, 2 * latentWidth, new Initializer.Normal(0.01), Initializer.ZEROS), n);
    }

    /** {@code [n * cells, 2 * depth]} */
    private Value inferCells(Parameters place, Value features, Value texts) {
        int n = features.dim(0);
        int cells = features.dim(1) * features.dim(2);
        Value tiled = texts.reshape(n, 1, textWidth).broadcastTo(Shape.of(n, cells, textWidth)).reshape(n * cells, textWidth);
        Value joined = Value.concat(1, features.reshape(n * cells, features.dim(3)), tiled);
        Value hidden = Layers.linear(place.at("hidden"), joined, textWidth).leakyRelu(SLOPE);
        return Layers.linear(place.at("out"), hidden, 2 * latentWidth / cells, new Initializer.Normal(0.01), Initializer.ZEROS);
    }

    /** Means and log variances side by side in each row. */
    private Distribution read(Value both, int n) {
        int half = both.dim(1) / 2;
        Value logVariance = both.slice(1, half, 2 * half).mul(1 / LIMIT).tanh().mul(LIMIT);
        return new Distribution(both.slice(1, 0, half).reshape(n, latentWidth), logVariance.reshape(n, latentWidth));
    }

    /** Mean over all numbers of absolute plus squared difference: the one keeps edges, the other notices small things early. */
    public static Value difference(Value drawn, Value real) {
        Value gap = drawn.sub(real);
        return gap.abs().add(gap.square()).mean().reshape(Shape.SCALAR);
    }

    /**
     * The same, pixels weighed by how far the real picture is there from the mean around it: what stands out counts, be it small, and plain
     * backgrounds count little. With little contrast in a picture its weights are small as a whole, so that no scene with one thing
     * counts as much as one with three.
     *
     * @param contrast share of the weights that goes by contrast, 0 to 1; the rest is alike everywhere
     */
    public static Value difference(Value drawn, Value real, double contrast) {
        if (contrast == 0) {
            return difference(drawn, real);
        }
        int cell = real.dim(1) / SURROUNDINGS;
        Value around = Functions.upsampleNearest(Functions.averagePool(real, cell), cell);
        Value aside = real.sub(around).abs().mean(3).reshape(real.dim(0), real.dim(1), real.dim(2), 1);
        Value weights = aside.mul(contrast / USUAL_CONTRAST).add(1 - contrast);
        Value gap = drawn.sub(real);
        return gap.abs().add(gap.square()).mul(weights).mean().reshape(Shape.SCALAR);
    }
}
