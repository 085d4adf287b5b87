package dev.t2i.backend.vector;

import dev.t2i.graph.Op;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;
import java.util.List;

/** A convolution or one of its adjoints, with its epilogue. */
final class ConvolutionStep implements Step {
    private enum Kind { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT }

    private final Kind kind;
    private final Convolution convolution;
    private final Buffer first;
    private final Buffer second;
    private final Buffer out;
    private final ProductEpilogue epilogue;

    private ConvolutionStep(Kind kind, ConvolutionShape shape, Buffer first, Buffer second, Buffer out,
            Op.Epilogue epilogue, List<Buffer> further) {
        this.kind = kind;
        this.convolution = new Convolution(shape);
        this.first = first;
        this.second = second;
        this.out = out;
        Shape result = out.type().shape();
        this.epilogue = epilogue.isNone() ? null
                : new ProductEpilogue(epilogue, further, result, out, (long) result.dim(1) * result.dim(2));
    }

    /** @param x pictures and {@code weights}, both F32 */
    static ConvolutionStep forward(Op.Conv2d op, Buffer x, Buffer weights, List<Buffer> further, Buffer out) {
        return new ConvolutionStep(Kind.FORWARD, shape(op.window(), x.type().shape(), weights.type().shape()),
                x, weights, out, op.epilogue(), further);
    }

    static ConvolutionStep inputGradient(Op.Conv2dInputGradient op, Buffer dy, Buffer weights, List<Buffer> further, Buffer out) {
        return new ConvolutionStep(Kind.INPUT_GRADIENT, shape(op.window(), out.type().shape(), weights.type().shape()),
                dy, weights, out, op.epilogue(), further);
    }

    static ConvolutionStep weightGradient(Op.Conv2dWeightGradient op, Buffer x, Buffer dy, Buffer out) {
        return new ConvolutionStep(Kind.WEIGHT_GRADIENT, shape(op.window(), x.type().shape(), out.type().shape()),
                x, dy, out, Op.Epilogue.NONE, List.of());
    }

    private static ConvolutionShape shape(Window window, Shape x, Shape weights) {
        return new ConvolutionShape(x.dim(0), x.dim(1), x.dim(2), x.dim(3), weights.dim(3), weights.dim(0), weights.dim(1),
                window.strideH(), window.strideW(), window.padTop(), window.padLeft(), window.padBottom(), window.padRight());
    }

    @Override
    public void demand(Workspace.Demand demand) {
        if (epilogue != null) {
            epilogue.demand(demand);
        }
    }

    @Override
    public void run(Workers workers) {
        if (epilogue != null) {
            epilogue.begin(workers);
        }
        switch (kind) {
            case FORWARD -> convolution.forward(workers.pool(), first.segment(), 0, second.segment(), 0, out.segment(), 0, epilogue);
            case INPUT_GRADIENT -> convolution.inputGrad(workers.pool(), first.segment(), 0, second.segment(), 0, out.segment(), 0, epilogue);
            case WEIGHT_GRADIENT -> convolution.weightGrad(workers.pool(), first.segment(), 0, second.segment(), 0, out.segment(), 0);
        }
        if (epilogue != null) {
            epilogue.finish();
        }
    }
}
