package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * The Fréchet distance between two sets of pictures (Heusel et al. 2017): between the normal distributions that have the
 * means and covariances of their features, {@code |m1 - m2|² + tr S1 + tr S2 - 2 tr (S1 S2)^½}.
 *
 * <p>The last trace is the sum of the roots of the eigenvalues of {@code S1^½ S2 S1^½}, which is symmetric: no complex
 * numbers, and what rounding makes negative is 0. Use at least as many pictures as features, better ten times as many;
 * values for different numbers of pictures do not compare.
 */
public final class FrechetDistance {
    private FrechetDistance() {}

    public static double between(FeatureSet a, FeatureSet b) {
        return between(a.statistics(), b.statistics());
    }

    /** @throws dev.t2i.error.BadInputException if the features are not those of one network */
    public static double between(FeatureStatistics a, FeatureStatistics b) {
        FeatureSet.requireComparable(a.network(), a.width(), b.network(), b.width());
        int width = a.width();
        double distance = 0;
        for (int i = 0; i < width; i++) {
            double apart = a.mean()[i] - b.mean()[i];
            distance += apart * apart + a.covariance()[i * width + i] + b.covariance()[i * width + i];
        }
        DMatrixRMaj root = root(symmetric(a.covariance(), width));
        DMatrixRMaj half = new DMatrixRMaj(width, width);
        DMatrixRMaj product = new DMatrixRMaj(width, width);
        CommonOps_DDRM.mult(root, symmetric(b.covariance(), width), half);
        CommonOps_DDRM.mult(half, root, product);
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(symmetric(product.data, width), false);
        for (int i = 0; i < width; i++) {
            distance -= 2 * Math.sqrt(Math.max(0, eigen.getEigenvalue(i).real));
        }
        return Math.max(0, distance);
    }

    /** Rounding leaves covariances a little lopsided, which the symmetric solver would not accept. */
    private static DMatrixRMaj symmetric(double[] values, int width) {
        DMatrixRMaj matrix = new DMatrixRMaj(width, width);
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                matrix.set(i, j, (values[i * width + j] + values[j * width + i]) / 2);
            }
        }
        return matrix;
    }

    /** The symmetric square root, by {@code V sqrt(D) Vᵀ}. */
    private static DMatrixRMaj root(DMatrixRMaj matrix) {
        int width = matrix.numRows;
        EigenDecomposition_F64<DMatrixRMaj> eigen = decompose(matrix, true);
        DMatrixRMaj vectors = new DMatrixRMaj(width, width);
        DMatrixRMaj scaled = new DMatrixRMaj(width, width);
        for (int i = 0; i < width; i++) {
            double root = Math.sqrt(Math.max(0, eigen.getEigenvalue(i).real));
            DMatrixRMaj vector = eigen.getEigenVector(i);
            for (int j = 0; j < width; j++) {
                vectors.set(j, i, vector.get(j));
                scaled.set(j, i, vector.get(j) * root);
            }
        }
        DMatrixRMaj result = new DMatrixRMaj(width, width);
        CommonOps_DDRM.multTransB(scaled, vectors, result);
        return result;
    }

    private static EigenDecomposition_F64<DMatrixRMaj> decompose(DMatrixRMaj matrix, boolean vectors) {
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(matrix.numRows, vectors, true);
        if (!eigen.decompose(matrix)) {
            throw new BadInputException("the distance cannot be computed, the eigenvalues of a covariance do not converge; use more pictures, or less uniform ones");
        }
        return eigen;
    }
}
