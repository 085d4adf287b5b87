package dev.t2i.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * The measures that two sets of features give.
 *
 * @param network that they are features of, with its way of resizing
 * @param seed which subsets the kernel distance averages over
 */
public record FeatureScores(String network, long seed) {

    /**
     * @param probabilities of the drawn pictures' classes
     * @param realProbabilities of the real ones'
     * @param more as many further real pictures, which show what a perfect model would score
     */
    List<Score> of(Set<Metric> metrics, FeatureSet drawn, float[][] probabilities, FeatureSet real, float[][] realProbabilities,
            Optional<FeatureSet> more) {
        List<Score> scores = new ArrayList<>(distances(metrics, drawn, real));
        List<Score> floor = more.isEmpty() ? List.of() : distances(metrics, more.get(), real);
        for (int i = 0; i < floor.size(); i++) {
            scores.set(i, scores.get(i).real(OptionalDouble.of(floor.get(i).value())));
        }
        if (metrics.contains(Metric.IS)) {
            InceptionScore.Value value = InceptionScore.of(probabilities, InceptionScore.SPLITS);
            OptionalDouble ofReal = OptionalDouble.of(InceptionScore.of(realProbabilities, InceptionScore.SPLITS).mean());
            scores.add(Score.of(Metric.IS, name("IS"), value.mean()).spread(value.standardDeviation()).real(ofReal));
        }
        return scores;
    }

    /** Those among {@code metrics} that need nothing but two sets: {@link Metric#FID}, {@link Metric#KID}, {@link Metric#PR}. */
    public List<Score> distances(Set<Metric> metrics, FeatureSet drawn, FeatureSet real) {
        List<Score> scores = new ArrayList<>();
        if (metrics.contains(Metric.FID)) {
            scores.add(frechet(drawn.statistics(), real.statistics()));
        }
        if (metrics.contains(Metric.KID)) {
            KernelDistance.Value value = KernelDistance.between(drawn, real, seed);
            Score score = Score.of(Metric.KID, name("KID"), value.mean());
            // A single subset, the whole, says nothing of how much the number varies.
            scores.add(value.standardDeviation() > 0 ? score.spread(value.standardDeviation()) : score);
        }
        if (metrics.contains(Metric.PR)) {
            PrecisionRecall shares = PrecisionRecall.of(drawn, real);
            scores.add(Score.of(Metric.PR, name("precision"), shares.precision()));
            scores.add(Score.of(Metric.PR, name("recall"), shares.recall()));
            scores.add(Score.of(Metric.PR, name("density"), shares.density()));
            scores.add(Score.of(Metric.PR, name("coverage"), shares.coverage()));
        }
        return scores;
    }

    /** The Fréchet distance, with a warning where there are too few pictures for it. */
    public Score frechet(FeatureStatistics drawn, FeatureStatistics real) {
        // Statistics from elsewhere may not say of how many pictures they are.
        long fewest = LongStream.of(drawn.count(), real.count()).filter(count -> count > 0).min().orElse(Long.MAX_VALUE);
        Optional<String> warning = fewest > drawn.width() ? Optional.empty() : Optional.of(
                "%s: %d pictures are too few for %d features; the distance comes out far too large. Use at least %d, better 10 times as many, or look at KID"
                        .formatted(name("FID"), fewest, drawn.width(), drawn.width() + 1));
        return Score.of(Metric.FID, name("FID"), FrechetDistance.between(drawn, real)).warning(warning);
    }

    private String name(String measure) {
        return measure + "[" + network + "]";
    }
}
