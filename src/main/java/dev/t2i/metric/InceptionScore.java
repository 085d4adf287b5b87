package dev.t2i.metric;

import dev.t2i.error.BadInputException;

/**
 * The Inception score of a set of pictures (Salimans et al. 2016): the exponential of the mean divergence of each picture's class
 * probabilities from those of all. It is high where each picture is clearly of one class and all classes occur. It never looks at
 * real pictures, and a generator can please it without pleasing anybody.
 */
public final class InceptionScore {
    public static final int SPLITS = 10;

    /** Mean and standard deviation over splits. */
    public record Value(double mean, double standardDeviation) {}

    private InceptionScore() {}

    /**
     * Over consecutive parts of the set, as published.
     *
     * @param probabilities {@code [pictures][classes]}, rows that sum to 1
     * @param splits parts, at most as many as pictures
     */
    public static Value of(float[][] probabilities, int splits) {
        if (probabilities.length < splits) {
            throw new BadInputException("an Inception score over " + splits + " splits needs as many pictures, there are " + probabilities.length);
        }
        double sum = 0;
        double squares = 0;
        double[] scores = new double[splits];
        for (int split = 0; split < splits; split++) {
            scores[split] = score(probabilities, (int) ((long) split * probabilities.length / splits), (int) ((split + 1L) * probabilities.length / splits));
            sum += scores[split];
        }
        for (double score : scores) {
            squares += (score - sum / splits) * (score - sum / splits);
        }
        return new Value(sum / splits, Math.sqrt(squares / splits));
    }

    private static double score(float[][] probabilities, int start, int end) {
        int classes = probabilities[start].length;
        double[] mean = new double[classes];
        for (int i = start; i < end; i++) {
            for (int c = 0; c < classes; c++) {
                mean[c] += (double) probabilities[i][c] / (end - start);
            }
        }
        double divergence = 0;
        for (int i = start; i < end; i++) {
            for (int c = 0; c < classes; c++) {
                double p = probabilities[i][c];
                // What has no probability adds nothing: the limit of p log p.
                divergence += p > 0 ? p * (Math.log(p) - Math.log(mean[c])) : 0;
            }
        }
        return Math.exp(divergence / (end - start));
    }
}
