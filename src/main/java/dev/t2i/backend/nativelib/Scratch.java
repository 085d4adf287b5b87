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
        close(workersArena);
        workerBytes = Math.max(bytes, workerBytes);
        workers = new MemorySegment[Math.max(count, workers.length)];
        workersArena = Arena.ofShared();
        for (int i = 0; i < workers.length; i++) {
            workers[i] = workersArena.allocate(workerBytes, ALIGNMENT);
        }
    }

    MemorySegment of(int worker) {
        return workers[worker];
    }

    /** At least so many bytes for a packed operand; what was there before is lost. */
    MemorySegment panels(long bytes) {
        if (bytes > panels.byteSize()) {
            close(panelsArena);
            panelsArena = Arena.ofShared();
            panels = panelsArena.allocate(bytes, ALIGNMENT);
        }
        return panels;
    }

    private static void close(Arena arena) {
        if (arena != null) {
            arena.close();
        }
    }

    @Override
    public void close() {
        close(workersArena);
        close(panelsArena);
        workersArena = null;
        panelsArena = null;
        workers = new MemorySegment[0];
        panels = MemorySegment.NULL;
    }
}
