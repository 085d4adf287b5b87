package dev.t2i.metric;

/** How many of how many. */
public record Proportion(long right, long count) {
    private static final double Z = 1.959964;

    public Proportion plus(Proportion other) {
        return new Proportion(right + other.right, count + other.count);
    }

    /** NaN where there is nothing to count. */
    public double value() {
        return (double) right / count;
    }

    /** Lower end of Wilson's 95% interval (1927), which stays within 0 and 1 and is honest for few and for all. */
    public double low() {
        // Rounding may leave it by a hair.
        return Math.max(0, centre() - reach());
    }

    /** Upper end of Wilson's 95% interval. */
    public double high() {
        return Math.min(1, centre() + reach());
    }

    private double centre() {
        return (value() + Z * Z / (2 * count)) / (1 + Z * Z / count);
    }

    private double reach() {
        return Z / (1 + Z * Z / count) * Math.sqrt(value() * (1 - value()) / count + Z * Z / (4.0 * count * count));
    }
}
