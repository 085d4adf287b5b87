package dev.t2i.backend.vector;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The gradient of a convolution by its weights for {@link PatchTiles}: pictures of few channels, as a discriminator's first layer reads them.
 *
 * <p>A task is one vector of dy's channels over all pixels of all pictures, in order. Every task brings the pictures to a buffer for itself: they are
 * small beside dy, and so no worker waits for another.
 */
final class PatchGradient implements WorkerPool.Task {
    /** Heap elements in a band of pictures, which then stay in L1 beside the tile. */
    private static final int BAND_FLOATS = 4096;

    private static final int PICTURES = 0;
    private static final int SUMS = 2;

    private final ConvolutionShape shape;
    private final Windows windows;

    private WorkerPool pool;
    private MemorySegment x;
    private long offsetX;
    private MemorySegment dy;
    private long offsetDy;
    private MemorySegment dw;
    private long offsetDw;

    private PatchGradient(ConvolutionShape shape) {
        this.shape = shape;
        windows = Windows.inPlace(shape, BAND_FLOATS / (shape.cin() * shape.strideH() * shape.strideW()));
    }

    /** For this shape, or null where other tiles do better. */
    static PatchGradient of(ConvolutionShape shape) {
        boolean fits = PatchTiles.fit() && shape.kh() == PatchTiles.RUNS && shape.kw() * shape.cin() == PatchTiles.RUN_LENGTH
                && shape.cout() > 0 && shape.cout() % Lanes.COUNT == 0;
        return fits ? new PatchGradient(shape) : null;
    }

    /** Whether there is work for so many workers. */
    boolean occupies(int workers) {
        return shape.cout() / Lanes.COUNT >= workers;
    }

    void run(WorkerPool pool, MemorySegment x, long offsetX, MemorySegment dy, long offsetDy, MemorySegment dw, long offsetDw) {
        this.pool = pool;
        this.x = x;
        this.dy = dy;
        this.dw = dw;
        this.offsetX = offsetX;
        this.offsetDy = offsetDy;
        this.offsetDw = offsetDw;
        pool.run(shape.cout() / Lanes.COUNT, this);
        this.x = null;
        this.dy = null;
        this.dw = null;
    }

    @Override
    public void run(int task, int worker) {
        float[] pictures = pool.scratch(worker, PICTURES, WorkerPool.ALIGNED + windows.bandFloats());
        float[] sums = pool.scratch(worker, SUMS, WorkerPool.ALIGNED + PatchTiles.SIZE);
        Arrays.fill(sums, WorkerPool.ALIGNED, WorkerPool.ALIGNED + PatchTiles.SIZE, 0f);
        long dyStep = 4L * shape.cout();
        int column = task * Lanes.COUNT;
        for (int band = 0; band < windows.bands(); band++) {
            windows.load(band, 0, windows.loadRows(band), x, offsetX, pictures, WorkerPool.ALIGNED, null);
            long pixel = ((long) windows.firstPicture(band) * windows.outH + windows.firstRow(band)) * windows.outW;
            for (int row = 0; row < windows.pictures(band) * windows.rows(band); row++) {
                PatchTiles.accumulate(pictures, WorkerPool.ALIGNED + windows.starts[row * windows.outW], shape.strideW() * shape.cin(),
                        windows.runStride, dy, offsetDy + (pixel + (long) row * windows.outW) * shape.cout() + column << 2, dyStep,
                        windows.outW, sums, WorkerPool.ALIGNED);
            }
        }
        for (int i = 0; i < PatchTiles.RUNS * PatchTiles.RUN_LENGTH; i++) {
            Packing.store(sums, WorkerPool.ALIGNED + i * Lanes.COUNT, dw, offsetDw + (long) i * shape.cout() + column, Lanes.COUNT);
        }
    }
}
