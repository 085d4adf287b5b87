package dev.t2i.bench;

/**
 * One figure.
 *
 * @param name what was done, such as {@code sgemm 1024}
 * @param unit {@code ms} for durations; all other units are rates, such as {@code images/s}
 */
public record Measurement(Suite suite, String name, String backend, double value, String unit) {
    static final String MILLISECONDS = "ms";

    /** A figure to compare by, which is larger where the work goes faster. */
    public double speed() {
        return unit.equals(MILLISECONDS) ? 1 / value : value;
    }
}
