package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import java.util.List;

/**
 * How different pictures of one caption are: the mean Euclidean distance of their features, pair by pair, averaged over captions. A
 * generator that ignores its noise has 0.
 *
 * @param mean over captions
 * @param error standard error of that mean; NaN for a single caption
 */
public record Diversity(double mean, double error) {
    private static final double Z = 1.959964;

    /** @param groups feature vectors of the pictures of each caption, at least two pictures each */
    public static Diversity of(List<float[][]> groups) {
        double[] means = groups.stream().mapToDouble(Diversity::meanDistance).toArray();
        if (means.length == 0) {
            throw new BadInputException("diversity needs at least one caption");
        }
        double mean = 0;
        for (double value : means) {
            mean += value / means.length;
        }
        double squares = 0;
        for (double value : means) {
            squares += (value - mean) * (value - mean);
        }
        return new Diversity(mean, Math.sqrt(squares / (means.length - 1) / means.length));
    }

    static double meanDistance(float[][] vectors) {
        if (vectors.length < 2) {
            throw new BadInputException("diversity needs at least two pictures of a caption, not " + vectors.length);
        }
        double sum = 0;
        for (int i = 1; i < vectors.length; i++) {
            for (int j = 0; j < i; j++) {
                sum += Math.sqrt(PrecisionRecall.squaredDistance(vectors[i], vectors[j]));
            }
        }
        return sum / (vectors.length * (vectors.length - 1) / 2.0);
    }

    /** Lower end of the 95% interval. */
    public double low() {
        return mean - Z * error;
    }

    /** Upper end of the 95% interval. */
    public double high() {
        return mean + Z * error;
    }
}
