package dev.t2i.backend.nativelib;

import dev.t2i.backend.vector.Gemm;
import dev.t2i.backend.vector.Product;
import dev.t2i.backend.vector.Products;
import dev.t2i.tensor.DType;
import java.lang.foreign.Arena;

/**
 * Plans for the C kernels. They read F32 and BF16, transposed or not; products with an F16 operand, and those over nothing
 * ({@code k} = 0), are the vector backend's {@link Gemm}.
 */
final class NativeProducts implements Products {
    private final InstructionSet set;
    private final Arena arena = Arena.ofShared();
    private final Scratch scratch = new Scratch();

    NativeProducts(InstructionSet set) {
        this.set = set;
    }

    @Override
    public Product plan(int batch, int m, int n, int k, boolean transA, boolean transB, DType typeA, DType typeB) {
        boolean readable = isReadable(typeA) && isReadable(typeB);
        return readable && k > 0 && batch >= 0 && m >= 0 && n >= 0
                ? new NativeProduct(set, arena, scratch, batch, m, n, k, transA, transB, typeA, typeB)
                : new Gemm(batch, m, n, k, transA, transB, typeA, typeB);
    }

    private static boolean isReadable(DType type) {
        return type == DType.F32 || type == DType.BF16;
    }

    @Override
    public void close() {
        scratch.close();
        arena.close();
    }
}
