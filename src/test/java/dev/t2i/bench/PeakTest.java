package dev.t2i.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** How much is read to find how fast memory is. */
class PeakTest {
    private static final long GIB = 1L << 30;

    /** 64 cores have a cache of 256 MiB and more in common. */
    @Test
    void memoryGrowsWithTheThreads() {
        assertEquals(1 << 25, Peak.floatsEach(1, 64 * GIB));
        assertEquals(1 << 24, Peak.floatsEach(2, 64 * GIB));
        assertEquals(1 << 24, Peak.floatsEach(64, 64 * GIB));
    }

    @Test
    void halfTheHeapIsLeft() {
        long floats = 64L * Peak.floatsEach(64, GIB);
        assertTrue(4 * floats <= GIB / 2 && 4 * floats > GIB / 3, floats + " floats");
    }
}
