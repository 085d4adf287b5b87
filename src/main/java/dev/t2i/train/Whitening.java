package dev.t2i.train;

import dev.t2i.error.BadInputException;
import java.util.Arrays;
import java.util.Comparator;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Principal components of features with their variances made alike, found from examples. Components come from the examples' Gram matrix, so
 * that a vocabulary of any size will do.
 */
final class Whitening {
    /**
     * What is added to each variance, as a share of the greatest: directions that hardly vary hold rounding, and what is trained behind
     * them would move by their factor.
     */
    static final double FLOOR = 1e-4;

    private Whitening() {}

    /**
     * The matrix {@code [features, components]}, row by row, which turns a centred example into components of variance one, or less below the floor.
     * Components beyond the rank of the examples are zero.
     *
     * @param centred {@code [examples, features]}, each feature's mean being zero
     */
    static double[] components(DMatrixRMaj centred, int components) {
        int examples = centred.numRows;
        int features = centred.numCols;
        DMatrixRMaj gram = new DMatrixRMaj(examples, examples);
        CommonOps_DDRM.multTransB(1.0 / examples, centred, centred, gram);
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(examples, true, true);
        if (!eigen.decompose(gram)) {
            throw new BadInputException("the scores of the captions have no principal components that converge; is text.encoder a trained model?");
        }
        Integer[] order = new Integer[examples];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> -eigen.getEigenvalue(i).real));
        double greatest = Math.max(1e-12, eigen.getEigenvalue(order[0]).real);
        double[] matrix = new double[features * components];
        DMatrixRMaj direction = new DMatrixRMaj(features, 1);
        for (int c = 0; c < Math.min(components, examples - 1); c++) {
            double variance = eigen.getEigenvalue(order[c]).real;
            if (variance <= 1e-12 * greatest) {
                break;
            }
            // Of length one, when divided by the root of examples times variance.
            CommonOps_DDRM.multTransA(centred, eigen.getEigenVector(order[c]), direction);
            double factor = 1 / Math.sqrt(examples * variance) / Math.sqrt(variance + FLOOR * greatest);
            for (int f = 0; f < features; f++) {
                matrix[f * components + c] = factor * direction.data[f];
            }
        }
        return matrix;
    }
}
