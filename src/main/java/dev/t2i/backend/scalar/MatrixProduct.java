package dev.t2i.backend.scalar;

import dev.t2i.graph.Op;

/** {@code out[.., i, j] = Σₖ a[.., i, k] · b[.., k, j]}, either operand's last two axes swapped. */
final class MatrixProduct {
    private MatrixProduct() {}

    static void matMul(Op.MatMul op, Buffer a, Buffer b, Buffer out) {
        int m = out.dim(-2);
        int n = out.dim(-1);
        int k = a.dim(op.transposeA() ? -2 : -1);
        int batches = m * n == 0 ? 0 : out.values().length / (m * n);
        for (int batch = 0; batch < batches; batch++) {
            int a0 = batch * m * k;
            int b0 = batch * k * n;
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += a.values()[a0 + (op.transposeA() ? p * m + i : i * k + p)]
                                * b.values()[b0 + (op.transposeB() ? j * k + p : p * n + j)];
                    }
                    out.values()[batch * m * n + i * n + j] = sum;
                }
            }
        }
    }
}
