package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The gradient of a convolution by its input.
 *
 * <p>Input pixels whose padded coordinates leave the same remainders modulo the strides have the same taps, so each of the
 * strideH * strideW classes of pixels is a stride-1 {@link Correlation} of dy with its share of the kernel, turned
 * round and with channels transposed. No products with the zeros that a strided convolution skips are computed.
 */
final class InputGradient {
    private static final int WEIGHTS = 0;
    private static final int STAGING = 2;

    private final ConvolutionShape shape;
    private final Phase[] phases;

    private WorkerPool pool;
    private MemorySegment weights;
    private long weightsOffset;
    private float[] packed;
    private Phase phase;
    private final WorkerPool.Task packWeights = this::packWeights;
    private final Correlation.PanelPacker packer = this::packPanel;

    /** The pixels whose padded coordinates are (row, column) modulo the strides, and the taps that reach them. */
    private record Phase(Correlation correlation, int row, int column, int tapsH, int tapsW) {}

    InputGradient(ConvolutionShape shape) {
        this.shape = shape;
        phases = new Phase[shape.strideH() * shape.strideW()];
        for (int i = 0; i < phases.length; i++) {
            phases[i] = phase(shape, i / shape.strideW(), i % shape.strideW());
        }
    }

    private static Phase phase(ConvolutionShape s, int row, int column) {
        // Padded row strideH * q + row gets dy row q - t through tap row + t * strideH.
        int tapsH = Math.ceilDiv(Math.max(0, s.kh() - row), s.strideH());
        int tapsW = Math.ceilDiv(Math.max(0, s.kw() - column), s.strideW());
        int fromH = Math.ceilDiv(s.padTop() - row, s.strideH());
        int fromW = Math.ceilDiv(s.padLeft() - column, s.strideW());
        int rows = Math.floorDiv(s.padTop() + s.h() - 1 - row, s.strideH()) - fromH + 1;
        int columns = Math.floorDiv(s.padLeft() + s.w() - 1 - column, s.strideW()) - fromW + 1;
        if (rows <= 0 || columns <= 0) {
            return null;
        }
        // A phase without taps still has to write its zeros: one tap of zero weights does it.
        boolean empty = tapsH == 0 || tapsW == 0;
        int kh = empty ? 1 : tapsH;
        int kw = empty ? 1 : tapsW;
        Windows windows = new Windows(s.n(), s.outH(), s.outW(), s.cout(), kh, kw, 1, 1,
                kh - 1 - fromH, kw - 1 - fromW, rows, columns, Correlation.bandPixels(s.cin()));
        Correlation correlation = new Correlation(windows, s.cin(), s.h(), s.w(),
                s.strideH() * fromH + row - s.padTop(), s.strideH(), s.strideW() * fromW + column - s.padLeft(), s.strideW());
        return new Phase(correlation, row, column, empty ? 0 : tapsH, empty ? 0 : tapsW);
    }

    void run(WorkerPool pool, MemorySegment dy, long offsetDy, MemorySegment weights, long offsetWeights,
            MemorySegment dx, long offsetDx, TileEpilogue epilogue) {
        if (shape.n() == 0 || shape.cin() == 0) {
            return;
        }
        this.pool = pool;
        this.weights = weights;
        this.weightsOffset = offsetWeights;
        for (Phase each : phases) {
            if (each != null) {
                phase = each;
                Correlation correlation = each.correlation;
                if (correlation.packsOwnPanels(pool.size())) {
                    correlation.run(pool, dy, offsetDy, packer, dx, offsetDx, epilogue);
                    continue;
                }
                int depth = correlation.windows().depth();
                packed = pool.shared(WEIGHTS, WorkerPool.ALIGNED + (long) depth * correlation.layout().paddedColumns());
                pool.run(correlation.layout().panels(), packWeights);
                correlation.run(pool, dy, offsetDy, packed, WorkerPool.ALIGNED, dx, offsetDx, epilogue);
            }
        }
        this.weights = null;
    }

    private void packWeights(int panel, int worker) {
        packPanel(panel, packed, WorkerPool.ALIGNED + phase.correlation.windows().depth() * phase.correlation.layout().column(panel), worker);
    }

    private void packPanel(int panel, float[] target, int panelAt, int worker) {
        PanelLayout layout = phase.correlation.layout();
        int depth = phase.correlation.windows().depth();
        int width = layout.vectorsOf(panel) * Lanes.COUNT;
        if (phase.tapsH == 0) {
            Arrays.fill(target, panelAt, panelAt + depth * width, 0f);
            return;
        }
        float[] staging = pool.scratch(worker, STAGING, WorkerPool.ALIGNED + Transposition.BLOCK);
        int at = panelAt;
        for (int th = phase.tapsH - 1; th >= 0; th--) {
            for (int tw = phase.tapsW - 1; tw >= 0; tw--) {
                long tap = (long) (phase.row + th * shape.strideH()) * shape.kw() + phase.column + tw * shape.strideW();
                long element = weightsOffset + (tap * shape.cin() + layout.column(panel)) * shape.cout();
                Packing.packTransposed(weights, DType.F32, element - (long) layout.column(panel) * shape.cout(), shape.cout(),
                        shape.cout(), layout, panel, panel + 1, target, at, staging, WorkerPool.ALIGNED);
                at += shape.cout() * width;
            }
        }
    }
}
