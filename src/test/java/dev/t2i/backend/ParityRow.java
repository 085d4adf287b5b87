package dev.t2i.backend;

import dev.t2i.graph.Value;
import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One small graph that every backend must compute as the scalar backend does.
 *
 * @param agreement how close each number must come
 * @param trace     builds the graph and returns the values to compare
 */
public record ParityRow(String name, Agreement agreement, Function<Trial, List<Value>> trace) {
    /** No backend may be further off than this, however coarse its arithmetic. */
    private static final double MOST = 1e-4;

    /** How far a number may be from the scalar backend's. NaN answers NaN, and infinity infinity, in all of them. */
    public enum Agreement {
        /** Not at all: moved, compared and rounded numbers. */
        EXACT(0),
        /** Relative to itself: element-wise functions. */
        EACH(2e-6),
        /** Relative to the largest number of the value: sums, whose order is the backend's own. */
        LARGEST(3e-6),
        /** As LARGEST after many steps that each may differ. */
        LONG(2e-5);

        private final double tolerance;

        Agreement(double tolerance) {
            this.tolerance = tolerance;
        }
    }

    static ParityRow exact(String name, Function<Trial, Value> trace) {
        return new ParityRow(name, Agreement.EXACT, trace.andThen(List::of));
    }

    static ParityRow each(String name, Function<Trial, Value> trace) {
        return new ParityRow(name, Agreement.EACH, trace.andThen(List::of));
    }

    static ParityRow largest(String name, Function<Trial, Value> trace) {
        return new ParityRow(name, Agreement.LARGEST, trace.andThen(List::of));
    }

    static ParityRow longer(String name, Function<Trial, List<Value>> trace) {
        return new ParityRow(name, Agreement.LONG, trace);
    }

    /** The row's graph with one output for each value, and its inputs; the same on every call. */
    Trial trial() {
        Trial trial = new Trial(name.hashCode());
        List<Value> values = trace.apply(trial);
        for (int i = 0; i < values.size(); i++) {
            trial.graph().output("y" + i, values.get(i));
        }
        return trial;
    }

    /**
     * Runs the row on both backends.
     *
     * @param slack factor on all tolerances but zero, for devices with coarser arithmetic
     * @throws AssertionError that names the row and the worst number
     */
    public void check(Backend reference, Backend backend, double slack) {
        Trial trial = trial();
        Map<String, Tensor> inputs = trial.inputs();
        Map<String, double[]> expected = GraphRun.run(reference, trial.graph(), inputs);
        Map<String, double[]> actual = GraphRun.run(backend, trial.graph(), inputs);
        expected.forEach((output, numbers) -> compare(output, numbers, actual.get(output), slack));
    }

    void compare(String output, double[] expected, double[] actual, double slack) {
        double largest = 0;
        for (double number : expected) {
            largest = Double.isFinite(number) ? Math.max(largest, Math.abs(number)) : largest;
        }
        int worst = -1;
        double worstExcess = 0;
        for (int i = 0; i < expected.length; i++) {
            double scale = agreement == Agreement.EACH ? Math.abs(expected[i]) : largest;
            // The smallest normal float: below it a backend may flush to zero.
            double allowed = agreement == Agreement.EXACT || !Double.isFinite(expected[i]) ? 0 : Math.min(agreement.tolerance * slack, MOST) * scale + Float.MIN_NORMAL;
            double excess = difference(expected[i], actual[i]) - allowed;
            if (excess > 0 && (worst < 0 || excess > worstExcess)) {
                worst = i;
                worstExcess = excess;
            }
        }
        if (worst >= 0) {
            throw new AssertionError("%s, output %s, element %d of %d: expected %s but got %s (largest number %s)"
                    .formatted(name, output, worst, expected.length, expected[worst], actual[worst], largest));
        }
    }

    private static double difference(double expected, double actual) {
        if (expected == actual || Double.isNaN(expected) && Double.isNaN(actual)) {
            return 0;
        }
        double difference = Math.abs(expected - actual);
        return Double.isFinite(difference) ? difference : Double.POSITIVE_INFINITY;
    }

    @Override
    public String toString() {
        return name;
    }
}
