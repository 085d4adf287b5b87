package dev.t2i.tensor;

/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
 * A number is a pure function of (seed, stream, counter, index), so nothing about batches, threads or order can change it.
 * Normal numbers are Box-Muller pairs, the same on every machine.
 */
public final class CounterRandom {
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final float TO_UNIT = 0x1p-24f;
    private static final double[] SINE = taylor(1);
    private static final double[] COSINE = taylor(0);

    private int seedLow;
    private int seedHigh;
    private int stream;
    private int counter;
    private final int[] block = new int[4];
    private long blockIndex = -1;

    public CounterRandom(long seed, int stream, int counter) {
        this((int) seed, (int) (seed >>> 32), stream, counter);
    }

    public CounterRandom(int seedLow, int seedHigh, int stream, int counter) {
        key(seedLow, seedHigh, stream, counter);
    }

    /** Changes to another key, as a new generator with it would be. */
    public void key(int seedLow, int seedHigh, int stream, int counter) {
        this.seedLow = seedLow;
        this.seedHigh = seedHigh;
        this.stream = stream;
        this.counter = counter;
        blockIndex = -1;
    }

    /** 32 uniformly random bits. */
    public int bits(long index) {
        if (index >>> 2 != blockIndex) {
            fill(index >>> 2);
        }
        return block[(int) index & 3];
    }

    /** Uniform in [0, 1), a multiple of 2^-24. */
    public float uniform(long index) {
        return (bits(index) >>> 8) * TO_UNIT;
    }

    /** Standard normal. Numbers 2i and 2i+1 are one Box-Muller pair. */
    public float normal(long index) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(((bits(index & ~1L) >>> 8) + 1) * 0x1p-24));
        int turn = bits(index | 1) >>> 8; // the angle in units of 2^-24 turns
        int quarter = turn + (1 << 21) >>> 22;
        double rest = 2 * Math.PI * ((turn - (quarter << 22)) * 0x1p-24);
        int quartersOfSine = quarter + ((index & 1) == 0 ? 1 : 0);
        double magnitude = (quartersOfSine & 1) == 0 ? rest * series(SINE, rest * rest) : series(COSINE, rest * rest);
        return (float) (radius * ((quartersOfSine & 2) == 0 ? magnitude : -magnitude));
    }

    /** Up to an eighth of a turn the Taylor series is as exact as {@link StrictMath}, which allocates to reduce its angle. */
    private static double series(double[] coefficients, double square) {
        double sum = 0;
        for (int i = coefficients.length - 1; i >= 0; i--) {
            sum = sum * square + coefficients[i];
        }
        return sum;
    }

    /** {@code (-1)^i / (2i + first)!} */
    private static double[] taylor(int first) {
        double[] coefficients = new double[9];
        double term = 1;
        for (int i = 0; i < coefficients.length; i++) {
            coefficients[i] = term;
            term /= -(2.0 * i + first + 1) * (2.0 * i + first + 2);
        }
        return coefficients;
    }

    /** A whole number in [0, bound), by multiplication (its bias is below bound / 2^32). */
    public int below(int bound, long index) {
        return (int) ((bits(index) & 0xffffffffL) * bound >>> 32);
    }

    private void fill(long newIndex) {
        int c0 = (int) newIndex;
        int c1 = (int) (newIndex >>> 32);
        int c2 = stream;
        int c3 = counter;
        int k0 = seedLow;
        int k1 = seedHigh;
        for (int round = 0; round < 10; round++) {
            long p0 = (MULTIPLIER_0 & 0xffffffffL) * (c0 & 0xffffffffL);
            long p1 = (MULTIPLIER_1 & 0xffffffffL) * (c2 & 0xffffffffL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c1 = (int) p1;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c3 = (int) p0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        block[0] = c0;
        block[1] = c1;
        block[2] = c2;
        block[3] = c3;
        blockIndex = newIndex;
    }
}
