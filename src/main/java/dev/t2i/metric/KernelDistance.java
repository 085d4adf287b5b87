package dev.t2i.metric;

import dev.t2i.tensor.CounterRandom;

/**
 * The kernel distance between two sets of pictures (Bińkowski et al. 2018): the unbiased squared maximum mean discrepancy
 * of their features under the kernel {@code (x·y / d + 1)³}, averaged over random subsets. Unlike the Fréchet distance its
 * expectation does not depend on the number of pictures; for equal sets it is 0 on average and may come out negative.
 */
public final class KernelDistance {
    public static final int SUBSETS = 100;
    public static final int SUBSET_SIZE = 1000;

    /** Mean and standard deviation over subsets. */
    public record Value(double mean, double standardDeviation) {}

    private KernelDistance() {}

    /** With {@value #SUBSETS} subsets of {@value #SUBSET_SIZE}. */
    public static Value between(FeatureSet a, FeatureSet b, long seed) {
        return between(a, b, SUBSETS, SUBSET_SIZE, seed);
    }

    /**
     * @param subsetSize pictures of each set in a subset, at most as many as there are
     * @throws dev.t2i.error.BadInputException if the features are not those of one network
     */
    public static Value between(FeatureSet a, FeatureSet b, int subsets, int subsetSize, long seed) {
        FeatureSet.requireComparable(a.network(), a.width(), b.network(), b.width());
        int size = Math.min(subsetSize, Math.min(a.count(), b.count()));
        // All subsets of the whole are the whole.
        int draws = size == a.count() && size == b.count() ? 1 : subsets;
        double sum = 0;
        double squares = 0;
        for (int draw = 0; draw < draws; draw++) {
            float[][] x = subset(a.vectors(), size, new CounterRandom(seed, 0, draw));
            float[][] y = subset(b.vectors(), size, new CounterRandom(seed, 1, draw));
            double value = squaredDiscrepancy(x, y);
            sum += value;
            squares += value * value;
        }
        double mean = sum / draws;
        return new Value(mean, Math.sqrt(Math.max(0, squares / draws - mean * mean)));
    }

    /** Different vectors at random: the start of a Fisher-Yates shuffle. */
    private static float[][] subset(float[][] vectors, int size, CounterRandom random) {
        float[][] shuffled = vectors.clone();
        for (int i = 0; i < size; i++) {
            int j = i + random.below(shuffled.length - i, i);
            float[] swapped = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swapped;
        }
        float[][] subset = new float[size][];
        System.arraycopy(shuffled, 0, subset, 0, size);
        return subset;
    }

    static double squaredDiscrepancy(float[][] x, float[][] y) {
        int n = x.length;
        double within = 0;
        double across = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                if (j < i) {
                    within += 2 * (kernel(x[i], x[j]) + kernel(y[i], y[j]));
                }
                across += kernel(x[i], y[j]);
            }
        }
        return within / ((double) n * (n - 1)) - 2 * across / ((double) n * n);
    }

    private static double kernel(float[] x, float[] y) {
        double product = 0;
        for (int i = 0; i < x.length; i++) {
            product += x[i] * y[i];
        }
        double base = product / x.length + 1;
        return base * base * base;
    }
}
