package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadInputException;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Distances against NumPy's, see {@code src/test/python/metric_fixtures.py}. */
class DistanceTest {
    private static final Weights FIXTURE = SafetensorsFile.open(Path.of("src/test/resources/metric/distances.safetensors"), Arena.ofAuto());

    private static FeatureSet set(String name) {
        Tensor tensor = FIXTURE.tensor(name);
        int width = tensor.shape().dim(1);
        float[] all = tensor.toFloatArray();
        float[][] vectors = new float[tensor.shape().dim(0)][];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = Arrays.copyOfRange(all, i * width, (i + 1) * width);
        }
        return new FeatureSet("fixture", vectors);
    }

    @ParameterizedTest
    @CsvSource({"a,b", "a,flat", "flat,b", "a,a", "wide1,wide2", "few1,few2"})
    void frechetAgreesWithNumPy(String first, String second) {
        double expected = FIXTURE.tensor("frechet/" + first + "/" + second).getDouble(0);
        assertEquals(expected, FrechetDistance.between(set(first), set(second)), 1e-6 * Math.max(1, expected));
    }

    @Test
    void frechetIsSymmetric() {
        assertEquals(FrechetDistance.between(set("a"), set("flat")), FrechetDistance.between(set("flat"), set("a")), 1e-6);
    }

    @Test
    void frechetOfShiftedSetsIsTheSquaredShift() {
        float[][] vectors = set("a").vectors();
        float[][] shifted = Arrays.stream(vectors).map(float[]::clone).toArray(float[][]::new);
        for (float[] vector : shifted) {
            vector[3] += 2;
        }
        assertEquals(4, FrechetDistance.between(new FeatureSet("n", vectors), new FeatureSet("n", shifted)), 1e-5);
    }

    /** Equal pictures have features that are equal up to rounding; their covariance is nothing else. */
    @ParameterizedTest
    @ValueSource(floats = {0, 1e-22f, 1e-7f})
    void frechetOfUniformSetsIsTheirDistance(float rounding) {
        int width = 96;
        CounterRandom random = new CounterRandom(1, 2, 0);
        float[][] one = new float[200][width];
        float[][] other = new float[200][width];
        for (int i = 0; i < one.length * width; i++) {
            one[i / width][i % width] = (float) random.uniform(i % width) + rounding * (float) random.uniform(width + i);
            other[i / width][i % width] = one[i / width][i % width] + (i % width == 0 ? 3 : 0);
        }
        assertEquals(9, FrechetDistance.between(new FeatureSet("n", one), new FeatureSet("n", other)), 1e-5);
    }

    @ParameterizedTest
    @CsvSource({"a,b", "a,flat", "flat,b", "a,a", "wide1,wide2", "few1,few2"})
    void discrepancyAgreesWithNumPy(String first, String second) {
        FeatureSet a = set(first);
        FeatureSet b = set(second);
        int n = Math.min(a.count(), b.count());
        double expected = FIXTURE.tensor("kernel/" + first + "/" + second).getDouble(0);
        assertEquals(expected, KernelDistance.squaredDiscrepancy(Arrays.copyOf(a.vectors(), n), Arrays.copyOf(b.vectors(), n)), 1e-6 * Math.abs(expected));
    }

    @ParameterizedTest
    @CsvSource({"a,b", "a,flat", "flat,b", "a,a", "wide1,wide2", "few1,few2"})
    void precisionAndRecallAgreeWithNumPy(String drawn, String real) {
        Tensor expected = FIXTURE.tensor("manifolds/" + drawn + "/" + real);
        PrecisionRecall measured = PrecisionRecall.of(set(drawn), set(real));
        assertEquals(expected.getDouble(0), measured.precision().value(), 1e-12);
        assertEquals(expected.getDouble(1), measured.recall().value(), 1e-12);
        assertEquals(expected.getDouble(2), measured.density(), 1e-12);
        assertEquals(expected.getDouble(3), measured.coverage().value(), 1e-12);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void inceptionScoreAgreesWithSciPy(int splits) {
        Tensor expected = FIXTURE.tensor("inception/" + splits);
        InceptionScore.Value value = InceptionScore.of(set("probabilities").vectors(), splits);
        assertEquals(expected.getDouble(0), value.mean(), 1e-6 * expected.getDouble(0));
        assertEquals(expected.getDouble(1), value.standardDeviation(), 1e-6 * expected.getDouble(0));
    }

    @Test
    void diversityAgreesWithNumPy() {
        List<float[][]> groups = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            groups.add(Arrays.copyOfRange(set("a").vectors(), 9 * i, 9 * (i + 1)));
        }
        Diversity diversity = Diversity.of(groups);
        assertEquals(FIXTURE.tensor("diversity").getDouble(0), diversity.mean(), 1e-6 * diversity.mean());
        assertEquals(FIXTURE.tensor("diversity").getDouble(1), diversity.error(), 1e-6 * diversity.mean());
        float[][] same = {{1, 2}, {1, 2}, {1, 2}};
        assertEquals(0, Diversity.of(List.of(same, same)).mean());
    }

    @Test
    void keepingTheKernelOfAllPairsIsAMatterOfMemoryAlone() {
        FeatureSet a = normal(60, 0);
        FeatureSet b = normal(50, 1);
        KernelDistance.Value kept = KernelDistance.between(a, b, 30, 20, 5, 60);
        KernelDistance.Value computed = KernelDistance.between(a, b, 30, 20, 5, 59);
        assertEquals(computed.mean(), kept.mean(), 1e-12);
        assertEquals(computed.standardDeviation(), kept.standardDeviation(), 1e-12);
    }

    @Test
    void aCaptionIsFoundAmongThoseThatDoNotFit() {
        int n = 150;
        float[][] texts = normal(n, 4).vectors();
        assertEquals(1, Retrieval.precision(texts, texts, (_, _) -> false, 1).value());
        float[][] others = normal(n, 5).vectors();
        assertEquals(0.01, Retrieval.precision(others, texts, (_, _) -> false, 1).value(), 0.03);
        // Captions that are true of the picture as well are no distractors.
        float[][] twice = Arrays.copyOf(texts, 2 * n);
        System.arraycopy(texts, 0, twice, n, n);
        assertEquals(1, Retrieval.precision(texts, twice, (i, j) -> j % n == i % n, 1).value());
        assertTrue(Retrieval.precision(texts, twice, (_, _) -> false, 1).value() < 0.9);
        assertThrows(BadInputException.class, () -> Retrieval.precision(texts, Arrays.copyOf(texts, 99), (_, _) -> false, 1));
        assertEquals(1, Retrieval.overWrong(texts, texts, others).value());
    }

    @Test
    void kernelDistanceOfOneDistributionIsZeroOnAverage() {
        KernelDistance.Value value = KernelDistance.between(normal(400, 0), normal(400, 1), 40, 100, 7);
        assertEquals(0, value.mean(), 0.02);
        assertTrue(value.standardDeviation() > 0);
        assertEquals(value, KernelDistance.between(normal(400, 0), normal(400, 1), 40, 100, 7));
    }

    private static FeatureSet normal(int count, int stream) {
        CounterRandom random = new CounterRandom(3, stream, 0);
        float[][] vectors = new float[count][8];
        for (int i = 0; i < count * 8; i++) {
            vectors[i / 8][i % 8] = random.normal(i);
        }
        return new FeatureSet("normal", vectors);
    }

    @Test
    void featuresOfDifferentNetworksAreNotCompared() {
        FeatureSet other = new FeatureSet("another", set("b").vectors());
        assertThrows(BadInputException.class, () -> FrechetDistance.between(set("a"), other));
        assertThrows(BadInputException.class, () -> KernelDistance.between(set("a"), other, 0));
    }

    @Test
    void statisticsTravelThroughAFile(@TempDir Path folder) {
        FeatureStatistics statistics = set("a").statistics();
        statistics.write(folder.resolve("s.safetensors"));
        FeatureStatistics read = FeatureStatistics.read(folder.resolve("s.safetensors"));
        assertEquals("fixture", read.network());
        assertEquals(90, read.count());
        assertArrayEquals(statistics.mean(), read.mean());
        assertArrayEquals(statistics.covariance(), read.covariance());
        assertThrows(BadInputException.class,
                () -> FeatureStatistics.read(Path.of("src/test/resources/metric/distances.safetensors")));
    }
}
