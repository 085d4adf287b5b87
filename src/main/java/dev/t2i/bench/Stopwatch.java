package dev.t2i.bench;

import java.util.Arrays;

/**
 * The median of repeated timings. Work is repeated untimed first, until the just-in-time compiler has had its time: until for
 * {@code warmupSeconds} no repetition was clearly faster than all before it.
 *
 * @param warmupSeconds least time of untimed repetitions
 * @param repeats timings of which the median counts
 */
public record Stopwatch(double warmupSeconds, int repeats) {
    /** Short work is timed in groups that take at least so long, well above the clock's grain. */
    private static final double LEAST_GROUP_SECONDS = 0.02;
    private static final int LEAST_WARMUPS = 2;
    /** The part of a repetition's time by which a faster one must be shorter to prolong the warm-up, and how often it may be prolonged. */
    private static final double CLEARLY = 0.03;
    private static final int LONGEST = 10;

    /** Seconds that {@code work} takes. */
    public double seconds(Runnable work) {
        double last = warmUp(work);
        int group = (int) Math.max(1, Math.min(1_000_000, Math.ceil(LEAST_GROUP_SECONDS / last)));
        double[] seconds = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            long before = System.nanoTime();
            for (int j = 0; j < group; j++) {
                work.run();
            }
            seconds[i] = since(before) / group;
        }
        Arrays.sort(seconds);
        return seconds[repeats / 2];
    }

    /** The time of the last repetition. */
    private double warmUp(Runnable work) {
        long start = System.nanoTime();
        long improved = start;
        double best = Double.POSITIVE_INFINITY;
        double last = 0;
        for (int done = 0; done < LEAST_WARMUPS || since(improved) < warmupSeconds && since(start) < LONGEST * warmupSeconds; done++) {
            long before = System.nanoTime();
            work.run();
            last = since(before);
            if (last < best * (1 - CLEARLY)) {
                best = last;
                improved = System.nanoTime();
            }
        }
        return last;
    }

    private static double since(long nanoTime) {
        return (System.nanoTime() - nanoTime) * 1e-9;
    }
}
