package dev.t2i.backend.scalar;

/**
 * erf within a few units in the last place of a double, by two textbook expansions (Abramowitz and Stegun, 7.1.6 and 7.1.14): a series of
 * positive terms near zero, a continued fraction for the complement further out, where the series would need many terms.
 */
final class ErrorFunction {
    private static final double SERIES_LIMIT = 2.5;
    /** Beyond this the complement is less than half a unit in the last place of 1. */
    private static final double ONE_LIMIT = 6;
    private static final int FRACTION_DEPTH = 60;

    private ErrorFunction() {}

    static double erf(double x) {
        double magnitude = Math.abs(x);
        if (magnitude > ONE_LIMIT) {
            return Math.signum(x);
        }
        return magnitude < SERIES_LIMIT ? series(x) : Math.copySign(1 - complement(magnitude), x);
    }

    /** {@code 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))} */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** {@code e^(-x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …))))}, from the innermost fraction outwards */
    private static double complement(double x) {
        double denominator = x;
        for (int n = FRACTION_DEPTH; n >= 1; n--) {
            denominator = x + n / 2.0 / denominator;
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / denominator;
    }
}
