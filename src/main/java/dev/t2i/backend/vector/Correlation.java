package dev.t2i.backend.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A product of picture windows with a packed weight matrix, the common core of a convolution and of its input gradient:
 * an implicit GEMM of [pixels, kh * kw * channels] by [kh * kw * channels, columns].
 *
 * <p>Results go to a picture of outPictureH by outPictureW pixels, at rows {@code firstH + i * stepH} and columns
 * {@code firstW + j * stepW}; steps above 1 serve the input gradient of a strided convolution.
 */
final class Correlation implements WorkerPool.Task {
    /** Pixels in a band: enough to use each packed weight often, few enough that a band stays in L2. */
    private static final int BAND_PIXELS = 128;
    /** More for {@link PixelRows}: rows around a band are turned twice, and of what it holds only a few rows have to stay in L1. */
    private static final int BAND_PIXELS_TURNED = 512;
    /** Multiply-adds that a task should have at least. */
    private static final long LEAST_TASK = 40_000;

    private static final int BAND = 0;
    private static final int SUMS = 1;
    private static final int STAGING = 3;
    private static final int OWN_PANEL = 4;
    /** With so few bands, a worker does better to pack the panels that it uses for itself than to read what others have packed. */
    private static final int FEW_BANDS = 8;

    /** Brings a panel of the weights to a buffer. */
    @FunctionalInterface
    interface PanelPacker {
        void pack(int panel, float[] target, int at, int worker);
    }

    private final Windows windows;
    private final PanelLayout layout;
    private final int outPictureH;
    private final int outPictureW;
    private final int firstH;
    private final int stepH;
    private final int firstW;
    private final int stepW;

    /** Whether {@link ShortTiles} write straight to the result. */
    private final boolean direct;
    /** For results of few channels; null for others. */
    private final PixelRows pixelRows;
    /** Packs panels where {@link #packsOwnPanels}, else null. */
    private PanelPacker packer;
    private int plannedFor;
    private int panelGroups;
    private int groupPanels;

    private WorkerPool pool;
    private MemorySegment source;
    private long sourceOffset;
    private float[] weights;
    private int weightsAt;
    private MemorySegment target;
    private long targetOffset;
    private TileEpilogue epilogue;
    /** Whether this run is one of the process's first. */
    private boolean plain;

    Correlation(Windows windows, int columns, int outPictureH, int outPictureW, int firstH, int stepH, int firstW, int stepW) {
        this.windows = windows;
        this.layout = PanelLayout.of(columns);
        this.outPictureH = outPictureH;
        this.outPictureW = outPictureW;
        this.firstH = firstH;
        this.stepH = stepH;
        this.firstW = firstW;
        this.stepW = stepW;
        boolean wholeRows = stepH == 1 && stepW == 1 && firstW == 0 && windows.outW == outPictureW;
        boolean wholePictures = windows.bandPictures == 1 || firstH == 0 && windows.outH == outPictureH;
        direct = windows.runs == 1 && windows.runLength <= ShortTiles.MOST_STEPS && wholeRows && wholePictures
                && columns > 0 && columns % (ShortTiles.VECTORS * Lanes.COUNT) == 0 && layout.panelVectors() == ShortTiles.VECTORS;
        pixelRows = PixelRows.of(windows, columns);
    }

    /** Pixels in a band, of whose results each is {@code columns} elements. */
    static int bandPixels(int columns) {
        return columns == PixelTiles.CHANNELS ? BAND_PIXELS_TURNED : BAND_PIXELS;
    }

    PanelLayout layout() {
        return layout;
    }

    Windows windows() {
        return windows;
    }

    /** Whether each task is to pack its panel of the weights: then {@link #run} is not given packed ones. */
    boolean packsOwnPanels(int workers) {
        return windows.bands() <= FEW_BANDS && workers > 1 && layout.panels() >= workers && !direct && pixelRows == null;
    }

    /** @param packer of weights for a pool for which {@link #packsOwnPanels} */
    void run(WorkerPool pool, MemorySegment source, long sourceOffset, PanelPacker packer,
            MemorySegment target, long targetOffset, TileEpilogue epilogue) {
        this.packer = packer;
        run(pool, source, sourceOffset, null, 0, target, targetOffset, epilogue);
        this.packer = null;
    }

    void run(WorkerPool pool, MemorySegment source, long sourceOffset, float[] weights, int weightsAt,
            MemorySegment target, long targetOffset, TileEpilogue epilogue) {
        this.pool = pool;
        this.source = source;
        this.sourceOffset = sourceOffset;
        this.weights = weights;
        this.weightsAt = weightsAt;
        this.target = target;
        this.targetOffset = targetOffset;
        this.epilogue = epilogue;
        plain = PlainTiles.take((long) windows.n * windows.outH * windows.outW * layout.paddedColumns() * windows.depth());
        if (plannedFor != pool.size()) {
            divide(pool.size());
        }
        pool.run(packer != null ? layout.panels() : Math.multiplyExact(windows.bands(), panelGroups), this);
        this.source = null;
        this.weights = null;
        this.target = null;
        this.epilogue = null;
    }

    /** Splits the columns too when there are not bands enough to keep {@code workers} busy. */
    private void divide(int workers) {
        long work = (long) windows.n * windows.outH * windows.outW * layout.paddedColumns() * Math.max(windows.depth(), 1);
        long wanted = workers == 1 ? 1 : Math.clamp(work / LEAST_TASK, 1, 3L * workers);
        int groups = Math.clamp((wanted + windows.bands() - 1) / Math.max(windows.bands(), 1), 1, layout.panels());
        groupPanels = (layout.panels() + groups - 1) / groups;
        panelGroups = (layout.panels() + groupPanels - 1) / groupPanels;
        plannedFor = workers;
    }

    /** Computes one group of panels for one band of pixels, or a panel that it packs itself for all. */
    @Override
    public void run(int task, int worker) {
        if (packer != null) {
            long floats = (long) windows.depth() * layout.vectorsOf(task) * Lanes.COUNT;
            float[] own = pool.scratch(worker, OWN_PANEL, WorkerPool.ALIGNED + floats);
            packer.pack(task, own, WorkerPool.ALIGNED, worker);
            for (int band = 0; band < windows.bands(); band++) {
                compute(band, task, task + 1, own, WorkerPool.ALIGNED - windows.depth() * layout.column(task), worker);
            }
            return;
        }
        int fromPanel = task % panelGroups * groupPanels;
        compute(task / panelGroups, fromPanel, Math.min(layout.panels(), fromPanel + groupPanels), weights, weightsAt, worker);
    }

    /** @param weightsAt where the first panel's weights would lie */
    private void compute(int band, int fromPanel, int toPanel, float[] weights, int weightsAt, int worker) {
        int pixels = windows.pixels(band);
        if (direct && !plain && pixels >= ShortTiles.ROWS) {
            runDirectly(band, fromPanel, toPanel, pixels, worker);
            return;
        }
        if (pixelRows != null && !plain) {
            runByPixels(band, pixels, worker);
            return;
        }
        int tileRows = Lanes.wholeTiles(pixels);
        int firstColumn = layout.column(fromPanel);
        int stride = Math.min(layout.column(toPanel), layout.paddedColumns()) - firstColumn;
        float[] rows = pool.scratch(worker, BAND, WorkerPool.ALIGNED + windows.bandFloats());
        float[] sums = pool.scratch(worker, SUMS, WorkerPool.ALIGNED + (long) tileRows * stride);
        float[] staging = pool.scratch(worker, STAGING, windows.stagingFloats());
        windows.load(band, 0, windows.loadRows(band), source, sourceOffset, rows, WorkerPool.ALIGNED, staging);
        Arrays.fill(sums, WorkerPool.ALIGNED, WorkerPool.ALIGNED + tileRows * stride, 0f);
        int depth = windows.depth();
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int vectors = layout.vectorsOf(panel);
            int right = weightsAt + depth * layout.column(panel);
            int sum = WorkerPool.ALIGNED + layout.column(panel) - firstColumn;
            for (int i = 0, height; i < tileRows; i += height) {
                height = Lanes.tileHeight(tileRows - i);
                if (plain) {
                    PlainTiles.accumulate(height, vectors * Lanes.COUNT, rows, WorkerPool.ALIGNED, windows.starts, i,
                            windows.runs, windows.runStride, windows.runLength, weights, right, sums, sum + i * stride, stride);
                } else {
                    RowTiles.accumulate(height, vectors, rows, WorkerPool.ALIGNED, windows.starts, i,
                            windows.runs, windows.runStride, windows.runLength, weights, right, sums, sum + i * stride, stride);
                }
            }
        }
        store(band, sums, stride, firstColumn, Math.min(stride, layout.columns() - firstColumn), worker);
    }

    private void runDirectly(int band, int fromPanel, int toPanel, int pixels, int worker) {
        float[] rows = pool.scratch(worker, BAND, WorkerPool.ALIGNED + windows.bandFloats());
        windows.load(band, 0, windows.loadRows(band), source, sourceOffset, rows, WorkerPool.ALIGNED,
                pool.scratch(worker, STAGING, windows.stagingFloats()));
        int columns = layout.columns();
        int outPicture = windows.firstPicture(band);
        int firstPixel = (firstH + windows.firstRow(band)) * outPictureW;
        long first = targetOffset + ((long) outPicture * outPictureH * outPictureW + firstPixel) * columns;
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int right = weightsAt + windows.depth() * layout.column(panel);
            long element = first + layout.column(panel);
            for (int i = 0; i < pixels; i += ShortTiles.ROWS) {
                // The last tile begins early rather than end late, and writes some results once more.
                int row = Math.min(i, pixels - ShortTiles.ROWS);
                ShortTiles.store(rows, WorkerPool.ALIGNED, windows.starts, row, windows.runLength, weights, right,
                        target, element + (long) row * columns << 2, 4L * columns);
            }
        }
        int firstColumn = layout.column(fromPanel);
        int width = layout.column(toPanel) - firstColumn;
        for (int i = 0; epilogue != null && i < pixels; i++) {
            int pixel = firstPixel + i;
            int whole = outPictureH * outPictureW;
            epilogue.apply(outPicture + pixel / whole, pixel % whole, firstColumn, width, worker);
        }
    }

    private void runByPixels(int band, int pixels, int worker) {
        float[] rows = pool.scratch(worker, BAND, WorkerPool.ALIGNED + pixelRows.bandFloats());
        float[] sums = pool.scratch(worker, SUMS, WorkerPool.ALIGNED + (long) pixels * PixelTiles.CHANNELS);
        float[] staging = pool.scratch(worker, STAGING, PixelRows.stagingFloats());
        pixelRows.load(band, source, sourceOffset, rows, WorkerPool.ALIGNED, staging);
        pixelRows.multiply(band, rows, WorkerPool.ALIGNED, weights, weightsAt, sums, WorkerPool.ALIGNED, staging);
        store(band, sums, PixelTiles.CHANNELS, 0, PixelTiles.CHANNELS, worker);
    }

    private void store(int band, float[] sums, int stride, int firstColumn, int columns, int worker) {
        int rows = windows.rows(band);
        int at = WorkerPool.ALIGNED;
        boolean consecutive = stepH == 1 && stepW == 1 && columns == layout.columns() && windows.outW == outPictureW;
        int bandPictures = windows.pictures(band);
        for (int picture = 0; picture < bandPictures; picture++) {
            int outPicture = windows.firstPicture(band) + picture;
            // Up to here all elements are this task's own, so what a store spills over, the next one overwrites.
            long limit = !consecutive ? 0 : targetOffset + ((long) outPicture * outPictureH * outPictureW
                    + (firstH + windows.firstRow(band) + rows) * outPictureW) * layout.columns();
            boolean block = consecutive && stride == columns;
            if (block) {
                int pixel = (firstH + windows.firstRow(band)) * outPictureW + firstW;
                long element = targetOffset + ((long) outPicture * outPictureH * outPictureW + pixel) * columns;
                MemorySegment.copy(sums, at, target, ValueLayout.JAVA_FLOAT_UNALIGNED, element << 2, rows * windows.outW * stride);
                if (epilogue == null) {
                    at += rows * windows.outW * stride;
                    continue;
                }
            }
            for (int i = 0; i < rows; i++) {
                int y = firstH + (windows.firstRow(band) + i) * stepH;
                for (int j = 0; j < windows.outW; j++, at += stride) {
                    int pixel = y * outPictureW + firstW + j * stepW;
                    long element = targetOffset
                            + ((long) outPicture * outPictureH * outPictureW + pixel) * layout.columns() + firstColumn;
                    if (!block) {
                        Packing.storeAhead(sums, at, target, element, columns, limit);
                    }
                    if (epilogue != null) {
                        epilogue.apply(outPicture, pixel, firstColumn, columns, worker);
                    }
                }
            }
        }
    }
}
