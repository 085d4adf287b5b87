package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One thing that is measured: the same graphs on the same numbers on every backend.
 *
 * @param name what is done, such as {@code sgemm 1024}
 * @param unit {@code ms} for durations; all other units are rates, such as {@code images/s}
 * @param amount how much of the unit's things one run does: {@code amount / seconds} is the rate
 * @param cost what one run needs at least
 * @param kind how results are compared
 * @param open makes it ready on a backend
 */
public record Work(Suite suite, String name, String unit, double amount, Cost cost, Kind kind, Function<Backend, Running> open) {
    static final String MILLISECONDS = "ms";
    static final String FLOPS = "GFLOP/s";
    static final String BYTES = "GB/s";
    static final String IMAGES = "images/s";

    /** How results of backends are compared. */
    public enum Kind {
        /** Computed in F32: by the largest difference, relative to the largest number. */
        NUMBERS,
        /** The same, of weights in BF16, which some backends multiply in BF16. */
        BF16_NUMBERS,
        /** Numbers from -1 to 1 that become levels from 0 to 255: by the largest difference in levels. */
        PICTURES
    }

    /**
     * What no machine can do without.
     *
     * @param flops floating-point operations in F32; 0 where they may be others
     * @param bytes that have to be read or written
     */
    public record Cost(double flops, double bytes) {
        static final Cost UNKNOWN = new Cost(0, 0);

        boolean isKnown() {
            return flops > 0 || bytes > 0;
        }
    }

    /** Work on a backend, ready to be run; belongs to one thread. */
    public interface Running extends AutoCloseable {
        void run();

        /** What the first run computed, asked for right after it; later runs may overwrite it. */
        List<Tensor> results();

        /** What one more run of each program costs and where, by its program's name; nothing where the backend can't say. */
        default Map<String, RunProfile> profile() {
            return Map.of();
        }

        @Override
        void close();
    }

    /** The figure of a run that takes so long. */
    public double value(double seconds) {
        return unit.equals(MILLISECONDS) ? 1e3 * seconds : amount / seconds;
    }
}
