package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Ten steps of adversarial training, penalties of second order included, against PyTorch in double precision. */
class GanGoldenTest {
    /** Losses, penalties and norms of gradients, relative. */
    private static final double FIGURES = 1e-4;
    /** Scores, which may be near zero, absolute. */
    private static final double SCORES = 1e-4;
    /** Parameters and moving averages after ten steps: so much of the largest move that Adam's learning rate allows. */
    private static final double MOVES = 0.005;
    /** Running statistics, absolute; they are about one. */
    private static final double STATISTICS = 1e-5;

    record Place(String name, Supplier<Backend> backend, UnaryOperator<Graph> passes) {}

    static List<Place> places() {
        return List.of(
                new Place("scalar as traced", ScalarBackend::new, UnaryOperator.identity()),
                new Place("scalar after passes", ScalarBackend::new, Passes::optimize),
                new Place("vector", VectorBackend::new, UnaryOperator.identity()));
    }

    @TestFactory
    Stream<DynamicTest> tenSteps() {
        return GoldenCase.all().stream().flatMap(golden -> places().stream().map(place ->
                DynamicTest.dynamicTest(golden + ", " + place.name, () -> compare(golden, place))));
    }

    static void compare(GoldenCase golden, Place place) {
        Map<String, Double> worst = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        try (GoldenRun run = new GoldenRun(golden, place.backend.get(), place.passes)) {
            for (int step = 0; step < golden.steps(); step++) {
                int at = step;
                Map<String, Double> figures = run.step(step);
                assertEquals(golden.figures(step), figures.keySet(), "figures of step " + step);
                figures.forEach((name, got) -> {
                    double want = golden.said(name, at);
                    boolean score = name.equals("d.real") || name.equals("d.fake") || name.equals("d.wrong");
                    double error = Math.abs(got - want) / (score || want == 0 ? 1 : Math.abs(want));
                    worst.merge(name, error, Math::max);
                    if (!(error <= (score ? SCORES : FIGURES))) {
                        wrong.add("%s of step %d is %s, PyTorch has %s".formatted(name, at, got, want));
                    }
                });
            }
            Map<String, Tensor> states = run.states();
            golden.finalStates().forEach((name, want) -> {
                boolean statistic = name.contains(".running_");
                double error = difference(states.get(name), want) / (statistic ? 1 : golden.steps() * rate(golden, name));
                worst.merge("final " + name.substring(0, name.indexOf('/')) + (statistic ? "'s statistics" : ""), error, Math::max);
                if (!(error <= (statistic ? STATISTICS : MOVES))) {
                    wrong.add("%s ends %.3g of %s from PyTorch's".formatted(name, error, statistic ? "one" : "its largest possible way"));
                }
            });
        }
        StringBuilder errors = new StringBuilder(golden + ", " + place.name + ":");
        worst.forEach((name, error) -> errors.append(String.format(Locale.ROOT, " %s %.1e", name, error)));
        assertTrue(wrong.isEmpty(), () -> errors + "\n" + String.join("\n", wrong));
    }

    private static double rate(GoldenCase golden, String state) {
        if (state.startsWith(GanProgram.DISCRIMINATOR)) {
            return golden.settings().optimizer().discriminatorRate();
        }
        return state.startsWith(GanProgram.ADAPTER) ? golden.settings().text().learningRate() : golden.settings().optimizer().generatorRate();
    }

    private static double difference(Tensor got, Tensor want) {
        assertEquals(want.shape(), got.shape());
        double most = 0;
        for (long i = 0; i < want.size(); i++) {
            most = Math.max(most, Math.abs(got.getDouble(i) - want.getDouble(i)));
        }
        return most;
    }

    @Test
    void noiseIsPhiloxAndBoxMuller() {
        List<String> keys = GoldenCase.file().names().stream().filter(name -> name.startsWith("normals/")).toList();
        assertEquals(3, keys.size());
        for (String key : keys) {
            int[] words = Stream.of(key.substring("normals/".length()).split(" ")).mapToInt(Integer::parseInt).toArray();
            CounterRandom random = new CounterRandom(words[0], words[1], words[2], words[3]);
            Tensor want = GoldenCase.file().tensor(key);
            for (int i = 0; i < want.size(); i++) {
                assertEquals(want.getFloat(i), random.normal(i), 1e-6f, key + " number " + i);
            }
        }
    }
}
