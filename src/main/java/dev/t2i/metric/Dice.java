package dev.t2i.metric;

import dev.t2i.tensor.CounterRandom;

/** Random numbers one after another, as a pure function of (seed, stream, counter). */
final class Dice {
    private final CounterRandom random;
    private long next;

    Dice(long seed, int stream, int counter) {
        random = new CounterRandom(seed, stream, counter);
    }

    double unit() {
        return random.uniform(next++);
    }

    double between(double low, double high) {
        return low + (high - low) * unit();
    }

    boolean chance(double probability) {
        return unit() < probability;
    }

    int below(int bound) {
        return random.below(bound, next++);
    }

    /** Close to a standard normal number: the sum of four uniform bytes, which is cheap enough for every pixel. */
    float nearlyNormal() {
        int bits = random.bits(next++);
        int sum = (bits & 255) + (bits >>> 8 & 255) + (bits >>> 16 & 255) + (bits >>> 24);
        return (sum - 510) * (1 / 147.8f);
    }
}
