package dev.t2i.backend.vector;

import dev.t2i.graph.Op;
import dev.t2i.tensor.Shape;
import java.util.List;

/** A batched matrix product with its epilogue. */
final class MatMulStep implements Step {
    /** What a multiply-add of other kernels takes of {@link PlainTiles}' allowance: they are so much faster than plain loops. */
    private static final double AGEING = 1.0 / 16;

    private final Product product;
    /** By how much this product ages the process; {@link Gemm} counts its own work. */
    private final long ageing;
    private final Buffer a;
    private final Buffer b;
    private final Buffer out;
    private final ProductEpilogue epilogue;

    MatMulStep(Op.MatMul op, Buffer a, Buffer b, List<Buffer> further, Buffer out, Products products) {
        this.a = a;
        this.b = b;
        this.out = out;
        Shape shape = out.type().shape();
        Shape left = a.type().shape();
        int batch = 1;
        for (int axis = 0; axis < shape.rank() - 2; axis++) {
            batch = Math.multiplyExact(batch, shape.dim(axis));
        }
        int m = shape.dim(-2);
        int n = shape.dim(-1);
        int k = left.dim(op.transposeA() ? -2 : -1);
        product = products.plan(batch, m, n, k, op.transposeA(), op.transposeB(), a.dtype(), b.dtype());
        ageing = product instanceof Gemm ? 0 : (long) ((double) batch * m * n * k * AGEING);
        epilogue = op.epilogue().isNone() ? null : new ProductEpilogue(op.epilogue(), further, shape, out, m);
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
        if (ageing > 0) {
            PlainTiles.take(ageing);
        }
        product.run(workers.pool(), a.segment(), 0, b.segment(), 0, out.segment(), 0, epilogue);
        if (epilogue != null) {
            epilogue.finish();
        }
    }
}
