package dev.t2i.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.Session;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.Passes;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The model's numbers against transformers, its start, and its gradients. */
class Gpt2ModelTest {
    /** Largest error over largest number; the project's promise for F32. */
    private static final double TOLERANCE = 1e-5;

    static Stream<Arguments> fixturesAndBackends() {
        return Gpt2Fixture.backends().stream()
                .flatMap(backend -> Gpt2Fixture.NAMES.stream().map(name -> Arguments.of(name, backend)));
    }

    @ParameterizedTest
    @MethodSource("fixturesAndBackends")
    void hiddenStatesAndLogitsAreThoseOfTransformers(String name, Backend backend) {
        Map<String, Double> errors = errors(Gpt2Fixture.named(name), backend, "");
        assertTrue(errors.values().stream().allMatch(error -> error <= TOLERANCE), () -> "relative errors " + errors);
    }

    /** A checkpoint of GPT-2's own size is too large to keep: {@code gpt2_fixtures.py 124m DIR} makes one. */
    @ParameterizedTest
    @EnabledIfSystemProperty(named = "t2i.gpt2.folder", matches = ".+", disabledReason = "no 124M checkpoint: -Dt2i.gpt2.folder is not set")
    @MethodSource("dev.t2i.gpt2.Gpt2Fixture#backends")
    void gpt2Of124MillionParametersIsThatOfTransformers(Backend backend) {
        Gpt2Fixture fixture = Gpt2Fixture.at(Path.of(System.getProperty("t2i.gpt2.folder")));
        Map<String, Double> errors = errors(fixture, backend, "");
        Map<String, Double> trueErrors = errors(fixture, backend, "_f64");
        System.out.printf("GPT-2 124M, %s: relative errors %s against transformers in F32, %s in F64%n", backend.name(), errors, trueErrors);
        assertTrue(errors.values().stream().allMatch(error -> error <= TOLERANCE), () -> "relative errors " + errors);
    }

    private static Map<String, Double> errors(Gpt2Fixture fixture, Backend backend, String precision) {
        Tensor ids = fixture.expected().tensor("input_ids");
        Tensor mask = fixture.expected().tensor("attention_mask");
        try (Gpt2Runtime runtime = new Gpt2Runtime(Gpt2Files.open(fixture.folder()), backend)) {
            Graph graph = new Graph();
            Parameters place = runtime.parameters(graph);
            Value hidden = Gpt2Model.hiddenStates(place, runtime.config(), graph.input("ids", ids.dtype(), ids.shape()),
                    graph.input("mask", mask.dtype(), mask.shape()));
            graph.output("hidden_states", hidden);
            graph.output("logits", Gpt2Model.languageHead(place, runtime.config(), hidden));
            Executable executable = runtime.compile(graph, place);
            executable.run(Map.of("ids", ids, "mask", mask));
            Map<String, Double> errors = new TreeMap<>();
            for (String output : graph.outputs().keySet()) {
                errors.put(output, fixture.relativeError(executable.output(output), fixture.expected().tensor(output + precision)));
            }
            return errors;
        }
    }

    @Test
    void parametersAreThoseOfTheFilesWithGpt2sStart() {
        Gpt2Config config = Gpt2Config.of(300, 16, 32, 8, 4);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        List<Parameters.Declaration> declarations = Gpt2Model.declarations(config);
        declarations.forEach(declaration -> shapes.put(declaration.name(), declaration.shape()));
        assertEquals(Gpt2Weights.shapes(config), shapes);
        Map<String, Initializer> start = new LinkedHashMap<>();
        declarations.forEach(declaration -> start.put(declaration.name(), declaration.initializer()));
        assertEquals(new Initializer.Normal(0.02), start.get("wte.weight"));
        assertEquals(new Initializer.Normal(0.02), start.get("h.3.attn.c_attn.weight"));
        assertEquals(new Initializer.Normal(0.005), start.get("h.3.attn.c_proj.weight"));
        assertEquals(new Initializer.Normal(0.005), start.get("h.7.mlp.c_proj.weight"));
        assertEquals(Initializer.ONES, start.get("h.0.ln_1.weight"));
        assertEquals(Initializer.ZEROS, start.get("h.0.mlp.c_fc.bias"));
    }

    /** Biases, activation and residual must ride on the products, whatever else the passes do. */
    @Test
    void passesFuseTheEndsOfProducts() {
        Gpt2Config config = Gpt2Config.of(300, 16, 32, 2, 4);
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "gpt2", name -> name.endsWith("weight") ? DType.F16 : DType.F32);
        Shape shape = Shape.of(2, 8);
        graph.output("logits", Gpt2Model.logits(place, config, graph.input("ids", DType.I32, shape), graph.input("mask", DType.F32, shape)));
        List<Value> values = Passes.optimize(graph).values();
        for (Value value : values) {
            if (value.op() instanceof Op.MatMul product && (value.scope().endsWith("attn.c_proj") || value.scope().contains("mlp"))) {
                assertTrue(!product.epilogue().isNone(), value + " has no epilogue");
            }
            boolean widensTheTable = value.dtype() == DType.F32 && value.shape().equals(Shape.of(300, 32));
            assertTrue(!widensTheTable, value + " is a copy of the embedding in F32");
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void gradientsAreThoseOfFiniteDifferences(Activation activation) {
        Gpt2Config config = new Gpt2Config(11, 5, 6, 2, 2, 7, activation, 1e-5, true, true, false, OptionalInt.empty(), OptionalInt.empty());
        List<Parameters.Declaration> declarations = Gpt2Model.declarations(config);
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "gpt2");
        Shape shape = Shape.of(2, 4);
        Value loss = Gpt2Model.languageLoss(place, config, graph.input("ids", DType.I32, shape), graph.input("mask", DType.F32, shape),
                graph.input("targets", DType.I32, shape), graph.input("target_mask", DType.F32, shape));
        graph.output("loss", loss);
        place.states().forEach((name, state) -> graph.output(name, Gradients.of(loss, List.of(state)).getFirst()));
        try (Arena arena = Arena.ofConfined(); Session session = new ScalarBackend(Precision.F64).open()) {
            Map<String, Tensor> inputs = Map.of("ids", Tensor.of(arena, shape, 1, 10, 3, 3, 7, 0, 0, 0),
                    "mask", Tensor.of(arena, shape, 1f, 1, 1, 1, 1, 1, 0, 0),
                    "targets", Tensor.of(arena, shape, 10, 3, 3, 2, 0, 9, 0, 0),
                    "target_mask", Tensor.of(arena, shape, 1f, 1, 1, 0, 1, 1, 0, 0));
            Map<String, Tensor> values = Parameters.initialize(declarations, 3, arena);
            Map<String, Tensor> doubles = new LinkedHashMap<>();
            values.forEach((name, value) -> {
                Tensor wide = Tensor.allocate(arena, DType.F64, value.shape());
                wide.copyFrom(value);
                // Larger than a start, so that no part of the model is nearly linear.
                for (long i = 0; i < wide.size(); i++) {
                    wide.set(i, wide.getDouble(i) + 0.3 * Math.sin(i));
                }
                doubles.put(name, wide);
                session.put(place.stateName(name), wide);
            });
            Executable executable = session.compile(graph);
            double step = 1e-5;
            doubles.forEach((name, value) -> {
                long index = value.size() / 3;
                double centre = value.getDouble(index);
                double[] losses = new double[2];
                for (int side = 0; side < 2; side++) {
                    value.set(index, centre + (2 * side - 1) * step);
                    session.put(place.stateName(name), value);
                    executable.run(inputs);
                    losses[side] = executable.output("loss").getDouble(0);
                }
                value.set(index, centre);
                session.put(place.stateName(name), value);
                executable.run(inputs);
                double slope = (losses[1] - losses[0]) / (2 * step);
                assertEquals(slope, executable.output(name).getDouble(index), 1e-7 * Math.max(0.1, Math.abs(slope)), name);
            });
        }
    }
}
