package dev.t2i.train;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What a training's time is measured by. */
public enum Clock {
    /** Time as it passes. */
    WALL,
    /**
     * What the whole program took of the processors, all threads together. Runs on a machine that does other work meanwhile can be
     * compared by it; on one processor of its own it is the time that passes.
     */
    PROCESSOR;

    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /** Nanoseconds since an arbitrary moment. */
    long nanoseconds() {
        return this == WALL ? System.nanoTime() : SYSTEM.getProcessCpuTime();
    }
}
