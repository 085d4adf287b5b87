package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Batched matrix product {@code C[b] = op(A[b]) op(B[b])} for one set of sizes, with C [batch, m, n] dense, row-major F32.
 *
 * <p>{@code op(A)} is [m, k] and stored as such, or as [k, m] when transposed; {@code op(B)} is [k, n], or stored as [n, k].
 * Operands are F32, F16 or BF16. A batch stride of 0 shares one matrix among the whole batch.
 *
 * <p>Every element of C is one chain of fused multiply-adds over ascending {@code k}, starting from 0: its bits depend on
 * nothing but its row of A and its column of B, not on threads, batch, tiles or vector width.
 *
 * <p>A plan is made once and run often; running allocates nothing once the pool's buffers have grown. It holds the
 * operands of the current run, so one plan serves one run at a time.
 */
public final class Gemm implements Product, WorkerPool.Task {
    /** Depth of a packed block: with {@link #BLOCK_ROWS}, a left block fills half of an L2, of 1 MiB beside AVX-512 and 512 KiB beside AVX2. */
    private static final int BLOCK_DEPTH = 1024;
    /**
     * Depth of one pass over the tiles of a packed block: a panel's part and a tile's rows fit in L1. The smaller tiles of AVX2 take more of a pass to begin
     * and end, and read a panel slowly enough for it to come from L2.
     */
    private static final int PASS_DEPTH = Lanes.FEW_REGISTERS ? BLOCK_DEPTH : 128;
    private static final int BLOCK_ROWS = Lanes.FEW_REGISTERS ? 64 : 128;
    private static final int BLOCK_COLUMNS = Lanes.FEW_REGISTERS ? 1024 : 512;
    /** Columns that are packed and multiplied at a time. */
    private static final int GROUP_COLUMNS = Lanes.FEW_REGISTERS ? 256 : 128;
    /** Elements of a right operand up to which it is packed once for all of its readers, rather than by each of them. */
    private static final long MOST_SHARED = 1 << 23;
    /** Fewer multiply-adds than this are not worth handing to another thread. */
    private static final long LEAST_TASK = 40_000;
    /** Keeps consecutive rows of a left block off the same cache sets. */
    private static final int ROW_PADDING = 16;

    /** Up to this many rows, reading a large right operand where it lies beats packing it. */
    private static final int FEW_ROWS = Lanes.FEW_REGISTERS ? 64 : 128;
    /** Elements of the left operand, whole rows of which every worker then keeps in its L2. */
    private static final long LEFT_LIMIT = 1 << 19;
    /** Elements of a right operand that is large in this sense. */
    private static final long LARGE = 50_000;
    /** Rows of the right operand that are read side by side: a tile's part of them stays in L1 for all rows of the left. */
    private static final int STREAM_DEPTH = 32;

    private static final int LEFT = 0;
    private static final int PANELS = 1;
    private static final int SUMS = 2;
    private static final int STAGING = 3;

    private final int batch;
    private final int m;
    private final int n;
    private final int k;
    private final boolean transA;
    private final boolean transB;
    private final DType typeA;
    private final DType typeB;
    private final long batchStrideA;
    private final long batchStrideB;
    /** Rows of one product as it is computed: all rows of the batch where it shares B. */
    private final int tallRows;
    private final int products;

    private final int depth;
    /** Whether a left block is cut into tiles that lie by columns, as a transposed A does; else it lies by rows. */
    private final boolean byColumns;
    /** Where row i of a left block begins; where blocks lie by columns, where step k of each tile begins. */
    private final int[] leftStarts;
    private final int leftStride;

    /** Whether the right operand is read where it lies; then how many of its columns fill whole tiles. */
    private final boolean streams;
    private final int streamedColumns;
    private int runNumber;
    /** The run for which each worker has copied the left operand. */
    private int[] leftCopied;

    private int blockRows;
    private int blockColumns;
    private int rowBlocks;
    private int columnBlocks;
    private int batchGroup;
    /** Whether the right operand is packed once, before anything is multiplied, because several row blocks read it. */
    private boolean sharesRight;
    private boolean packing;
    private int groupsPerBlock;
    private float[] sharedPanels;
    private int plannedFor;
    private PanelLayout wholeLayout;
    private PanelLayout lastLayout;

    private WorkerPool pool;
    private MemorySegment a;
    private MemorySegment b;
    private MemorySegment c;
    private long offsetA;
    private long offsetB;
    private long offsetC;
    private TileEpilogue epilogue;
    /** Whether this run is one of the process's first. */
    private boolean plain;

    /** A plan for one dense F32 product, or for a batch of them laid out one after the other. */
    public Gemm(int batch, int m, int n, int k, boolean transA, boolean transB) {
        this(batch, m, n, k, transA, transB, DType.F32, DType.F32);
    }

    /** A plan for operands of any type, with the matrices of a batch laid out one after the other. */
    public Gemm(int batch, int m, int n, int k, boolean transA, boolean transB, DType typeA, DType typeB) {
        this(batch, m, n, k, transA, transB, typeA, typeB, (long) m * k, (long) k * n);
    }

    /**
     * A plan for any case. Batch strides count elements from one matrix to the next.
     *
     * @throws IllegalArgumentException for negative sizes or operand types other than F32, F16 and BF16
     */
    public Gemm(int batch, int m, int n, int k, boolean transA, boolean transB, DType typeA, DType typeB,
            long batchStrideA, long batchStrideB) {
        if (batch < 0 || m < 0 || n < 0 || k < 0) {
            throw new IllegalArgumentException(
                    "matrix product of negative size: batch %d, m %d, n %d, k %d".formatted(batch, m, n, k));
        }
        Packing.requireReadable(typeA);
        Packing.requireReadable(typeB);
        // A batch that shares B is one taller product, if only its rows follow each other.
        boolean tall = batch > 1 && batchStrideB == 0 && !transA && batchStrideA == (long) m * k
                && (long) batch * m <= Integer.MAX_VALUE;
        this.batch = batch;
        this.m = m;
        this.n = n;
        this.k = k;
        this.transA = transA;
        this.transB = transB;
        this.typeA = typeA;
        this.typeB = typeB;
        this.batchStrideA = batchStrideA;
        this.batchStrideB = batchStrideB;
        this.tallRows = tall ? batch * m : m;
        this.products = tall ? 1 : batch;
        this.depth = Math.min(k, BLOCK_DEPTH);
        this.streams = products == 1 && tallRows <= FEW_ROWS && (long) tallRows * k <= LEFT_LIMIT
                && !transA && !transB && typeB == DType.F32 && n >= StreamTiles.COLUMNS && (long) k * n >= LARGE;
        this.streamedColumns = streams ? n / StreamTiles.COLUMNS * StreamTiles.COLUMNS : 0;
        int rows = Lanes.wholeTiles(Math.min(tallRows, BLOCK_ROWS));
        // The tiles of few sums have no time for the checks of ColumnTiles.
        this.byColumns = transA && !Lanes.FEW_REGISTERS;
        this.leftStride = byColumns ? Lanes.TILE_ROWS : depth + ROW_PADDING;
        this.leftStarts = new int[byColumns ? depth : rows];
        for (int i = 0; i < leftStarts.length; i++) {
            leftStarts[i] = i * leftStride;
        }
    }

    /** Computes C without an epilogue. */
    public void run(WorkerPool pool, MemorySegment a, long offsetA, MemorySegment b, long offsetB, MemorySegment c, long offsetC) {
        run(pool, a, offsetA, b, offsetB, c, offsetC, null);
    }

    @Override
    public void run(WorkerPool pool, MemorySegment a, long offsetA, MemorySegment b, long offsetB,
            MemorySegment c, long offsetC, TileEpilogue epilogue) {
        if (batch == 0 || m == 0 || n == 0) {
            return;
        }
        this.pool = pool;
        this.a = a;
        this.b = b;
        this.c = c;
        this.offsetA = offsetA;
        this.offsetB = offsetB;
        this.offsetC = offsetC;
        this.epilogue = epilogue;
        plain = !transA && PlainTiles.take((long) products * tallRows * n * k);
        if (plannedFor != pool.size()) {
            divide(pool.size());
        }
        runNumber++;
        if (streams) {
            pool.run(columnBlocks + (streamedColumns < n ? 1 : 0), this);
        } else {
            if (sharesRight) {
                sharedPanels = pool.shared(0, WorkerPool.ALIGNED + (long) k * (columnBlocks - 1) * wholeLayout.paddedColumns()
                        + (long) k * lastLayout.paddedColumns());
                packing = true;
                pool.run(columnBlocks * groupsPerBlock, this);
                packing = false;
            }
            pool.run(Math.multiplyExact(blocks(products, batchGroup), rowBlocks * columnBlocks), this);
        }
        sharedPanels = null;
        this.a = null;
        this.b = null;
        this.c = null;
        this.epilogue = null;
    }

    /** Chooses blocks for a pool of {@code workers}: large for the sake of reuse, yet a few tasks for every worker. */
    private void divide(int workers) {
        plannedFor = workers;
        if (streams) {
            leftCopied = new int[workers];
            int tiles = streamedColumns / StreamTiles.COLUMNS;
            blockColumns = Math.ceilDiv(tiles, Math.min(tiles, workers == 1 ? 1 : 3 * workers)) * StreamTiles.COLUMNS;
            columnBlocks = blocks(streamedColumns, blockColumns);
            lastLayout = PanelLayout.of(n - streamedColumns);
            return;
        }
        blockRows = Math.min(Lanes.wholeTiles(tallRows), BLOCK_ROWS);
        blockColumns = Math.min(Lanes.vectors(n) * Lanes.COUNT, BLOCK_COLUMNS);
        int panel = 2 * Lanes.COUNT;
        long work = (long) products * tallRows * n * Math.max(k, 1);
        long wanted = workers == 1 ? 1 : Math.clamp(work / LEAST_TASK, 1, 3L * workers);
        while ((long) products * blocks(tallRows, blockRows) * blocks(n, blockColumns) < wanted) {
            boolean splitColumns = blockColumns > panel && (blockColumns >= blockRows || blockRows <= 4 * Lanes.TILE_ROWS);
            if (splitColumns) {
                blockColumns = (blockColumns / 2 + panel - 1) / panel * panel;
            } else if (blockRows > Lanes.TILE_ROWS) {
                blockRows = Lanes.wholeTiles(blockRows / 2);
            } else {
                break;
            }
        }
        rowBlocks = blocks(tallRows, blockRows);
        columnBlocks = blocks(n, blockColumns);
        batchGroup = rowBlocks * columnBlocks > 1 ? 1 : (int) Math.max(1, products / Math.max(wanted, 1));
        wholeLayout = PanelLayout.of(Math.min(n, blockColumns));
        lastLayout = PanelLayout.of(n - (columnBlocks - 1) * blockColumns);
        sharesRight = products == 1 && rowBlocks > 1 && k > 0 && (long) k * Lanes.vectors(n) * Lanes.COUNT <= MOST_SHARED;
        groupsPerBlock = blocks(wholeLayout.panels(), groupPanels(wholeLayout));
    }

    private static int groupPanels(PanelLayout layout) {
        return Math.max(1, GROUP_COLUMNS / (layout.panelVectors() * Lanes.COUNT));
    }

    private static int blocks(int size, int block) {
        return (size + block - 1) / block;
    }

    /** Computes one block of C, of one product or of several small ones; {@link #run} is the way in. */
    @Override
    public void run(int task, int worker) {
        if (streams) {
            if (task < columnBlocks) {
                int column = task * blockColumns;
                stream(column, Math.min(blockColumns, streamedColumns - column), worker);
            } else {
                leftCopied[worker] = runNumber - 1; // its buffer is about to be used otherwise
                computeBlock(0, 0, tallRows, streamedColumns, lastLayout, worker);
            }
            return;
        }
        if (packing) {
            packShared(task / groupsPerBlock, task % groupsPerBlock, worker);
            return;
        }
        int perProduct = rowBlocks * columnBlocks;
        int first = task / perProduct * batchGroup;
        int block = task % perProduct;
        int last = Math.min(products, first + batchGroup);
        for (int product = first; product < last; product++) {
            int row = block / columnBlocks * blockRows;
            int columnBlock = block % columnBlocks;
            computeBlock(product, row, Math.min(blockRows, tallRows - row), columnBlock * blockColumns,
                    columnBlock == columnBlocks - 1 ? lastLayout : wholeLayout, worker);
        }
    }

    private void computeBlock(int product, int row, int rows, int column, PanelLayout layout, int worker) {
        int tileRows = Lanes.wholeTiles(rows);
        int groupPanels = groupPanels(layout);
        int stride = Math.min(groupPanels * layout.panelVectors(), layout.vectors()) * Lanes.COUNT;
        float[] left = pool.scratch(worker, LEFT, WorkerPool.ALIGNED + (long) leftStarts.length * (byColumns ? tileRows : leftStride));
        float[] panels = sharesRight ? sharedPanels : pool.scratch(worker, PANELS, WorkerPool.ALIGNED + (long) depth * stride);
        float[] sums = pool.scratch(worker, SUMS, WorkerPool.ALIGNED + (long) tileRows * stride);
        for (int panel = 0; panel < layout.panels(); panel += groupPanels) {
            int toPanel = Math.min(layout.panels(), panel + groupPanels);
            Arrays.fill(sums, WorkerPool.ALIGNED, WorkerPool.ALIGNED + tileRows * stride, 0f);
            for (int from = 0; from < k; from += depth) {
                int steps = Math.min(depth, k - from);
                if (panel == 0 || depth < k) {
                    packLeft(product, row, rows, from, steps, left, worker);
                }
                int packed = WorkerPool.ALIGNED;
                if (sharesRight) {
                    packed = sharedStart(column, from, steps, layout, panel);
                } else {
                    packRight(product, column, from, steps, layout, panel, toPanel, panels, packed, worker);
                }
                multiply(layout, panel, toPanel, tileRows, steps, left, panels, packed, sums, stride);
            }
            int groupColumn = layout.column(panel);
            store(product, row, rows, column + groupColumn, Math.min(stride, layout.columns() - groupColumn), sums, stride, worker);
        }
    }

    /** Packs one group of panels of one block of columns, over the whole depth. */
    private void packShared(int columnBlock, int group, int worker) {
        PanelLayout layout = columnBlock == columnBlocks - 1 ? lastLayout : wholeLayout;
        int column = columnBlock * blockColumns;
        int panel = group * groupPanels(layout);
        int toPanel = Math.min(layout.panels(), panel + groupPanels(layout));
        for (int from = 0; panel < toPanel && from < k; from += depth) {
            int steps = Math.min(depth, k - from);
            packRight(0, column, from, steps, layout, panel, toPanel, sharedPanels, sharedStart(column, from, steps, layout, panel), worker);
        }
    }

    /** Where a panel of the block of columns that begins at {@code column} lies, its depth from {@code from} on. */
    private int sharedStart(int column, int from, int steps, PanelLayout layout, int panel) {
        int before = column / blockColumns * wholeLayout.paddedColumns();
        return WorkerPool.ALIGNED + k * before + from * layout.paddedColumns() + steps * layout.column(panel);
    }

    /** Multiplies all rows with some columns of B, which are read where they lie. */
    private void stream(int column, int columns, int worker) {
        int tileRows = (tallRows + StreamTiles.ROWS - 1) / StreamTiles.ROWS * StreamTiles.ROWS;
        int leftRow = k + ROW_PADDING;
        float[] left = pool.scratch(worker, LEFT, (long) tileRows * leftRow);
        float[] sums = pool.scratch(worker, SUMS, WorkerPool.ALIGNED + (long) tileRows * columns);
        if (leftCopied[worker] != runNumber) {
            for (int i = 0; i < tallRows; i++) {
                Packing.copy(a, typeA, offsetA + (long) i * k, left, i * leftRow, k);
            }
            leftCopied[worker] = runNumber;
        }
        Arrays.fill(sums, WorkerPool.ALIGNED, WorkerPool.ALIGNED + tileRows * columns, 0f);
        for (int from = 0; from < k; from += STREAM_DEPTH) {
            int steps = Math.min(STREAM_DEPTH, k - from);
            for (int j = 0; j < columns; j += StreamTiles.COLUMNS) {
                long right = offsetB + (long) from * n + column + j << 2;
                if (plain) {
                    streamPlainly(left, from, leftRow, right, steps, sums, WorkerPool.ALIGNED + j, columns, worker);
                    continue;
                }
                for (int i = 0; i < tileRows; i += StreamTiles.ROWS) {
                    StreamTiles.accumulate(left, i * leftRow + from, leftRow, b, right, 4L * n, steps,
                            sums, WorkerPool.ALIGNED + i * columns + j, columns);
                }
            }
        }
        store(0, 0, tallRows, column, columns, sums, columns, worker);
    }

    private void streamPlainly(float[] left, int from, int leftRow, long right, int steps, float[] sums, int sum, int stride,
            int worker) {
        float[] rows = pool.scratch(worker, PANELS, STREAM_DEPTH * StreamTiles.COLUMNS);
        for (int k = 0; k < steps; k++) {
            MemorySegment.copy(b, ValueLayout.JAVA_FLOAT_UNALIGNED, right + 4L * k * n, rows, k * StreamTiles.COLUMNS, StreamTiles.COLUMNS);
        }
        for (int i = 0; i < tallRows; i++) {
            PlainTiles.addProduct(left, i * leftRow + from, steps, rows, 0, sums, sum + i * stride, StreamTiles.COLUMNS);
        }
    }

    private void store(int product, int row, int rows, int column, int columns, float[] sums, int stride, int worker) {
        long target = offsetC + ((long) product * tallRows + row) * n + column;
        for (int i = 0; i < rows; i++) {
            Packing.store(sums, WorkerPool.ALIGNED + i * stride, c, target + (long) i * n, columns);
            if (epilogue != null) {
                int whole = row + i;
                epilogue.apply(product + whole / m, whole % m, column, columns, worker);
            }
        }
    }

    private void multiply(PanelLayout layout, int fromPanel, int toPanel, int tileRows, int steps, float[] left, float[] panels,
            int packed, float[] sums, int stride) {
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int vectors = layout.vectorsOf(panel);
            int column = layout.column(panel) - layout.column(fromPanel);
            for (int from = 0; from < steps; from += PASS_DEPTH) {
                int count = Math.min(PASS_DEPTH, steps - from);
                int right = packed + steps * column + from * vectors * Lanes.COUNT;
                for (int i = 0, height; i < tileRows; i += height) {
                    height = Lanes.tileHeight(tileRows - i);
                    int sum = WorkerPool.ALIGNED + i * stride + column;
                    if (plain) {
                        PlainTiles.accumulate(height, vectors * Lanes.COUNT, left, WorkerPool.ALIGNED + from, leftStarts, i,
                                1, 0, count, panels, right, sums, sum, stride);
                    } else if (byColumns) {
                        ColumnTiles.accumulate(vectors, left, WorkerPool.ALIGNED + i * steps, leftStarts, from, count,
                                panels, right, sums, sum, stride);
                    } else {
                        RowTiles.accumulate(height, vectors, left, WorkerPool.ALIGNED + from, leftStarts, i, 1, 0, count,
                                panels, right, sums, sum, stride);
                    }
                }
            }
        }
    }

    private void packLeft(int product, int row, int rows, int from, int steps, float[] left, int worker) {
        long matrix = offsetA + product * batchStrideA;
        if (byColumns) {
            for (int i = 0; i < steps; i++) {
                Packing.packColumns(a, typeA, matrix + (long) (from + i) * m + row, rows, left, WorkerPool.ALIGNED + leftStarts[i],
                        steps * Lanes.TILE_ROWS);
            }
        } else if (transA) {
            Packing.packTurned(a, typeA, matrix + (long) from * m + row, m, steps, rows, left, WorkerPool.ALIGNED, leftStride,
                    pool.scratch(worker, STAGING, WorkerPool.ALIGNED + Transposition.BLOCK));
        } else {
            for (int i = 0; i < rows; i++) {
                Packing.copy(a, typeA, matrix + (long) (row + i) * k + from, left, WorkerPool.ALIGNED + leftStarts[i], steps);
            }
        }
    }

    private void packRight(int product, int column, int from, int steps, PanelLayout layout, int fromPanel, int toPanel,
            float[] panels, int packed, int worker) {
        long matrix = offsetB + product * batchStrideB;
        if (transB) {
            float[] block = pool.scratch(worker, STAGING, WorkerPool.ALIGNED + Transposition.BLOCK);
            if (plain && typeB == DType.F32) {
                Packing.packTransposedPlainly(b, matrix + (long) column * k + from, k, steps,
                        layout, fromPanel, toPanel, panels, packed, block, WorkerPool.ALIGNED);
            } else {
                Packing.packTransposed(b, typeB, matrix + (long) column * k + from, k, steps,
                        layout, fromPanel, toPanel, panels, packed, block, WorkerPool.ALIGNED);
            }
        } else {
            Packing.pack(b, typeB, matrix + (long) from * n + column, n, steps, layout, fromPanel, toPanel, panels, packed);
        }
    }
}
