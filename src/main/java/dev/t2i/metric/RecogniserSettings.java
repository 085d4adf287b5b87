package dev.t2i.metric;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.train.Schedule;
import dev.t2i.train.TaskKind;

/**
 * Everything that shapes the training of a recogniser.
 *
 * @param seed of the first weights and of the lessons
 * @param exam unseen renders, and as many unseen lessons, that the finished network is examined on
 */
public record RecogniserSettings(
        TaskKind task,
        @Default("1") long seed,
        @Range(min = 1, max = 4096) @Default("32") int batch,
        Schedule schedule,
        @Range(min = 1, max = 1_000_000) @Default("5000") int exam,
        RecogniserShape network,
        Optimizer optimizer) {

    public RecogniserSettings {
        if (task != TaskKind.RECOGNISER) {
            throw new IllegalArgumentException("task is " + task + ", these are settings for a recogniser");
        }
    }

    /**
     * Adam with decoupled weight decay; the learning rate rises over {@code warmup} samples and falls along half a cosine
     * to nearly zero at the run's end (Loshchilov and Hutter 2017).
     */
    public record Optimizer(
            @Range(above = 0, max = 1) @Default("0.002") double learningRate,
            @Range(min = 0, below = 1) @Default("0.9") double beta1,
            @Range(min = 0, below = 1) @Default("0.99") double beta2,
            @Range(min = 0, below = 1) @Default("0.0001") double weightDecay,
            @Range(min = 0) @Default("3200") long warmup) {
        private static final double LAST = 0.005;

        /** The learning rate after {@code done} of {@code total} samples. */
        double rate(long done, long total) {
            double rise = warmup == 0 ? 1 : Math.min(1, (done + 1.0) / warmup);
            return learningRate * rise * (LAST + (1 - LAST) * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, (double) done / total))));
        }
    }
}
