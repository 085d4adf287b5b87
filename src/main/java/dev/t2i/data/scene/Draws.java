package dev.t2i.data.scene;

/**
 * A short stream of random numbers that is a pure function of the numbers it is made from: SplitMix64 (Steele, Lea and Flood,
 * "Fast splittable pseudorandom number generators", 2014) over a hashed key. Mutable so that a renderer can keep one.
 */
final class Draws {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    Draws(long key) {
        this.state = key;
    }

    void restart(long key) {
        state = key;
    }

    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** One key from several numbers; order matters. */
    static long key(long a, long b) {
        return mix(mix(a + GOLDEN) + GOLDEN * 3 + b);
    }

    static long key(long a, long b, long c) {
        return key(key(a, b), c);
    }

    long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    int below(int bound) {
        return (int) ((nextLong() >>> 33) * bound >>> 31);
    }

    /** Uniform in [0, 1). */
    double unit() {
        return (nextLong() >>> 11) * 0x1p-53;
    }

    /** Uniform in [-1, 1). */
    double signed() {
        return unit() * 2 - 1;
    }

    boolean chance(double probability) {
        return unit() < probability;
    }

    /** An index drawn in proportion to {@code weights}; at least one of them must be positive. */
    int weighted(double[] weights) {
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        double left = unit() * total;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    return i;
                }
            }
        }
        return last;
    }
}
