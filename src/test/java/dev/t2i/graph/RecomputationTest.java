package dev.t2i.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.gan.MappedGenerator;
import dev.t2i.gan.OneWayDiscriminator;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.passes.MemoryPlan;
import dev.t2i.graph.passes.Passes;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients of stretches that are computed again: the same numbers, and less memory. */
class RecomputationTest {
    private static final double CLOSE = 1e-6;

    /** A chain of 6 stretches, each with products and chains inside; the gradient of its sum of squares, and of that again. */
    private static Graph chain(boolean recompute, boolean twice) {
        Graph graph = new Graph();
        if (recompute) {
            graph.recompute();
        }
        Parameters place = Parameters.of(graph, "chain");
        Value first = graph.iota(1, Shape.of(64, 32)).mul(0.1).sin();
        Value x = first;
        for (int i = 0; i < 6; i++) {
            Value weight = place.at(i).get("weight", Shape.of(32, 32), new Initializer.Normal(0.2));
            x = graph.recomputable(x, v -> v.tanh().matMul(weight).tanh().mul(v.exp().add(1).rsqrt()).matMul(weight).add(v));
        }
        Value loss = x.square().sum().reshape(Shape.SCALAR);
        List<Value> wrt = new ArrayList<>(place.states().values());
        wrt.add(first);
        List<Value> gradients = Gradients.of(loss, wrt);
        if (twice) {
            loss = gradients.getLast().square().sum().reshape(Shape.SCALAR);
            gradients = Gradients.of(loss, wrt);
        }
        graph.output("loss", loss);
        for (int i = 0; i < gradients.size(); i++) {
            graph.output("gradient" + i, gradients.get(i));
        }
        return graph;
    }

    private static Map<String, float[]> run(Backend backend, Graph graph, List<Parameters.Declaration> declarations, String network) {
        Map<String, float[]> results = new LinkedHashMap<>();
        try (Session session = backend.open(); Arena arena = Arena.ofConfined()) {
            Parameters.initialize(declarations, 1, arena).forEach((name, tensor) -> session.put(network + "/" + name, tensor));
            Executable executable = session.compile(graph);
            executable.run(Map.of());
            graph.outputs().keySet().forEach(name -> results.put(name, executable.output(name).toFloatArray()));
        }
        return results;
    }

    private static void assertClose(Map<String, float[]> expected, Map<String, float[]> actual, double close) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> {
            double largest = 0;
            for (float value : values) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertTrue(largest > 0, name + " is nothing");
            assertArrayEquals(values, actual.get(name), (float) (close * largest), name);
        });
    }

    private static List<Parameters.Declaration> weights() {
        List<Parameters.Declaration> declarations = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            declarations.add(new Parameters.Declaration(i + ".weight", Shape.of(32, 32), new Initializer.Normal(0.2)));
        }
        return declarations;
    }

    @ParameterizedTest
    @ValueSource(strings = {"scalar", "vector"})
    void gradientsAreTheSame(String backend) {
        assertClose(run(Backends.get(backend), chain(false, false), weights(), "chain"), run(Backends.get(backend), chain(true, false), weights(), "chain"), CLOSE);
    }

    @Test
    void soAreGradientsOfGradients() {
        assertClose(run(Backends.get("vector"), chain(false, true), weights(), "chain"), run(Backends.get("vector"), chain(true, true), weights(), "chain"), 3 * CLOSE);
    }

    @Test
    void lessIsKept() {
        long kept = MemoryPlan.of(Passes.optimize(chain(false, false))).slabBytes();
        Graph optimized = Passes.optimize(chain(true, false));
        long again = MemoryPlan.of(optimized).slabBytes();
        assertTrue(again < 0.6 * kept, again + " bytes, without " + kept);
        assertTrue(optimized.values().stream().noneMatch(value -> value.op() instanceof Op.Barrier));
    }

    /** A generator's and a discriminator's gradients, with a penalty on the latter's. */
    private static Graph game(boolean recompute, Parameters[] places) {
        Graph graph = new Graph();
        if (recompute) {
            graph.recompute();
        }
        places[0] = Parameters.of(graph, "generator");
        places[1] = Parameters.of(graph, "discriminator");
        Value noise = graph.iota(1, Shape.of(2, 32)).sin();
        Value text = graph.iota(1, Shape.of(2, 6)).cos();
        MappedGenerator generator = new MappedGenerator(32, 6, 8, 1, true, true, List.of(), 0, 1, 8, 0, 1, List.of(8, 6, 4, 4));
        OneWayDiscriminator discriminator = new OneWayDiscriminator(6, 8, List.of(4, 4, 6, 8), false, false, 0);
        Value picture = generator.paint(places[0], noise, new TextCondition(text, Optional.empty()));
        Value score = discriminator.logits(places[1], discriminator.features(places[1], picture), text).sum().reshape(Shape.SCALAR);
        Value slope = Gradients.of(score, List.of(picture)).getFirst().square().sum().reshape(Shape.SCALAR);
        List<Value> wrt = new ArrayList<>(places[0].states().values());
        wrt.addAll(places[1].states().values());
        List<Value> gradients = Gradients.of(score.add(slope), wrt);
        graph.output("score", score);
        for (int i = 0; i < gradients.size(); i++) {
            graph.output("gradient" + i, gradients.get(i));
        }
        return graph;
    }

    @Test
    void networksLearnTheSame() {
        List<Map<String, float[]>> results = new ArrayList<>();
        for (boolean recompute : List.of(false, true)) {
            Parameters[] places = new Parameters[2];
            Graph graph = game(recompute, places);
            Map<String, float[]> result = new LinkedHashMap<>();
            try (Session session = Backends.get("vector").open(); Arena arena = Arena.ofConfined()) {
                for (Parameters place : places) {
                    Parameters.initialize(place.declarations(), 1, arena).forEach((name, tensor) -> {
                        if (name.contains("gamma") || name.startsWith("skips.0.out.weight")) {
                            for (long i = 0; i < tensor.size(); i++) {
                                tensor.set(i, 0.3);
                            }
                        }
                        session.put(place.stateName(name), tensor);
                    });
                }
                Executable executable = session.compile(graph);
                executable.run(Map.of());
                graph.outputs().keySet().forEach(name -> result.put(name, executable.output(name).toFloatArray()));
            }
            results.add(result);
        }
        results.get(0).entrySet().removeIf(entry -> allZero(entry.getValue()));
        results.get(1).keySet().retainAll(results.get(0).keySet());
        assertTrue(results.get(0).size() > 40, results.get(0).size() + " gradients");
        assertClose(results.get(0), results.get(1), CLOSE);
    }

    private static boolean allZero(float[] values) {
        for (float value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }
}
