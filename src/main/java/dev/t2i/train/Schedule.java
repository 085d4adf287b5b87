package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;

/**
 * How long a run lasts and how often it reports, in samples (pictures or sentences), so that a change of batch size
 * changes none of it.
 *
 * @param samples samples to train on in all
 * @param tick samples between status lines
 * @param snapshot samples between snapshots; 0 for none
 * @param checkpoint samples between checkpoints
 * @param keep how many checkpoints stay on the disk
 * @param minutes time after which the run is over though samples are left, resumed runs counted together; 0 for none. For
 *     comparisons at equal time; learning rates still follow the samples
 * @param clock what that time is, and the seconds in {@code stats.jsonl}: {@code wall} or {@code processor}
 */
public record Schedule(
        @Range(min = 1) long samples,
        @Range(min = 1) @Default("3200") long tick,
        @Range(min = 0) @Default("32000") long snapshot,
        @Range(min = 1) @Default("32000") long checkpoint,
        @Range(min = 1) @Default("2") int keep,
        @Range(min = 0) @Default("0") double minutes,
        @Default("wall") Clock clock) {

    /** Steps of {@code batch} samples that the run takes. */
    public long steps(int batch) {
        return Math.ceilDiv(samples, batch);
    }

    /** Whether the end of step {@code step} (counted from 1) crosses a multiple of {@code interval} samples. */
    static boolean crosses(long step, int batch, long interval) {
        return interval > 0 && step * batch / interval > (step - 1) * batch / interval;
    }
}
