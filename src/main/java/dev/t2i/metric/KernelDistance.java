package dev.t2i.metric;

import dev.t2i.tensor.CounterRandom;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The kernel distance between two sets of pictures (Bińkowski et al. 2018): the unbiased squared maximum mean discrepancy
 * of their features under the kernel {@code (x·y / d + 1)³}, averaged over random subsets. Unlike the Fréchet distance its
 * expectation does not depend on the number of pictures; for equal sets it is 0 on average and may come out negative.
 */
public final class KernelDistance {
    public static final int SUBSETS = 100;
    public static final int SUBSET_SIZE = 1000;
    /** Above so many pictures of a set, the kernel of all pairs would take more memory than it saves time. */
    private static final int MOST_KEPT = 4000;

    /** Mean and standard deviation over subsets; with one subset, which is the whole, there is no deviation to speak of. */
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
        return between(a, b, subsets, subsetSize, seed, MOST_KEPT);
    }

    static Value between(FeatureSet a, FeatureSet b, int subsets, int subsetSize, long seed, int mostKept) {
        FeatureSet.requireComparable(a.network(), a.width(), b.network(), b.width());
        int size = Math.min(subsetSize, Math.min(a.count(), b.count()));
        // All subsets of the whole are the whole.
        int draws = size == a.count() && size == b.count() ? 1 : subsets;
        double[] values = new double[draws];
        Kernels kernels = Math.max(a.count(), b.count()) <= mostKept && draws > 1 ? new Kernels(a.vectors(), b.vectors()) : null;
        for (int draw = 0; draw < draws; draw++) {
            int[] x = subset(a.count(), size, new CounterRandom(seed, 0, draw));
            int[] y = subset(b.count(), size, new CounterRandom(seed, 1, draw));
            values[draw] = kernels == null ? squaredDiscrepancy(chosen(a.vectors(), x), chosen(b.vectors(), y)) : kernels.squaredDiscrepancy(x, y);
        }
        double mean = Arrays.stream(values).average().orElseThrow();
        double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
        return new Value(mean, Math.sqrt(squares / draws));
    }

    /** The kernel of all pairs, computed once for all subsets. */
    private record Kernels(double[][] withinA, double[][] withinB, double[][] across) {
        Kernels(float[][] a, float[][] b) {
            this(kernels(a, a), kernels(b, b), kernels(a, b));
        }

        double squaredDiscrepancy(int[] x, int[] y) {
            double within = 0;
            double between = 0;
            for (int i = 0; i < x.length; i++) {
                for (int j = 0; j < x.length; j++) {
                    within += j == i ? 0 : withinA[x[i]][x[j]] + withinB[y[i]][y[j]];
                    between += across[x[i]][y[j]];
                }
            }
            double n = x.length;
            return within / (n * (n - 1)) - 2 * between / (n * n);
        }
    }

    /** Rows are independent of each other, so that threads change nothing. */
    private static double[][] kernels(float[][] x, float[][] y) {
        double[][] rows = new double[x.length][y.length];
        IntStream.range(0, x.length).parallel().forEach(i -> Arrays.setAll(rows[i], j -> kernel(x[i], y[j])));
        return rows;
    }

    static double squaredDiscrepancy(float[][] x, float[][] y) {
        int[] all = IntStream.range(0, x.length).toArray();
        return new Kernels(x, y).squaredDiscrepancy(all, all);
    }

    private static float[][] chosen(float[][] vectors, int[] indices) {
        return Arrays.stream(indices).mapToObj(i -> vectors[i]).toArray(float[][]::new);
    }

    /** Different numbers at random: the start of a Fisher-Yates shuffle. */
    private static int[] subset(int count, int size, CounterRandom random) {
        int[] shuffled = IntStream.range(0, count).toArray();
        for (int i = 0; i < size; i++) {
            int j = i + random.below(count - i, i);
            int swapped = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swapped;
        }
        return Arrays.copyOf(shuffled, size);
    }

    private static double kernel(float[] x, float[] y) {
        double product = 0;
        for (int i = 0; i < x.length; i++) {
            product += (double) x[i] * y[i];
        }
        double base = product / x.length + 1;
        return base * base * base;
    }
}
