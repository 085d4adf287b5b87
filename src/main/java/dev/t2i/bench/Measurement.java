package dev.t2i.bench;

import java.util.Optional;

/**
 * One figure.
 *
 * @param name what was done, such as {@code sgemm 1024}
 * @param backend as it was asked for, such as {@code tornado:opencl:0}
 * @param value in {@code unit}: {@code ms} for durations; all other units are rates, such as {@code images/s}
 * @param timings how many the median is of
 * @param firstSeconds what the first run took, with all that is compiled then
 * @param limit the best value that this machine allows, where it is known
 * @param difference from the reference's results; empty for the reference itself
 */
public record Measurement(Suite suite, String name, String backend, double value, String unit, int timings, double firstSeconds,
        Optional<Double> limit, Optional<Difference> difference) {

    /** A figure to compare by, which is larger where the work goes faster. */
    public double speed() {
        return unit.equals(Work.MILLISECONDS) ? 1 / value : value;
    }

    /** The part of the limit's speed that is reached. */
    public Optional<Double> share() {
        return limit.map(best -> unit.equals(Work.MILLISECONDS) ? best / value : value / best);
    }

    /** The same with its limit. */
    Measurement beside(Optional<Double> best) {
        return new Measurement(suite, name, backend, value, unit, timings, firstSeconds, best, difference);
    }

    public boolean agrees() {
        return difference.map(Difference::agrees).orElse(true);
    }

    /** A line for a person: who differs where, by how much, and how much is allowed. */
    public String disagreement() {
        return "%s, '%s': the results of %s %s".formatted(suite.key(), name, backend, difference.orElseThrow());
    }
}
