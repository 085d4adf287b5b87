package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How many of the drawn pictures look like real ones, and how many of the real ones look like drawn ones (Kynkäänniemi et al. 2019);
 * also density and coverage (Naeem et al. 2020), which one odd picture does not upset. A picture's neighbourhood is the ball in the
 * space of features that reaches to its {@value #NEIGHBOURS}rd nearest neighbour in its own set.
 *
 * @param precision drawn pictures that lie in the neighbourhood of some real one
 * @param recall real pictures that lie in the neighbourhood of some drawn one
 * @param density mean number of real neighbourhoods that a drawn picture lies in, divided by {@value #NEIGHBOURS}
 * @param coverage real pictures in whose neighbourhood lies some drawn one
 */
public record PrecisionRecall(Proportion precision, Proportion recall, double density, Proportion coverage) {
    public static final int NEIGHBOURS = 3;

    /** @throws BadInputException if the features are not those of one network, or fewer than 4 pictures */
    public static PrecisionRecall of(FeatureSet drawn, FeatureSet real) {
        FeatureSet.requireComparable(drawn.network(), drawn.width(), real.network(), real.width());
        if (Math.min(drawn.count(), real.count()) <= NEIGHBOURS) {
            throw new BadInputException("precision and recall need at least %d pictures of each set, there are %d and %d"
                    .formatted(NEIGHBOURS + 1, drawn.count(), real.count()));
        }
        double[] drawnRadii = radii(drawn.vectors());
        double[] realRadii = radii(real.vectors());
        // Rows are independent of each other, so that threads change nothing.
        int[] within = IntStream.range(0, drawn.count()).parallel().map(i -> {
            int count = 0;
            for (int j = 0; j < real.count(); j++) {
                count += squaredDistance(drawn.vectors()[i], real.vectors()[j]) <= realRadii[j] ? 1 : 0;
            }
            return count;
        }).toArray();
        boolean[] recalled = new boolean[real.count()];
        boolean[] covered = new boolean[real.count()];
        IntStream.range(0, real.count()).parallel().forEach(j -> {
            for (int i = 0; i < drawn.count() && !(recalled[j] && covered[j]); i++) {
                double distance = squaredDistance(drawn.vectors()[i], real.vectors()[j]);
                recalled[j] |= distance <= drawnRadii[i];
                covered[j] |= distance <= realRadii[j];
            }
        });
        return new PrecisionRecall(new Proportion(Arrays.stream(within).filter(count -> count > 0).count(), drawn.count()), share(recalled),
                Arrays.stream(within).asLongStream().sum() / ((double) NEIGHBOURS * drawn.count()), share(covered));
    }

    private static Proportion share(boolean[] hits) {
        return new Proportion(IntStream.range(0, hits.length).filter(i -> hits[i]).count(), hits.length);
    }

    /** Squared distance from each vector to its third nearest neighbour among the others. */
    private static double[] radii(float[][] vectors) {
        return IntStream.range(0, vectors.length).parallel().mapToDouble(i -> {
            double[] nearest = new double[NEIGHBOURS];
            Arrays.fill(nearest, Double.POSITIVE_INFINITY);
            for (int j = 0; j < vectors.length; j++) {
                double distance = j == i ? Double.POSITIVE_INFINITY : squaredDistance(vectors[i], vectors[j]);
                for (int k = 0; k < NEIGHBOURS; k++) {
                    if (distance < nearest[k]) {
                        double farther = nearest[k];
                        nearest[k] = distance;
                        distance = farther;
                    }
                }
            }
            return nearest[NEIGHBOURS - 1];
        }).toArray();
    }

    static double squaredDistance(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double apart = (double) x[i] - y[i];
            sum += apart * apart;
        }
        return sum;
    }
}
