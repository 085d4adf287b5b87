package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.config.Settings;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a game's gradient is by an encoder that learns along and gives words as well as the sentence that is made of them: the same as when
 * sentence, states and embeddings are each computed for themselves from the same parameters.
 */
class TextGradientTest {
    private static final int TOKENS = 5;
    private static final int WIDTH = 6;
    private static final String SETTINGS = """
            task: gan
            size: 16
            batch: 4
            text: {encoder: unused, adapter: {width: 10, hidden_width: 12, tokens: 5}, train: all}
            generator: {kind: mapped, noise_width: 8, style_width: 12, attention: [8], channels: [12, 8, 6]}
            discriminator: {channels: [6, 8, 12], head_width: 8, batch_deviation: false}
            optimizer: {beta1: 0.5}
            schedule: {samples: 16}
            """;

    /** A toy: embeddings, states of them, and the states' mean. */
    private static final class Text implements GanProgram.TextInput {
        private final boolean apart;
        private final Map<Graph, Parameters> places = new HashMap<>();
        private final Map<List<Object>, Value> shared = new HashMap<>();

        Text(boolean apart) {
            this.apart = apart;
        }

        private Parameters place(Graph graph) {
            return places.computeIfAbsent(graph, to -> Parameters.of(to, TextSide.ENCODER));
        }

        private static Value tokens(Graph graph, String name, int rows) {
            Value known = graph.inputs().get(name);
            return known != null ? known : graph.input(name, DType.F32, Shape.of(rows, TOKENS, WIDTH));
        }

        private Value weight(Graph graph, String name) {
            return place(graph).get(name, Shape.of(WIDTH, WIDTH), Initializer.ZEROS);
        }

        /** The same value again, or an equal one that is no other's. */
        private Value once(Graph graph, String name, Supplier<Value> trace) {
            Value known = shared.get(List.<Object>of(graph, name));
            if (known != null && !apart) {
                return known;
            }
            Value traced = graph.add(new Op.Barrier(), trace.get());
            shared.put(List.of(graph, name), traced);
            return traced;
        }

        private Value embeddings(Graph graph, String name, int rows) {
            return once(graph, name + ".embeddings", () -> tokens(graph, name, rows).reshape(rows * TOKENS, WIDTH).matMul(weight(graph, "embedding"))
                    .reshape(rows, TOKENS, WIDTH));
        }

        private Value states(Graph graph, String name, int rows) {
            return once(graph, name + ".states", () -> embeddings(graph, name, rows).reshape(rows * TOKENS, WIDTH).matMul(weight(graph, "layer"))
                    .tanh().reshape(rows, TOKENS, WIDTH));
        }

        @Override
        public Value pooled(Graph graph, String name, int rows) {
            return once(graph, name + ".pooled", () -> states(graph, name, rows).sum(1).reshape(rows, WIDTH));
        }

        @Override
        public TextCondition.Words words(Graph graph, String name, int rows) {
            return new TextCondition.Words(states(graph, name, rows), embeddings(graph, name, rows), graph.fill(1, Shape.of(rows, TOKENS)));
        }

        @Override
        public Optional<Parameters> trained(Graph graph) {
            return Optional.ofNullable(places.get(graph));
        }
    }

    /** First moments, which are half of the gradients, after a step from seeded numbers. */
    private static Map<String, double[]> moments(boolean apart, String... overrides) {
        GanSettings settings = Settings.parse(SETTINGS, "test", GanSettings.class, List.of(overrides));
        Graph graph = new GanProgram(settings, new Text(apart), Optional.empty()).step(true, true).graph();
        Map<String, double[]> found = new TreeMap<>();
        try (Session session = new ScalarBackend(Precision.F64).open()) {
            new TreeMap<>(graph.states()).forEach((name, state) -> session.put(name, first(name, state)));
            Map<String, Tensor> inputs = new HashMap<>();
            new TreeMap<>(graph.inputs()).forEach((name, input) -> inputs.put(name, first(name, input)));
            try (Executable executable = session.compile(graph)) {
                executable.run(inputs);
            }
            graph.states().forEach((name, state) -> {
                if (name.startsWith("adam1/")) {
                    Tensor home = GraphRun.tensor(DType.F32, state.shape());
                    session.get(name, home);
                    found.put(name, GraphRun.numbers(home));
                }
            });
        }
        return found;
    }

    private static Tensor first(String name, Value value) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(name.hashCode());
        if (value.dtype() == DType.I32) {
            return GraphRun.uniform(random, DType.I32, value.shape(), 0, 1000);
        }
        if (name.startsWith("adam") || name.endsWith("Rate") || name.contains("correction")) {
            return GraphRun.uniform(random, DType.F32, value.shape(), name.startsWith("adam2/") ? 1 : 0, name.startsWith("adam2/") ? 1 : 0);
        }
        return name.endsWith("/deviation") ? GraphRun.uniform(random, DType.F32, value.shape(), 0.5, 1)
                : GraphRun.uniform(random, DType.F32, value.shape(), -0.7, 0.7);
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "1, true"})
    void everyWayIntoATrainedEncoderCountsOnce(int parts, boolean recompute) {
        String[] overrides = {"accumulate=" + parts, "recompute=" + recompute};
        Map<String, double[]> apart = moments(true, overrides);
        Map<String, double[]> shared = moments(false, overrides);
        assertEquals(apart.keySet(), shared.keySet());
        assertTrue(Arrays.stream(shared.get("adam1/encoder/layer")).map(Math::abs).max().orElseThrow() > 1e-4);
        apart.forEach((name, values) -> assertArrayEquals(values, shared.get(name),
                1e-6 * Arrays.stream(values).map(Math::abs).max().orElseThrow() + 1e-12, name));
    }
}
