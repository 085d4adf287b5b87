package dev.t2i.metric;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One measured number.
 *
 * @param name as {@code FID[network]}: by another network it is another number
 * @param low lower end of its 95% interval, where it has one
 * @param high upper end
 * @param spread standard deviation over the subsets or splits that the measure prescribes
 * @param real the same measure of real pictures, where there are enough: what no model can be expected to beat
 * @param warning why the number should not be trusted
 */
public record Score(Metric metric, String name, double value, OptionalDouble low, OptionalDouble high, OptionalDouble spread, OptionalDouble real,
        Optional<String> warning) {

    static Score of(Metric metric, String name, double value) {
        return new Score(metric, name, value, OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), Optional.empty());
    }

    static Score of(Metric metric, String name, Proportion share) {
        return of(metric, name, share.value()).within(share.low(), share.high());
    }

    Score within(double lowest, double highest) {
        return new Score(metric, name, value, OptionalDouble.of(lowest), OptionalDouble.of(highest), spread, real, warning);
    }

    Score spread(double deviation) {
        return new Score(metric, name, value, low, high, OptionalDouble.of(deviation), real, warning);
    }

    Score real(OptionalDouble ofReal) {
        return new Score(metric, name, value, low, high, spread, ofReal, warning);
    }

    Score warning(Optional<String> why) {
        return new Score(metric, name, value, low, high, spread, real, why);
    }
}
