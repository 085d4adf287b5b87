package dev.t2i.bench;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/**
 * How far a backend's results lie from the reference's.
 *
 * @param reference whose results they are compared with
 * @param worst the largest difference: relative to the tensor's largest number, or in levels of 255; infinite where a number is none
 * @param tolerance the largest that is allowed
 */
public record Difference(String reference, double worst, double tolerance, Work.Kind kind) {
    private static final double HALF_RANGE = 127.5;
    private static final int WHITE = 255;

    public boolean agrees() {
        return worst <= tolerance;
    }

    /**
     * Compares tensor by tensor.
     *
     * @throws IllegalArgumentException if they are not the same tensors
     */
    static double worst(Work.Kind kind, List<Tensor> results, List<Tensor> expected) {
        if (results.size() != expected.size()) {
            throw new IllegalArgumentException("%d results beside %d".formatted(results.size(), expected.size()));
        }
        double worst = 0;
        for (int i = 0; i < results.size(); i++) {
            worst = Math.max(worst, worst(kind, results.get(i), expected.get(i)));
        }
        return worst;
    }

    private static double worst(Work.Kind kind, Tensor result, Tensor expected) {
        if (!result.shape().equals(expected.shape()) || result.dtype() != DType.F32 || expected.dtype() != DType.F32) {
            throw new IllegalArgumentException("%s beside %s".formatted(result, expected));
        }
        double worst = 0;
        double largest = 0;
        for (long i = 0; i < result.size(); i++) {
            float a = result.getFloat(i);
            float b = expected.getFloat(i);
            if (!Float.isFinite(a) || !Float.isFinite(b)) {
                return Double.POSITIVE_INFINITY;
            }
            worst = Math.max(worst, kind == Work.Kind.PICTURES ? Math.abs(level(a) - level(b)) : Math.abs((double) a - b));
            largest = Math.max(largest, Math.abs(b));
        }
        return kind == Work.Kind.PICTURES || worst == 0 ? worst : worst / largest;
    }

    /** As a picture file holds it. */
    private static int level(float value) {
        return Math.clamp(Math.round((value + 1) * HALF_RANGE), 0, WHITE);
    }

    /** For a column: {@code 2.1e-07}, or {@code 1/255}. */
    public String amount() {
        return amount(worst);
    }

    private String amount(double value) {
        if (!Double.isFinite(value)) {
            return "not finite";
        }
        return kind == Work.Kind.PICTURES ? "%.0f/255".formatted(value) : String.format(Locale.ROOT, "%.1e", value);
    }

    /** The rest of a sentence about the backend's results. */
    @Override
    public String toString() {
        if (!Double.isFinite(worst)) {
            return "or those of %s are not finite".formatted(reference);
        }
        return "differ from those of %s by up to %s%s, %s are allowed".formatted(reference, amount(worst),
                kind == Work.Kind.PICTURES ? "" : " of the largest number", amount(tolerance));
    }
}
