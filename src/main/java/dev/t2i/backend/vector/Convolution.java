package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Two-dimensional convolution of F32 pictures, and its gradients, for one {@link ConvolutionShape}.
 *
 * <p>Every result is one chain of fused multiply-adds starting from 0, in a fixed order: forward over (kh, kw, cin)
 * ascending; the input gradient over the rows and columns of dy ascending, then cout (so kh and kw descend); the weight
 * gradient over (n, outH, outW) ascending. Steps that meet padding add a product with 0. No result depends on threads,
 * batch size, tiles or vector width.
 *
 * <p>A plan is made once and run often; running allocates nothing once the pool's buffers have grown. It holds the
 * operands of the current run, so one plan serves one run at a time.
 */
public final class Convolution {
    private static final int WEIGHTS = 0;

    private final ConvolutionShape shape;
    private final Correlation forward;
    private final InputGradient inputGradient;
    private final WeightGradient weightGradient;

    private WorkerPool pool;
    private MemorySegment weights;
    private long weightsOffset;
    private float[] packed;
    private final WorkerPool.Task packWeights = this::packWeights;
    private final Correlation.PanelPacker packer = this::packPanel;

    public Convolution(ConvolutionShape shape) {
        this.shape = shape;
        Windows windows = new Windows(shape.n(), shape.h(), shape.w(), shape.cin(), shape.kh(), shape.kw(),
                shape.strideH(), shape.strideW(), shape.padTop(), shape.padLeft(), shape.outH(), shape.outW(), Correlation.bandPixels(shape.cout()));
        forward = new Correlation(windows, shape.cout(), shape.outH(), shape.outW(), 0, 1, 0, 1);
        inputGradient = new InputGradient(shape);
        weightGradient = new WeightGradient(shape);
    }

    public ConvolutionShape shape() {
        return shape;
    }

    /**
     * y = conv(x, w): x [n, h, w, cin], weights [kh, kw, cin, cout], y [n, outH, outW, cout]. Offsets count elements.
     *
     * @param epilogue called for each finished piece of y, or null
     */
    public void forward(WorkerPool pool, MemorySegment x, long offsetX, MemorySegment weights, long offsetWeights,
            MemorySegment y, long offsetY, TileEpilogue epilogue) {
        if (shape.n() == 0 || shape.cout() == 0) {
            return;
        }
        this.pool = pool;
        this.weights = weights;
        this.weightsOffset = offsetWeights;
        if (forward.packsOwnPanels(pool.size())) {
            forward.run(pool, x, offsetX, packer, y, offsetY, epilogue);
            this.weights = null;
            return;
        }
        int depth = forward.windows().depth();
        packed = pool.shared(WEIGHTS, WorkerPool.ALIGNED + (long) depth * forward.layout().paddedColumns());
        pool.run(forward.layout().panels(), packWeights);
        this.weights = null;
        forward.run(pool, x, offsetX, packed, WorkerPool.ALIGNED, y, offsetY, epilogue);
    }

    private void packWeights(int panel, int worker) {
        packPanel(panel, packed, WorkerPool.ALIGNED + forward.windows().depth() * forward.layout().column(panel), worker);
    }

    private void packPanel(int panel, float[] target, int at, int worker) {
        Packing.pack(weights, DType.F32, weightsOffset, shape.cout(), forward.windows().depth(), forward.layout(), panel, panel + 1, target, at);
    }

    /**
     * dx, the gradient by x: dy [n, outH, outW, cout], weights [kh, kw, cin, cout], dx [n, h, w, cin].
     * This is also the transposed convolution of dy.
     *
     * @param epilogue called for each finished piece of dx, or null
     */
    public void inputGrad(WorkerPool pool, MemorySegment dy, long offsetDy, MemorySegment weights, long offsetWeights,
            MemorySegment dx, long offsetDx, TileEpilogue epilogue) {
        inputGradient.run(pool, dy, offsetDy, weights, offsetWeights, dx, offsetDx, epilogue);
    }

    /** dw, the gradient by the weights: x [n, h, w, cin], dy [n, outH, outW, cout], dw [kh, kw, cin, cout]. */
    public void weightGrad(WorkerPool pool, MemorySegment x, long offsetX, MemorySegment dy, long offsetDy,
            MemorySegment dw, long offsetDw) {
        weightGradient.run(pool, x, offsetX, dy, offsetDy, dw, offsetDw);
    }
}
