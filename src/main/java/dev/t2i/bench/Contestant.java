package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;

/**
 * A backend that takes part, and what a fair comparison has to know about it.
 *
 * @param label as it was asked for, or its own name where {@code auto} chose it
 */
public record Contestant(String label, Backend backend) {
    private static final String SCALAR = "scalar";
    private static final String NATIVE = "native";
    private static final String TORNADO = "tornado";

    private static final double SAME_ORDER = 1e-5;
    private static final double OTHER_ORDER = 1e-4;
    private static final double BF16_PRODUCTS = 1e-2;
    private static final double ONE_LEVEL = 1;

    /** How a backend is timed. */
    public enum Pace {
        /** Warmed up, then timed as often as was asked for. */
        STEADY(30),
        /** The same after a first run that counts for nothing, since it compiles kernels. */
        COMPILING(3),
        /** As few runs as will do: it is there to be right, and nobody waits for its steady state. */
        PATIENT(3);

        private final double longRun;

        Pace(double longRun) {
            this.longRun = longRun;
        }

        /** Seconds of a run from which one timing is enough. */
        double longRun() {
            return longRun;
        }
    }

    /**
     * The backend of that name.
     *
     * @param name one that {@code --backends} takes
     * @param threads for backends that use threads
     */
    public static Contestant of(String name, int threads) {
        Backend backend = Backends.get(name, threads);
        return new Contestant(name.equals(Backends.AUTO) ? backend.name() : name, backend);
    }

    /** Whether it defines what is right. */
    boolean isTruth() {
        return backend.name().equals(SCALAR);
    }

    /** Whether its first runs compile kernels for a device. */
    public boolean compilesKernels() {
        return backend.name().equals(TORNADO);
    }

    Pace pace() {
        if (isTruth()) {
            return Pace.PATIENT;
        }
        return compilesKernels() ? Pace.COMPILING : Pace.STEADY;
    }

    /** Whether it computes on the processor whose name is given, so that this machine's limits are its limits. */
    boolean runsOn(String processor) {
        return !compilesKernels() || backend.description().contains(processor);
    }

    /** How far its results may lie from those of plain loops, see docs/measuring.md. */
    double tolerance(Work.Kind kind) {
        return switch (kind) {
            case PICTURES -> ONE_LEVEL;
            case BF16_NUMBERS -> backend.name().equals(NATIVE) ? BF16_PRODUCTS : tolerance(Work.Kind.NUMBERS);
            case NUMBERS -> compilesKernels() ? OTHER_ORDER : SAME_ORDER;
        };
    }
}
