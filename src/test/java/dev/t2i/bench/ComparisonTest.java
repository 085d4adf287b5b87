package dev.t2i.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is compared with whom, and how far apart they may be. */
class ComparisonTest {
    private static final Contestant SCALAR = FakeBackends.contestant("scalar");
    private static final Contestant VECTOR = FakeBackends.contestant("vector");
    private static final Contestant NATIVE = FakeBackends.contestant("native");
    private static final Contestant TORNADO = FakeBackends.contestant("tornado");

    private static Comparison.Outcome compare(Work.Kind kind, Map<String, float[]> results, Contestant... contestants) {
        return FakeBackends.compare(FakeBackends.work(kind, results), List.of(contestants));
    }

    @Test
    void plainLoopsAreTheReferenceWhereverTheyStand() {
        Comparison.Outcome outcome = compare(Work.Kind.NUMBERS,
                Map.of("vector", new float[] {1, 0.5f}, "scalar", new float[] {1, 0.6f}, "native", new float[] {1, 0.6f}), VECTOR, SCALAR, NATIVE);
        assertEquals(Optional.of("scalar"), outcome.reference());
        assertEquals(List.of("vector", "scalar", "native"), outcome.measurements().stream().map(Measurement::backend).toList());
        assertEquals(List.of("vector"), outcome.disagreements().stream().map(Measurement::backend).toList());
        String line = outcome.disagreements().getFirst().disagreement();
        assertTrue(line.startsWith("ops, 'a figure': the results of vector differ from those of scalar by up to 1.0e-01"), line);
        assertEquals(Optional.empty(), outcome.limits());
    }

    @Test
    void elseTheFirstBackendIsTheReference() {
        Map<String, float[]> results = Map.of("native", new float[] {1}, "vector", new float[] {1});
        assertEquals(Optional.of("native"), compare(Work.Kind.NUMBERS, results, NATIVE, VECTOR).reference());
        assertEquals(Optional.empty(), compare(Work.Kind.NUMBERS, results, NATIVE).reference());
    }

    @Test
    void tolerancesAreThoseOfTheDocumentation() {
        Map<String, float[]> results = Map.of("scalar", new float[] {1, 0}, "vector", new float[] {1, 5e-5f}, "native", new float[] {1, 5e-5f},
                "tornado", new float[] {1, 5e-5f});
        assertEquals(List.of("vector", "native"), disagreeing(Work.Kind.NUMBERS, results));
        assertEquals(List.of("vector"), disagreeing(Work.Kind.BF16_NUMBERS, results));
        Map<String, float[]> levels = Map.of("scalar", new float[] {0}, "vector", new float[] {0.008f}, "native", new float[] {0.016f},
                "tornado", new float[] {0});
        assertEquals(List.of("native"), disagreeing(Work.Kind.PICTURES, levels));
    }

    private static List<String> disagreeing(Work.Kind kind, Map<String, float[]> results) {
        return compare(kind, results, SCALAR, VECTOR, NATIVE, TORNADO).disagreements().stream().map(Measurement::backend).toList();
    }

    @Test
    void aLimitIsTheSlowerOfOperationsAndBytes() {
        Limits limits = new Limits(100, 10);
        Work work = FakeBackends.work(Work.Kind.NUMBERS, Map.of());
        assertEquals(Optional.empty(), limits.of(work));
        assertEquals(Optional.of(0.5), limits.of(new Work(Suite.OPS, "", "images/s", 1, new Work.Cost(2e11, 1e10), work.kind(), work.open())));
        assertEquals(Optional.of(3000.0), limits.of(new Work(Suite.OPS, "", "ms", 1, new Work.Cost(1e11, 3e10), work.kind(), work.open())));
    }
}
