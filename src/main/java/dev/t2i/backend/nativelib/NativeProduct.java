package dev.t2i.backend.nativelib;

import dev.t2i.backend.vector.Product;
import dev.t2i.backend.vector.TileEpilogue;
import dev.t2i.backend.vector.WorkerPool;
import dev.t2i.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * A matrix product by C kernels: here its work is cut into blocks, one call of C each, which the pool's threads share.
 *
 * <p>Each element of C is one chain over ascending {@code k}, however the work is cut. With F32 weights, and with BF16 weights
 * where the processor has no instruction for pairs of them, that chain is {@link dev.t2i.backend.vector.Gemm}'s, bit for bit.
 */
final class NativeProduct implements Product, WorkerPool.Task {
    /** {@code t2i_product}. */
    private static final StructLayout LAYOUT = MemoryLayout.structLayout(
            ValueLayout.JAVA_INT.withName("path"), ValueLayout.JAVA_INT.withName("type_a"), ValueLayout.JAVA_INT.withName("type_b"),
            ValueLayout.JAVA_INT.withName("trans_a"), ValueLayout.JAVA_INT.withName("trans_b"), ValueLayout.JAVA_INT.withName("left"),
            ValueLayout.JAVA_INT.withName("right"), ValueLayout.JAVA_INT.withName("m"), ValueLayout.JAVA_INT.withName("n"),
            ValueLayout.JAVA_INT.withName("k"), ValueLayout.JAVA_LONG.withName("stride_a"), ValueLayout.JAVA_LONG.withName("stride_b"));
    private static final int PACKED_BY_BLOCK = 0;
    private static final int PACKED_BEFORE = 1;
    private static final int WHERE_IT_LIES = 2;

    /** Up to this many rows, reading the right operand where it lies beats packing it. */
    private static final int FEW_ROWS = 56;
    /** Elements of the left operand up to which every worker keeps all of it, packed, rather than the steps in hand for each block anew. */
    private static final long MOST_KEPT = 1 << 19;
    /** A block's largest size: its rows of A and its part of C stay in L2. */
    private static final int BLOCK_ROWS = 128;
    private static final int BLOCK_COLUMNS = 512;
    /** A block's most columns where the right operand streams by: those of the next steps of k are fetched ahead to L2. */
    private static final int STREAM_COLUMNS = 1024;
    /** Columns of B that a task packs at a time, at most. */
    private static final int PACKED_COLUMNS = 128;
    /** Bytes of a packed right operand up to which it is packed once for all of its readers, rather than by each of them. */
    private static final long MOST_SHARED = 1 << 26;
    /** Fewer multiply-adds than this are not worth handing to another thread. */
    private static final long LEAST_TASK = 150_000;

    private final Scratch scratch;
    private final MemorySegment product;
    private final int batch;
    private final int m;
    private final int n;
    private final int k;
    private final int bytesA;
    private final int bytesB;
    private final boolean streams;
    /** Whether each worker packs the left operand once for all of its blocks. */
    private final boolean keepsLeft;
    /** Columns of a panel. */
    private final int panel;
    /** Columns of B that a task packs. */
    private final int packedColumns;

    private int plannedFor;
    private int blockRows;
    private int blockColumns;
    private int rowBlocks;
    private int columnBlocks;
    /** Products of one task, where a product is one block. */
    private int group;
    private long scratchBytes;
    private long panelBytes;
    private boolean packing;
    private int runNumber;
    /** The run for which a worker's scratch holds the left operand. */
    private int[] leftPacked;

    private MemorySegment panels;
    private MemorySegment a;
    private MemorySegment b;
    private MemorySegment c;
    private long offsetA;
    private long offsetB;
    private long offsetC;
    private TileEpilogue epilogue;

    /** @param k at least 1 */
    NativeProduct(InstructionSet set, Arena arena, Scratch scratch, int batch, int m, int n, int k, boolean transA, boolean transB,
            DType typeA, DType typeB) {
        this.scratch = scratch;
        this.batch = batch;
        this.m = m;
        this.n = n;
        this.k = k;
        bytesA = typeA.bytes();
        bytesB = typeB.bytes();
        panel = Kernels.columns(set);
        packedColumns = packedColumns(panel);
        streams = !transB && m <= FEW_ROWS;
        keepsLeft = streams && batch == 1 && (long) m * k <= MOST_KEPT;
        product = arena.allocate(LAYOUT);
        set("path", set.number());
        set("type_a", typeA == DType.BF16 ? 1 : 0);
        set("type_b", typeB == DType.BF16 ? 1 : 0);
        set("trans_a", transA ? 1 : 0);
        set("trans_b", transB ? 1 : 0);
        set("left", keepsLeft ? PACKED_BEFORE : PACKED_BY_BLOCK);
        set("m", m);
        set("n", n);
        set("k", k);
        product.set(ValueLayout.JAVA_LONG, offset("stride_a"), (long) m * k * bytesA);
        product.set(ValueLayout.JAVA_LONG, offset("stride_b"), (long) k * n * bytesB);
    }

    /** Whole panels, for a panel's place among the others goes by its first column. */
    static int packedColumns(int panel) {
        return Math.max(1, PACKED_COLUMNS / panel) * panel;
    }

    private static long offset(String field) {
        return LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement(field));
    }

    private void set(String field, int value) {
        product.set(ValueLayout.JAVA_INT, offset(field), value);
    }

    @Override
    public void run(WorkerPool pool, MemorySegment a, long offsetA, MemorySegment b, long offsetB, MemorySegment c, long offsetC,
            TileEpilogue epilogue) {
        if (batch == 0 || m == 0 || n == 0) {
            return;
        }
        if (plannedFor != pool.size()) {
            divide(pool.size());
        }
        this.a = a;
        this.b = b;
        this.c = c;
        this.offsetA = offsetA * bytesA;
        this.offsetB = offsetB * bytesB;
        this.offsetC = offsetC * Float.BYTES;
        this.epilogue = epilogue;
        runNumber++;
        scratch.ensure(pool.size(), scratchBytes);
        panels = panelBytes > 0 ? scratch.panels(panelBytes) : MemorySegment.NULL;
        if (panelBytes > 0) {
            packing = true;
            pool.run(Math.ceilDiv(n, packedColumns), this);
            packing = false;
        }
        pool.run(Math.multiplyExact(Math.ceilDiv(batch, group), rowBlocks * columnBlocks), this);
        this.a = null;
        this.b = null;
        this.c = null;
        this.epilogue = null;
    }

    /** Chooses blocks for so many workers: large for the sake of reuse, yet a few tasks for every worker. */
    private void divide(int workers) {
        plannedFor = workers;
        leftPacked = new int[workers];
        long work = (long) batch * m * n * k;
        // Where the right operand streams by, nobody fetches a task's first steps ahead; then few tasks are best.
        long wanted = workers == 1 ? 1 : Math.clamp(work / LEAST_TASK, 1, (streams ? 2L : 3L) * workers);
        int columns = Math.ceilDiv(n, panel);
        rowBlocks = streams ? 1 : Math.ceilDiv(m, BLOCK_ROWS);
        columnBlocks = Math.ceilDiv(n, streams ? STREAM_COLUMNS : BLOCK_COLUMNS);
        while ((long) batch * rowBlocks * columnBlocks < wanted) {
            boolean splitColumns = columnBlocks < columns && (streams || columns / columnBlocks * panel >= m / rowBlocks);
            if (splitColumns) {
                columnBlocks++;
            } else if (!streams && m / rowBlocks > FEW_ROWS / 4) {
                rowBlocks++;
            } else {
                break;
            }
        }
        blockColumns = Math.ceilDiv(columns, columnBlocks) * panel;
        columnBlocks = Math.ceilDiv(n, blockColumns);
        blockRows = Math.ceilDiv(m, rowBlocks);
        rowBlocks = Math.ceilDiv(m, blockRows);
        group = rowBlocks * columnBlocks > 1 ? 1 : (int) Math.max(1, batch / wanted);
        panelBytes = batch == 1 && rowBlocks > 1 && !streams ? Kernels.panelBytes(product) : 0;
        if (panelBytes > MOST_SHARED) {
            panelBytes = 0;
        }
        set("right", streams ? WHERE_IT_LIES : panelBytes > 0 ? PACKED_BEFORE : PACKED_BY_BLOCK);
        scratchBytes = Kernels.scratchBytes(product, blockRows);
    }

    /** Packs some columns, or computes one block of C, of one product or of several small ones; the other {@code run} is the way in. */
    @Override
    public void run(int task, int worker) {
        if (packing) {
            int column = task * packedColumns;
            Kernels.pack(product, b, offsetB, column, Math.min(packedColumns, n - column), panels);
            return;
        }
        if (keepsLeft && leftPacked[worker] != runNumber) {
            Kernels.packLeft(product, a, offsetA, scratch.of(worker));
            leftPacked[worker] = runNumber;
        }
        int blocks = rowBlocks * columnBlocks;
        int first = task / blocks * group;
        int count = Math.min(group, batch - first);
        int row = task % blocks / columnBlocks * blockRows;
        int rows = Math.min(blockRows, m - row);
        int column = task % columnBlocks * blockColumns;
        int columns = Math.min(blockColumns, n - column);
        Kernels.block(product, a, offsetA + (long) first * m * k * bytesA, b, offsetB + (long) first * k * n * bytesB, panels,
                c, offsetC + (long) first * m * n * Float.BYTES, count, row, rows, column, columns, scratch.of(worker));
        if (epilogue != null) {
            for (int p = first; p < first + count; p++) {
                for (int i = row; i < row + rows; i++) {
                    epilogue.apply(p, i, column, columns, worker);
                }
            }
        }
    }
}
