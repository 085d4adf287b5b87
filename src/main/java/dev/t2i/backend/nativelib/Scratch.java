package dev.t2i.backend.nativelib;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory aside for the products of a session, which run one after the other: some for each worker, and some for all. It only grows. */
final class Scratch implements AutoCloseable {
    private static final long ALIGNMENT = 64;

    private MemorySegment[] workers = {};
    private Arena workersArena;
    private long workerBytes;
    private MemorySegment panels = MemorySegment.NULL;
    private Arena panelsArena;

    /** Sees to so many bytes for each of so many workers; not while a product runs. */
    void ensure(int count, long bytes) {
        if (count <= workers.length && bytes <= workerBytes) {
            return;
        }
        int grownCount = Math.max(count, workers.length);
        long grownBytes = Math.max(bytes, workerBytes);
        freeWorkers();
        workersArena = Arena.ofShared();
        MemorySegment[] grown = new MemorySegment[grownCount];
        for (int i = 0; i < grown.length; i++) {
            grown[i] = workersArena.allocate(grownBytes, ALIGNMENT);
        }
        workers = grown;
        workerBytes = grownBytes;
    }

    MemorySegment of(int worker) {
        return workers[worker];
    }

    /** At least so many bytes for a packed operand; what was there before is lost. */
    MemorySegment panels(long bytes) {
        if (bytes > panels.byteSize()) {
            freePanels();
            panelsArena = Arena.ofShared();
            panels = panelsArena.allocate(bytes, ALIGNMENT);
        }
        return panels;
    }

    /** Leaves nothing that looks as if it could be used: what is allocated next may not be had. */
    private void freeWorkers() {
        workers = new MemorySegment[0];
        workerBytes = 0;
        close(workersArena);
        workersArena = null;
    }

    private void freePanels() {
        panels = MemorySegment.NULL;
        close(panelsArena);
        panelsArena = null;
    }

    private static void close(Arena arena) {
        if (arena != null) {
            arena.close();
        }
    }

    @Override
    public void close() {
        freeWorkers();
        freePanels();
    }
}
