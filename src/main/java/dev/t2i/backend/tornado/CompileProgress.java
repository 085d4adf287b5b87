package dev.t2i.backend.tornado;

/** Says on standard error how far TornadoVM has come with compiling kernels, each of which it compiles when it first runs. */
final class CompileProgress {
    /** Fewer than that nobody waits for. */
    private static final int MANY = 50;
    private static final long NANOS_BETWEEN_LINES = 10_000_000_000L;

    private final int kernels;
    private int compiled;
    private long nanos;
    private long unsaid;

    CompileProgress(int kernels, int graphs, String device) {
        this.kernels = kernels;
        if (kernels >= MANY) {
            System.err.printf("TornadoVM compiles %d kernels in %d task graphs for %s, each when it first runs%n", kernels, graphs, device);
        }
    }

    /** @param count kernels that have run for the first time, in {@code nanos} */
    void compiled(int count, long nanos) {
        compiled += count;
        this.nanos += nanos;
        unsaid += nanos;
        if (kernels >= MANY && compiled < kernels && unsaid >= NANOS_BETWEEN_LINES) {
            unsaid = 0;
            long left = Math.round(this.nanos * 1e-9 / compiled * (kernels - compiled));
            System.err.printf("TornadoVM has compiled %d of %d kernels, the rest takes about %s%n", compiled, kernels,
                    left < 120 ? left + " s" : Math.round(left / 60.0) + " minutes");
        }
    }
}
