package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The gradient of a convolution by its weights: windows [pixels, kh * kw * cin], transposed, times dy [pixels, cout].
 *
 * <p>Bands of pixels are taken one after the other, and every sum runs over the pixels in order: no partial sums of different workers
 * are ever added. A few workers each bring every band of x and dy to buffers of their own, and compute their share of the
 * sums without waiting for anybody: cores that read what another has just written can be slow at it, where they share no cache.
 * Many workers would copy too often; they bring a band to shared buffers together, and then each adds the band's products to its part.
 */
final class WeightGradient {
    /** Heap elements of x and dy in a band: about what two workers' L2 caches hold beside the sums. */
    private static final int BAND_FLOATS = 300_000;
    /** The same for one worker with buffers of its own. */
    private static final int OWN_BAND_FLOATS = 60_000;
    /** Workers that each copy all of x and dy. */
    private static final int FEW_WORKERS = 4;
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
    private static final int ROWS = 4;

    /** From a row of {@link TurnedRows} to the next, and where each begins. */
    private static final int ROW_STRIDE = PASS + Lanes.COUNT;
    private static final int[] ROW_STARTS = new int[MOST_TILES * Lanes.TILE_ROWS];

    static {
        Arrays.setAll(ROW_STARTS, i -> i * ROW_STRIDE);
    }

    private final ConvolutionShape shape;
    private final PanelLayout layout;
    private Windows windows;
    /** Where registers are few: the windows as rows, which then count as one run. Else null. */
    private TurnedRows turned;
    private final boolean turns;
    private final int runs;
    /** Elements of one run of a window, in whole tiles. */
    private final int runTiles;
    /** Whether dy has so few channels that {@link ThinTiles} do better; then {@link #runTiles} counts those. */
    private final boolean thin;
    /** For pictures of few channels; null for others. */
    private final PatchGradient patches;
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
    private float[] sharedPictures;
    private float[] sharedPanels;
    private float[] sums;
    private int sharedBand;
    private final WorkerPool.Task loadShared = (task, worker) -> load(sharedBand, task, sharedPictures, sharedPanels, worker);
    private final WorkerPool.Task multiplyShared = this::multiplyShared;
    private final WorkerPool.Task computeShare = this::computeShare;

    WeightGradient(ConvolutionShape shape) {
        this.shape = shape;
        layout = PanelLayout.preferringWide(shape.cout());
        thin = shape.cout() <= ThinTiles.ROWS && Windows.runLength(shape) >= ThinTiles.COLUMNS;
        turns = Lanes.FEW_REGISTERS && !thin;
        windows = windows(BAND_FLOATS);
        patches = PatchGradient.of(shape);
        runs = turns ? 1 : windows.runs;
        runTiles = Math.ceilDiv(turns ? windows.depth() : windows.runLength, thin ? ThinTiles.COLUMNS : Lanes.TILE_ROWS);
    }

    private Windows windows(int bandFloats) {
        int perPixel = shape.cin() * shape.strideH() * shape.strideW() + layout.paddedColumns();
        int bandPixels = Math.max(PASS, bandFloats / Math.max(perPixel, 1));
        return turns ? Windows.inPlace(shape, bandPixels) : new Windows(shape.n(), shape.h(), shape.w(), shape.cin(), shape.kh(), shape.kw(),
                shape.strideH(), shape.strideW(), shape.padTop(), shape.padLeft(), shape.outH(), shape.outW(), bandPixels);
    }

    /** Chooses tasks that come out even among {@code workers}, who wait for each other after every band. */
    private void divide(int workers) {
        windows = windows(workers <= FEW_WORKERS ? OWN_BAND_FLOATS : BAND_FLOATS);
        turned = turns ? new TurnedRows(windows) : null;
        int least = Integer.MAX_VALUE;
        for (int tiles = Math.min(MOST_TILES, runTiles); tiles > 0; tiles--) {
            int groups = Math.ceilDiv(runTiles, tiles);
            int longest = Math.ceilDiv(runs * groups, workers) * tiles;
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
        if (patches != null && patches.occupies(pool.size())) {
            patches.run(pool, x, offsetX, dy, offsetDy, dw, offsetDw);
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
        sums = pool.shared(SUMS, WorkerPool.ALIGNED + (long) runs * runTiles * tileFloats());
        int bands = windows.bands();
        if (bands == 0) {
            dw.asSlice(offsetDw * 4, 4L * shape.kh() * shape.kw() * shape.cin() * shape.cout()).fill((byte) 0);
        } else if (pool.size() <= FEW_WORKERS) {
            pool.run(Math.min(pool.size(), runs * runTiles), computeShare);
        } else {
            sharedPictures = pool.shared(PICTURES, pictureFloats());
            sharedPanels = pool.shared(PANELS, panelFloats());
            for (sharedBand = 0; sharedBand < bands; sharedBand++) {
                pool.run(loadTasks(sharedBand), loadShared);
                pool.run(runs * runGroups, multiplyShared);
            }
        }
        this.x = null;
        this.dy = null;
        this.dw = null;
    }

    private int tileFloats() {
        return thin ? ThinTiles.ROWS * ThinTiles.COLUMNS : Lanes.TILE_ROWS * layout.paddedColumns();
    }

    private long pictureFloats() {
        if (turns) {
            return WorkerPool.ALIGNED + turned.bandFloats();
        }
        return WorkerPool.ALIGNED + windows.bandFloats() + (thin ? ThinTiles.COLUMNS : 0);
    }

    private long panelFloats() {
        return WorkerPool.ALIGNED + (long) windows.bandPictures * windows.bandRows * windows.outW * layout.paddedColumns();
    }

    private int loadRowTasks(int band) {
        return Math.ceilDiv(windows.loadRows(band), LOAD_ROWS);
    }

    private int loadTasks(int band) {
        return loadRowTasks(band) + layout.panels() * Math.ceilDiv(windows.pixels(band), LOAD_PIXELS);
    }

    /** Brings a part of a band's x or dy to buffers. */
    private void load(int band, int task, float[] pictures, float[] panels, int worker) {
        int loadTasks = loadRowTasks(band);
        if (task < loadTasks && turns) {
            turned.load(band, task * LOAD_ROWS, Math.min(windows.loadRows(band), (task + 1) * LOAD_ROWS),
                    x, offsetX, pictures, WorkerPool.ALIGNED, pool.scratch(worker, STAGING, TurnedRows.stagingFloats()));
            return;
        }
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

    private void multiplyShared(int task, int worker) {
        int run = task / runGroups;
        int fromTile = task % runGroups * taskTiles;
        multiply(sharedBand, run, fromTile, Math.min(runTiles, fromTile + taskTiles), sharedPictures, sharedPanels, worker);
    }

    /** All bands' products for one worker's share of the tiles. */
    private void computeShare(int share, int worker) {
        float[] pictures = pool.scratch(worker, PICTURES, pictureFloats());
        float[] panels = pool.scratch(worker, PANELS, panelFloats());
        int tiles = runs * runTiles;
        int shares = Math.min(pool.size(), tiles);
        int to = tiles * (share + 1) / shares;
        for (int band = 0; band < windows.bands(); band++) {
            for (int task = 0; task < loadTasks(band); task++) {
                load(band, task, pictures, panels, worker);
            }
            for (int tile = tiles * share / shares; tile < to;) {
                int run = tile / runTiles;
                int end = Math.min(Math.min(to, (run + 1) * runTiles), tile + MOST_TILES);
                multiply(band, run, tile - run * runTiles, end - run * runTiles, pictures, panels, worker);
                tile = end;
            }
        }
    }

    /** Adds the band's products for some tiles of one run of the windows, and writes the sums out after the last band. */
    private void multiply(int band, int run, int fromTile, int toTile, float[] pictures, float[] panels, int worker) {
        int stride = layout.paddedColumns();
        int sumsAt = WorkerPool.ALIGNED + run * runTiles * tileFloats();
        if (turns) {
            multiplyTurned(band, fromTile, toTile, pictures, panels, worker);
            return;
        }
        if (band == 0) {
            Arrays.fill(sums, sumsAt + fromTile * tileFloats(), sumsAt + toTile * tileFloats(), 0f);
        }
        if (thin) {
            multiplyThin(band, run, fromTile, toTile, sumsAt, pictures, panels);
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

    private void multiplyTurned(int band, int fromTile, int toTile, float[] pictures, float[] panels, int worker) {
        int stride = layout.paddedColumns();
        int firstRow = Lanes.tileRow(turned.rows(), fromTile);
        int endRow = Lanes.tileRow(turned.rows(), toTile);
        if (band == 0) {
            Arrays.fill(sums, WorkerPool.ALIGNED + firstRow * stride, WorkerPool.ALIGNED + endRow * stride, 0f);
        }
        if (turned.inPlace()) {
            int outRows = windows.rows(band);
            int pass = Math.max(1, PASS / windows.outW);
            for (int from = 0; from < outRows; from += pass) {
                multiplyRows(fromTile, toTile, pictures, WorkerPool.ALIGNED + from * turned.runStride(), turned.rowStarts, 0,
                        Math.min(pass, outRows - from), turned.runStride(), windows.outW, panels, windows.pixels(band), from * windows.outW);
            }
        } else {
            float[] rows = pool.scratch(worker, ROWS, WorkerPool.ALIGNED + (long) (endRow - firstRow) * ROW_STRIDE);
            int pieces = turned.pieces(band);
            int pass = PASS / Lanes.COUNT;
            for (int from = 0; from < pieces; from += pass) {
                int to = Math.min(pieces, from + pass);
                turned.write(pictures, WorkerPool.ALIGNED, from, to, firstRow, endRow, rows, WorkerPool.ALIGNED, ROW_STRIDE);
                multiplyRows(fromTile, toTile, rows, WorkerPool.ALIGNED, ROW_STARTS, firstRow, 1, 0, turned.pixel(to) - turned.pixel(from),
                        panels, windows.pixels(band), turned.pixel(from));
            }
        }
        if (band == windows.bands() - 1) {
            for (int row = firstRow; row < Math.min(turned.rows(), endRow); row++) {
                Packing.store(sums, WorkerPool.ALIGNED + row * stride, dw, offsetDw + (long) row * shape.cout(), shape.cout());
            }
        }
    }

    /**
     * Adds the products of some tiles for the band's pixels from {@code pixel} on, by rows that lie as for {@link RowTiles}, the
     * first of {@code starts} belonging to row {@code firstStart}.
     */
    private void multiplyRows(int fromTile, int toTile, float[] rows, int rowsAt, int[] starts, int firstStart, int runs, int runStride, int runLength,
            float[] panels, int pixels, int pixel) {
        int stride = layout.paddedColumns();
        for (int panel = 0; panel < layout.panels(); panel++) {
            int vectors = layout.vectorsOf(panel);
            int right = WorkerPool.ALIGNED + pixels * layout.column(panel) + pixel * vectors * Lanes.COUNT;
            for (int tile = fromTile; tile < toTile; tile++) {
                int row = Lanes.tileRow(turned.rows(), tile);
                RowTiles.accumulate(Lanes.tileRow(turned.rows(), tile + 1) - row, vectors, rows, rowsAt, starts, row - firstStart, runs, runStride, runLength,
                        panels, right, sums, WorkerPool.ALIGNED + row * stride + layout.column(panel), stride);
            }
        }
    }

    private void multiplyThin(int band, int run, int fromTile, int toTile, int sumsAt, float[] pictures, float[] panels) {
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
