package dev.t2i.backend.vector;

import dev.t2i.tensor.DType;

/**
 * Makes the plans of a session's matrix products. This is the one place where kernels other than the Vector API's come in;
 * all else of a graph stays as it is.
 */
@FunctionalInterface
public interface Products extends AutoCloseable {
    /** The Vector API's: {@link Gemm}. */
    Products VECTOR = Gemm::new;

    /**
     * A plan for {@code C[b] = op(A[b]) op(B[b])}, where the matrices of a batch lie one after the other.
     *
     * @param transA whether A lies as [k, m], rather than [m, k]
     * @param transB whether B lies as [n, k], rather than [k, n]
     * @param typeA  F32, F16 or BF16, as {@code typeB}
     */
    Product plan(int batch, int m, int n, int k, boolean transA, boolean transB, DType typeA, DType typeB);

    /** Frees what the plans share; they do not run again. */
    @Override
    default void close() {}
}
