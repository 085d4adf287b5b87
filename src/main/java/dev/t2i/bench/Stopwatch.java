package dev.t2i.bench;

import java.util.Arrays;

/**
 * The median of repeated timings. Work is repeated untimed first, until the just-in-time compiler has had its time: until for
 * {@code warmupSeconds} no repetition was clearly faster than all before it. Where one run takes very long, one timing has to do.
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
    private static final double PATIENT_WARMUP = 0.3;

    /**
     * What came of it.
     *
     * @param seconds of one run
     * @param timings how many the median is of
     * @param firstSeconds of the first run
     */
    public record Timing(double seconds, int timings, double firstSeconds) {}

    /**
     * Times {@code work}.
     *
     * @param first done once after the first run, and not timed
     */
    public Timing time(Runnable work, Contestant.Pace pace, Runnable first) {
        double firstSeconds = seconds(work, 1);
        first.run();
        return switch (pace) {
            case STEADY -> steady(work, pace, firstSeconds, firstSeconds);
            // However fast a run that compiled was, it says nothing about the next.
            case COMPILING -> steady(work, pace, Double.POSITIVE_INFINITY, firstSeconds);
            case PATIENT -> patient(work, pace, firstSeconds);
        };
    }

    private Timing steady(Runnable work, Contestant.Pace pace, double best, double firstSeconds) {
        double last = warmUp(work, best, pace.longRun());
        if (last >= pace.longRun()) {
            return new Timing(last, 1, firstSeconds);
        }
        return new Timing(median(work, last, repeats), repeats, firstSeconds);
    }

    private Timing patient(Runnable work, Contestant.Pace pace, double firstSeconds) {
        if (firstSeconds >= pace.longRun()) {
            return new Timing(firstSeconds, 1, firstSeconds);
        }
        double last = new Stopwatch(Math.min(warmupSeconds, PATIENT_WARMUP), 1).warmUp(work, firstSeconds, pace.longRun());
        int few = (int) Math.clamp(pace.longRun() / last, 1, repeats);
        return new Timing(median(work, last, few), few, firstSeconds);
    }

    private static double median(Runnable work, double about, int repeats) {
        int group = (int) Math.max(1, Math.min(1_000_000, Math.ceil(LEAST_GROUP_SECONDS / about)));
        double[] seconds = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            seconds[i] = seconds(work, group);
        }
        Arrays.sort(seconds);
        return seconds[repeats / 2];
    }

    /**
     * The time of the last repetition.
     *
     * @param bestSoFar seconds of the run that was made already; infinite where that does not count
     * @param longRun seconds of a repetition that is the last one
     */
    private double warmUp(Runnable work, double bestSoFar, double longRun) {
        long start = System.nanoTime();
        long improved = start;
        double best = bestSoFar;
        double last = 0;
        for (int done = Double.isFinite(bestSoFar) ? 1 : 0;
                last < longRun && (done < LEAST_WARMUPS || since(improved) < warmupSeconds && since(start) < LONGEST * warmupSeconds); done++) {
            last = seconds(work, 1);
            if (last < best * (1 - CLEARLY)) {
                best = last;
                improved = System.nanoTime();
            }
        }
        return last;
    }

    private static double seconds(Runnable work, int group) {
        long before = System.nanoTime();
        for (int i = 0; i < group; i++) {
            work.run();
        }
        return since(before) / group;
    }

    private static double since(long nanoTime) {
        return (System.nanoTime() - nanoTime) * 1e-9;
    }
}
