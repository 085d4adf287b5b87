package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import java.util.Arrays;

/**
 * Feature vectors of a set of pictures, and by which network: vectors of different networks are never compared.
 *
 * @param network name of the feature network
 * @param vectors {@code [pictures][features]}
 */
public record FeatureSet(String network, float[][] vectors) {
    public FeatureSet {
        if (vectors.length < 2) {
            throw new BadInputException("a set of features needs at least 2 pictures, got " + vectors.length);
        }
        int width = vectors[0].length;
        if (width == 0 || Arrays.stream(vectors).anyMatch(vector -> vector.length != width)) {
            throw new BadInputException("the feature vectors of a set have one length, of at least 1");
        }
    }

    public int count() {
        return vectors.length;
    }

    public int width() {
        return vectors[0].length;
    }

    /** Mean and covariance. */
    public FeatureStatistics statistics() {
        int width = width();
        double[] mean = new double[width];
        for (float[] vector : vectors) {
            for (int i = 0; i < width; i++) {
                mean[i] += vector[i] / (double) vectors.length;
            }
        }
        double[] covariance = new double[width * width];
        double[] centred = new double[width];
        for (float[] vector : vectors) {
            for (int i = 0; i < width; i++) {
                centred[i] = vector[i] - mean[i];
            }
            for (int i = 0; i < width; i++) {
                for (int j = 0; j < width; j++) {
                    covariance[i * width + j] += centred[i] * centred[j] / (vectors.length - 1);
                }
            }
        }
        return new FeatureStatistics(network, vectors.length, mean, covariance);
    }

    /** Refuses sets that distances between them would mean nothing for. */
    static void requireComparable(String networkA, int widthA, String networkB, int widthB) {
        if (!networkA.equals(networkB) || widthA != widthB) {
            throw new BadInputException("features of '%s' (%d numbers) and of '%s' (%d numbers) cannot be compared; compute both with one network"
                    .formatted(networkA, widthA, networkB, widthB));
        }
    }
}
