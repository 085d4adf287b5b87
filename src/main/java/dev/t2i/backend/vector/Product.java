package dev.t2i.backend.vector;

import java.lang.foreign.MemorySegment;

/**
 * A plan for one batched matrix product, with C dense, row-major F32. It is made once and run often; running allocates
 * nothing once buffers have grown. It holds the operands of the current run, so one plan serves one run at a time.
 */
public interface Product {
    /**
     * Computes C. Offsets count elements of each operand's type from the beginning of its segment, which is native memory.
     *
     * @param epilogue called for each finished piece of C, or null
     */
    void run(WorkerPool pool, MemorySegment a, long offsetA, MemorySegment b, long offsetB, MemorySegment c, long offsetC,
            TileEpilogue epilogue);
}
