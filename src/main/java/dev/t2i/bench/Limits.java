package dev.t2i.bench;

import java.util.Optional;

/**
 * What this machine can do at best, as measured.
 *
 * @param gigaflops billions of F32 operations a second, an addition and a multiplication counting as two
 * @param gigabytes billions of bytes a second, read from memory
 */
public record Limits(double gigaflops, double gigabytes) {

    /** Whether this JVM has the Vector API, with which they are measured. */
    static boolean canBeMeasured() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /** The best figure of a work: it can be no faster than its operations and its bytes are. */
    Optional<Double> of(Work work) {
        if (!work.cost().isKnown()) {
            return Optional.empty();
        }
        double seconds = 1e-9 * Math.max(work.cost().flops() / gigaflops, work.cost().bytes() / gigabytes);
        return Optional.of(work.value(seconds));
    }

    /** What the two are, for a person. */
    public String toString(int threads) {
        return "%.0f GFLOP/s (multiply-adds of F32 vectors), %.0f GB/s (reading memory), on %d thread%s".formatted(
                gigaflops, gigabytes, threads, threads == 1 ? "" : "s");
    }
}
