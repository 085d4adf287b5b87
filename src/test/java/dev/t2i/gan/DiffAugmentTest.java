package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DiffAugmentTest {
    @Test
    void picturesAndGradientsAgreeWithPyTorch() {
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile fixtures = SafetensorsFile.open(Path.of("src/test/resources/gan/augment.safetensors"), arena);
            double probability = Double.parseDouble(fixtures.metadata().get("probability"));
            for (String name : List.of("colour", "translation", "cutout", "colour+translation+cutout")) {
                Set<DiffAugment.Part> parts = Arrays.stream(name.split("\\+")).map(part -> DiffAugment.Part.valueOf(part.toUpperCase(Locale.ROOT)))
                        .collect(Collectors.toCollection(() -> EnumSet.noneOf(DiffAugment.Part.class)));
                Graph graph = new Graph();
                Value pictures = graph.input("pictures", DType.F32, fixtures.tensor("pictures").shape());
                Value draws = graph.input("draws", DType.F32, fixtures.tensor("draws").shape());
                Value weights = graph.input("weights", DType.F32, fixtures.tensor("weights").shape());
                Value changed = DiffAugment.apply(pictures, draws, DiffAugment.Chances.same(graph.scalar(probability)), parts);
                graph.output("changed", changed);
                graph.output("gradient", Gradients.of(changed.square().mul(weights).sum(), List.of(pictures)).getFirst());
                Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, Map.of("pictures", fixtures.tensor("pictures"),
                        "draws", fixtures.tensor("draws"), "weights", fixtures.tensor("weights")));
                assertArrayEquals(GraphRun.numbers(fixtures.tensor(name)), results.get("changed"), 2e-6, name);
                assertArrayEquals(GraphRun.numbers(fixtures.tensor(name + "/gradient")), results.get("gradient"), 2e-5, name);
            }
        }
    }

    @Test
    void withoutPartsOrProbabilityPicturesStay() {
        Graph graph = new Graph();
        Value pictures = graph.uniform(graph.input("keys", DType.I32, Shape.of(3, 4)), Shape.of(3, 8 * 8 * 3)).reshape(3, 8, 8, 3);
        Value draws = graph.uniform(graph.input("others", DType.I32, Shape.of(3, 4)), Shape.of(3, DiffAugment.DRAWS));
        graph.output("pictures", pictures);
        graph.output("none", DiffAugment.apply(pictures, draws, DiffAugment.Chances.same(graph.scalar(1)), Set.of()));
        graph.output("never", DiffAugment.apply(pictures, draws, DiffAugment.Chances.same(graph.scalar(0)), EnumSet.allOf(DiffAugment.Part.class)));
        Tensor keys = GraphRun.tensor(DType.I32, Shape.of(3, 4), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, Map.of("keys", keys, "others", keys));
        assertArrayEquals(results.get("pictures"), results.get("none"));
        assertArrayEquals(results.get("pictures"), results.get("never"), 1e-6);
    }

    @Test
    void theProbabilityFollowsTheDiscriminatorUpToItsCeiling() {
        DiffAugmentSettings settings = new DiffAugmentSettings(List.of(DiffAugment.Part.CUTOUT), 0.1, 0.6, 0.2, 160, 2);
        AdaptiveAugment adaptive = new AdaptiveAugment(settings, 4);
        Graph graph = new Graph();
        adaptive.follow(graph, graph.input("logits", DType.F32, Shape.of(4, 1)), graph.input("counting", DType.F32, Shape.SCALAR));
        try (Session session = new ScalarBackend().open(); Arena arena = Arena.ofConfined()) {
            adaptive.firstValues().forEach((name, value) -> session.put(name, GraphRun.tensor(DType.F32, Shape.SCALAR, value)));
            try (Executable step = session.compile(graph)) {
                Tensor sure = GraphRun.tensor(DType.F32, Shape.of(4, 1), 3, 1, 2, 0.1);
                Tensor torn = GraphRun.tensor(DType.F32, Shape.of(4, 1), 3, 1, -2, -0.1);
                // A stride is 4 * 2 / 160.
                assertArrayEquals(new double[] {0.1, 0.1, 0.15, 0.15, 0.2, 0.2, 0.2, 0.2}, run(step, adaptive, sure, 0, 8), 1e-6);
                assertArrayEquals(new double[] {0.2, 0.2, 0.15, 0.15, 0.1, 0.1, 0.05, 0.05, 0, 0, 0, 0}, run(step, adaptive, torn, 8, 12), 1e-6);
                double[] skipped = new double[1];
                step.run(Map.of("logits", sure, "counting", GraphRun.tensor(DType.F32, Shape.SCALAR, 0),
                        AdaptiveAugment.ADJUST, GraphRun.tensor(DType.F32, Shape.SCALAR, 1)));
                skipped[0] = step.output("d.augment").getFloat(0);
                assertEquals(0, skipped[0]);
            }
        }
    }

    private static double[] run(Executable step, AdaptiveAugment adaptive, Tensor logits, int from, int count) {
        double[] seen = new double[count];
        for (int i = 0; i < count; i++) {
            step.run(Map.of("logits", logits, "counting", GraphRun.tensor(DType.F32, Shape.SCALAR, 1),
                    AdaptiveAugment.ADJUST, GraphRun.tensor(DType.F32, Shape.SCALAR, adaptive.adjusts(from + i) ? 1 : 0)));
            seen[i] = step.output("d.augment").getFloat(0);
        }
        return seen;
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertTrue(new AdaptiveAugment(new DiffAugmentSettings(List.of(DiffAugment.Part.COLOUR), 1, 0, 0.8, 1000, 4), 8).firstValues().isEmpty());
        assertThrows(IllegalArgumentException.class, () -> new DiffAugmentSettings(List.of(), 0, 0.6, 0.8, 1000, 4));
        assertThrows(IllegalArgumentException.class, () -> new DiffAugmentSettings(List.of(DiffAugment.Part.COLOUR), 0.9, 0.6, 0.8, 1000, 4));
        assertThrows(IllegalArgumentException.class,
                () -> new DiffAugmentSettings(List.of(DiffAugment.Part.COLOUR, DiffAugment.Part.COLOUR), 1, 0, 0.8, 1000, 4));
    }
}
