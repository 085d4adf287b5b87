package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.junit.jupiter.api.Test;

class WhiteningTest {
    /** Features that vary in three directions, by variances of the order of 1, 0.01 and 0.0001, around zero. */
    private static DMatrixRMaj features(int examples, int width) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        DMatrixRMaj mixing = new DMatrixRMaj(3, width);
        for (int i = 0; i < mixing.data.length; i++) {
            mixing.data[i] = random.nextGaussian();
        }
        DMatrixRMaj causes = new DMatrixRMaj(examples, 3);
        for (int i = 0; i < examples; i++) {
            for (int c = 0; c < 3; c++) {
                causes.set(i, c, random.nextGaussian() * Math.pow(0.1, c));
            }
        }
        for (int c = 0; c < 3; c++) {
            double mean = CommonOps_DDRM.elementSum(CommonOps_DDRM.extractColumn(causes, c, null)) / examples;
            for (int i = 0; i < examples; i++) {
                causes.add(i, c, -mean);
            }
        }
        DMatrixRMaj features = new DMatrixRMaj(examples, width);
        CommonOps_DDRM.mult(causes, mixing, features);
        return features;
    }

    private static DMatrixRMaj covariance(DMatrixRMaj rows) {
        DMatrixRMaj covariance = new DMatrixRMaj(rows.numCols, rows.numCols);
        CommonOps_DDRM.multTransA(1.0 / rows.numRows, rows, rows, covariance);
        return covariance;
    }

    /** Along the principal directions, the greatest first. */
    private static double[] variances(DMatrixRMaj rows) {
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(rows.numCols, false, true);
        assertTrue(eigen.decompose(covariance(rows)));
        return IntStream.range(0, rows.numCols).mapToDouble(i -> -eigen.getEigenvalue(i).real).sorted().map(v -> -v).toArray();
    }

    private static void assertWhite(int examples, int width) {
        DMatrixRMaj features = features(examples, width);
        DMatrixRMaj white = new DMatrixRMaj(examples, 5);
        CommonOps_DDRM.mult(features, new DMatrixRMaj(width, 5, true, Whitening.components(features, 5)), white);
        DMatrixRMaj covariance = covariance(white);
        double[] variances = new double[5];
        for (int i = 0; i < 5; i++) {
            variances[i] = covariance.get(i, i);
            for (int j = 0; j < i; j++) {
                assertEquals(0, covariance.get(i, j), 1e-9, i + ", " + j);
            }
        }
        double[] before = variances(features);
        for (int i = 0; i < 3; i++) {
            assertEquals(before[i] / (before[i] + Whitening.FLOOR * before[0]), variances[i], 1e-6);
        }
        assertEquals(0, variances[3], 1e-9);
        assertEquals(0, variances[4], 1e-9);
    }

    @Test
    void componentsHaveAlikeVariancesAndNothingInCommon() {
        assertWhite(60, 8);
    }

    @Test
    void thereMayBeMoreFeaturesThanExamples() {
        assertWhite(20, 50);
    }

    @Test
    void featuresThatNeverVaryGiveNothing() {
        for (double value : Whitening.components(new DMatrixRMaj(10, 4), 3)) {
            assertEquals(0, value);
        }
    }
}
