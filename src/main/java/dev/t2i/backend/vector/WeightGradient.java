package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The gradient of a convolution by its weights: windows [pixels, kh * kw * cin], transposed, times dy [pixels, cout].
 *
 * <p>Bands of pixels are taken one after the other. All workers first bring a band of x and of dy into shared heap
 * buffers and then each adds the band's products to its own part of the sums, so that every sum runs over the pixels in
 * order and no partial sums of different workers are ever added.
 */
final class WeightGradient {
    /** Heap elements of x and dy in a band: about what two workers' L2 caches hold beside the sums. */
    private static final int BAND_FLOATS = 300_000;
    /** Pixels that one pass over the tiles takes: their dy panel stays in L1. */
    private static final int PASS = 256;
    /** Tiles of one task at most: their part of a band's pictures stays in L2. */
    private static final int MOST_TILES = 12;
    private static final int LOAD_ROWS = 8;
    private static final int LOAD_PIXELS = 512;

    private static final int PICTURES = 0;
    private static final int PANELS = 1;
    private static final int SUMS = 2;
    private static final int STAGING = 3;

    private final ConvolutionShape shape;
    private final Windows windows;
    private final PanelLayout layout;
    /** Elements of one run of a window, in whole tiles. */
    private final int runTiles;
    /** Whether dy has so few channels that {@link ThinTiles} do better; then {@link #runTiles} counts those. */
    private final boolean thin;
    /** Tiles of one task, and tasks of one run. */
    private int taskTiles;
    private int runGroups;
    private int plannedFor;

    private WorkerPool pool;
    private MemorySegment x;
    private long offsetX;
    private MemorySegment dy;
    private long offsetDy;
    private MemorySegment dw;
    private long offsetDw;
    private float[] pictures;
    private float[] panels;
    private float[] sums;
    private int band;
    private int loadTasks;
    private final WorkerPool.Task load = this::load;
    private final WorkerPool.Task multiply = this::multiply;

    WeightGradient(ConvolutionShape shape) {
        this.shape = shape;
        layout = PanelLayout.preferringWide(shape.cout());
        int perPixel = shape.cin() * shape.strideH() * shape.strideW() + layout.paddedColumns();
        windows = new Windows(shape.n(), shape.h(), shape.w(), shape.cin(), shape.kh(), shape.kw(),
                shape.strideH(), shape.strideW(), shape.padTop(), shape.padLeft(), shape.outH(), shape.outW(),
                Math.max(PASS, BAND_FLOATS / Math.max(perPixel, 1)));
        thin = shape.cout() <= ThinTiles.ROWS && windows.runLength >= ThinTiles.COLUMNS;
        runTiles = Math.ceilDiv(windows.runLength, thin ? ThinTiles.COLUMNS : Lanes.TILE_ROWS);
    }

    /** Chooses tasks that come out even among {@code workers}, who wait for each other after every band. */
    private void divide(int workers) {
        int least = Integer.MAX_VALUE;
        for (int tiles = Math.min(MOST_TILES, runTiles); tiles > 0; tiles--) {
            int groups = Math.ceilDiv(runTiles, tiles);
            int longest = Math.ceilDiv(windows.runs * groups, workers) * tiles;
            if (longest < least) {
                least = longest;
                taskTiles = tiles;
                runGroups = groups;
            }
        }
        plannedFor = workers;
    }

    void run(WorkerPool pool, MemorySegment x, long offsetX, MemorySegment dy, long offsetDy, MemorySegment dw, long offsetDw) {
        if (shape.cin() == 0 || shape.cout() == 0) {
            return;
        }
        this.pool = pool;
        this.x = x;
        this.dy = dy;
        this.dw = dw;
        this.offsetX = offsetX;
        this.offsetDy = offsetDy;
        this.offsetDw = offsetDw;
        if (plannedFor != pool.size()) {
            divide(pool.size());
        }
        int bandPixels = windows.bandPictures * windows.bandRows * windows.outW;
        pictures = pool.shared(PICTURES, WorkerPool.ALIGNED + windows.bandFloats() + (thin ? ThinTiles.COLUMNS : 0));
        panels = pool.shared(PANELS, WorkerPool.ALIGNED + (long) bandPixels * layout.paddedColumns());
        sums = pool.shared(SUMS, WorkerPool.ALIGNED + (long) windows.runs * runTiles * tileFloats());
        int bands = windows.bands();
        if (bands == 0) {
            dw.asSlice(offsetDw * 4, 4L * shape.kh() * shape.kw() * shape.cin() * shape.cout()).fill((byte) 0);
        }
        for (band = 0; band < bands; band++) {
            loadTasks = Math.ceilDiv(windows.loadRows(band), LOAD_ROWS);
            pool.run(loadTasks + layout.panels() * Math.ceilDiv(windows.pixels(band), LOAD_PIXELS), load);
            pool.run(windows.runs * runGroups, multiply);
        }
        this.x = null;
        this.dy = null;
        this.dw = null;
    }

    private int tileFloats() {
        return thin ? ThinTiles.ROWS * ThinTiles.COLUMNS : Lanes.TILE_ROWS * layout.paddedColumns();
    }

    private void load(int task, int worker) {
        if (task < loadTasks) {
            windows.load(band, task * LOAD_ROWS, Math.min(windows.loadRows(band), (task + 1) * LOAD_ROWS),
                    x, offsetX, pictures, WorkerPool.ALIGNED, pool.scratch(worker, STAGING, windows.stagingFloats()));
            return;
        }
        int panel = (task - loadTasks) % layout.panels();
        int from = (task - loadTasks) / layout.panels() * LOAD_PIXELS;
        int pixels = windows.pixels(band);
        long first = ((long) windows.firstPicture(band) * windows.outH + windows.firstRow(band)) * windows.outW + from;
        if (thin) {
            Packing.copyRows(dy, offsetDy + first * shape.cout(), shape.cout(), Math.min(LOAD_PIXELS, pixels - from),
                    panels, WorkerPool.ALIGNED + from * ThinTiles.ROWS, ThinTiles.ROWS);
            return;
        }
        Packing.pack(dy, DType.F32, offsetDy + first * shape.cout(), shape.cout(), Math.min(LOAD_PIXELS, pixels - from),
                layout, panel, panel + 1, panels,
                WorkerPool.ALIGNED + pixels * layout.column(panel) + from * layout.vectorsOf(panel) * Lanes.COUNT);
    }

    /** Adds the band's products for some tiles of one run of the windows, and writes the sums out after the last band. */
    private void multiply(int task, int worker) {
        int run = task / runGroups;
        int fromTile = task % runGroups * taskTiles;
        int toTile = Math.min(runTiles, fromTile + taskTiles);
        int stride = layout.paddedColumns();
        int sumsAt = WorkerPool.ALIGNED + run * runTiles * tileFloats();
        if (band == 0) {
            Arrays.fill(sums, sumsAt + fromTile * tileFloats(), sumsAt + toTile * tileFloats(), 0f);
        }
        if (thin) {
            multiplyThin(run, fromTile, toTile, sumsAt);
            return;
        }
        int pixels = windows.pixels(band);
        for (int from = 0; from < pixels; from += PASS) {
            int count = Math.min(PASS, pixels - from);
            for (int panel = 0; panel < layout.panels(); panel++) {
                int vectors = layout.vectorsOf(panel);
                int right = WorkerPool.ALIGNED + pixels * layout.column(panel) + from * vectors * Lanes.COUNT;
                for (int tile = fromTile; tile < toTile; tile++) {
                    int row = tile * Lanes.TILE_ROWS;
                    ColumnTiles.accumulate(vectors, pictures, WorkerPool.ALIGNED + run * windows.runStride + row,
                            windows.starts, from, count, panels, right, sums, sumsAt + row * stride + layout.column(panel), stride);
                }
            }
        }
        if (band == windows.bands() - 1) {
            for (int row = fromTile * Lanes.TILE_ROWS; row < Math.min(windows.runLength, toTile * Lanes.TILE_ROWS); row++) {
                Packing.store(sums, sumsAt + row * stride, dw, offsetDw + ((long) run * windows.runLength + row) * shape.cout(), shape.cout());
            }
        }
    }

    private void multiplyThin(int run, int fromTile, int toTile, int sumsAt) {
        for (int tile = fromTile; tile < toTile; tile++) {
            int column = tile * ThinTiles.COLUMNS;
            int tileAt = sumsAt + tile * tileFloats();
            ThinTiles.accumulate(panels, WorkerPool.ALIGNED, pictures, WorkerPool.ALIGNED + run * windows.runStride + column,
                    windows.starts, windows.pixels(band), sums, tileAt);
            if (band == windows.bands() - 1) {
                for (int j = 0; j < Math.min(ThinTiles.COLUMNS, windows.runLength - column); j++) {
                    long element = offsetDw + ((long) run * windows.runLength + column + j) * shape.cout();
                    for (int i = 0; i < shape.cout(); i++) {
                        dw.set(ValueLayout.JAVA_FLOAT_UNALIGNED, element + i << 2, sums[tileAt + i * ThinTiles.COLUMNS + j]);
                    }
                }
            }
        }
    }
}
