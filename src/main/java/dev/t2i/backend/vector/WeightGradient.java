package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
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
    private static final int TASK_TILES = 8;
    private static final int LOAD_ROWS = 8;

    private static final int PICTURES = 0;
    private static final int PANELS = 1;
    private static final int SUMS = 2;

    private final ConvolutionShape shape;
    private final Windows windows;
    private final PanelLayout layout;
    /** Columns of one kernel row's windows, kw * cin, in whole tiles. */
    private final int runTiles;
    private final int runGroups;

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
        runTiles = Lanes.wholeTiles(shape.kw() * shape.cin()) / Lanes.TILE_ROWS;
        runGroups = (runTiles + TASK_TILES - 1) / TASK_TILES;
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
        int bandPixels = windows.bandPictures * windows.bandRows * windows.outW;
        pictures = pool.shared(PICTURES, WorkerPool.ALIGNED + windows.bandFloats());
        panels = pool.shared(PANELS, WorkerPool.ALIGNED + (long) bandPixels * layout.paddedColumns());
        sums = pool.shared(SUMS, WorkerPool.ALIGNED + (long) shape.kh() * runTiles * Lanes.TILE_ROWS * layout.paddedColumns());
        int bands = windows.bands();
        if (bands == 0) {
            dw.asSlice(offsetDw * 4, 4L * shape.kh() * shape.kw() * shape.cin() * shape.cout()).fill((byte) 0);
        }
        for (band = 0; band < bands; band++) {
            loadTasks = (windows.paddedRows(band) + LOAD_ROWS - 1) / LOAD_ROWS;
            pool.run(loadTasks + layout.panels(), load);
            pool.run(shape.kh() * runGroups, multiply);
        }
        this.x = null;
        this.dy = null;
        this.dw = null;
    }

    private void load(int task, int worker) {
        if (task < loadTasks) {
            windows.load(band, task * LOAD_ROWS, Math.min(windows.paddedRows(band), (task + 1) * LOAD_ROWS),
                    x, offsetX, pictures, WorkerPool.ALIGNED);
            return;
        }
        int panel = task - loadTasks;
        int pixels = windows.pixels(band);
        long first = ((long) windows.firstPicture(band) * windows.outH + windows.firstRow(band)) * windows.outW;
        Packing.pack(dy, DType.F32, offsetDy + first * shape.cout(), shape.cout(), pixels, layout, panel, panel + 1,
                panels, WorkerPool.ALIGNED + pixels * layout.column(panel));
    }

    /** Adds the band's products for some tiles of one kernel row, and writes the sums out after the last band. */
    private void multiply(int task, int worker) {
        int kernelRow = task / runGroups;
        int fromTile = task % runGroups * TASK_TILES;
        int toTile = Math.min(runTiles, fromTile + TASK_TILES);
        int stride = layout.paddedColumns();
        int sumsAt = WorkerPool.ALIGNED + kernelRow * runTiles * Lanes.TILE_ROWS * stride;
        if (band == 0) {
            Arrays.fill(sums, sumsAt + fromTile * Lanes.TILE_ROWS * stride, sumsAt + toTile * Lanes.TILE_ROWS * stride, 0f);
        }
        int pixels = windows.pixels(band);
        for (int from = 0; from < pixels; from += PASS) {
            int count = Math.min(PASS, pixels - from);
            for (int panel = 0; panel < layout.panels(); panel++) {
                int vectors = layout.vectorsOf(panel);
                int right = WorkerPool.ALIGNED + pixels * layout.column(panel) + from * vectors * Lanes.COUNT;
                for (int tile = fromTile; tile < toTile; tile++) {
                    int row = tile * Lanes.TILE_ROWS;
                    ColumnTiles.accumulate(vectors, pictures, WorkerPool.ALIGNED + kernelRow * windows.rowStride + row,
                            windows.starts, from, count, panels, right, sums, sumsAt + row * stride + layout.column(panel), stride);
                }
            }
        }
        if (band == windows.bands() - 1) {
            int run = shape.kw() * shape.cin();
            for (int row = fromTile * Lanes.TILE_ROWS; row < Math.min(run, toTile * Lanes.TILE_ROWS); row++) {
                Packing.store(sums, sumsAt + row * stride, dw, offsetDw + ((long) kernelRow * run + row) * shape.cout(), shape.cout());
            }
        }
    }
}
