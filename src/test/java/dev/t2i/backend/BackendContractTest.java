package dev.t2i.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link Session} and {@link Executable} promise, for every backend. */
class BackendContractTest {
    private static final Shape TWO = Shape.of(2);

    private static Tensor pair(double first, double second) {
        return GraphRun.tensor(DType.F32, TWO, first, second);
    }

    private static double[] state(Session session, String name) {
        Tensor into = GraphRun.tensor(DType.F64, TWO);
        session.get(name, into);
        return GraphRun.numbers(into);
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void readsSeeTheStateFromBeforeTheRun(TestBackends entry) {
        try (Session session = entry.backend().get().open()) {
            session.put("a", pair(1, 2));
            session.put("b", pair(10, 20));
            Graph graph = new Graph();
            Value a = graph.state("a", DType.F32, TWO);
            Value b = graph.state("b", DType.F32, TWO);
            graph.assign(a, b);
            graph.assign(b, a.add(b));
            graph.output("before", a);
            graph.output("later", a.mul(b));
            Executable swap = session.compile(graph);
            swap.run(Map.of());
            Tensor before = swap.output("before");
            assertArrayEquals(new double[] {1, 2}, GraphRun.numbers(before));
            assertArrayEquals(new double[] {10, 40}, GraphRun.numbers(swap.output("later")));
            assertArrayEquals(new double[] {10, 20}, state(session, "a"));
            assertArrayEquals(new double[] {11, 22}, state(session, "b"));
            swap.run(Map.of());
            assertSame(before, swap.output("before"));
            assertArrayEquals(new double[] {10, 20}, GraphRun.numbers(before));
            assertArrayEquals(new double[] {21, 42}, state(session, "b"));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void twoStatesCanSwap(TestBackends entry) {
        try (Session session = entry.backend().get().open()) {
            session.put("a", pair(1, 2));
            session.put("b", pair(3, 4));
            Graph graph = new Graph();
            Value a = graph.state("a", DType.F32, TWO);
            Value b = graph.state("b", DType.F32, TWO);
            graph.assign(a, b);
            graph.assign(b, a);
            session.compile(graph).run(Map.of());
            assertArrayEquals(new double[] {3, 4}, state(session, "a"));
            assertArrayEquals(new double[] {1, 2}, state(session, "b"));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void stateIsReadAgainAfterItsNewValueIsKnown(TestBackends entry) {
        try (Session session = entry.backend().get().open()) {
            session.put("a", pair(1, 2));
            Graph graph = new Graph();
            Value a = graph.state("a", DType.F32, TWO);
            Value next = a.mul(3);
            graph.assign(a, next);
            // Needs the product of the new and the reversed old value: an update in place must wait for it.
            Value reversed = Value.concat(0, a.slice(0, 1, 2), a.slice(0, 0, 1));
            graph.output("y", next.reshape(1, 2).matMul(reversed.reshape(2, 1)));
            graph.output("z", a.sub(next));
            Executable executable = session.compile(graph);
            executable.run(Map.of());
            assertArrayEquals(new double[] {12}, GraphRun.numbers(executable.output("y")));
            assertArrayEquals(new double[] {-2, -4}, GraphRun.numbers(executable.output("z")));
            assertArrayEquals(new double[] {3, 6}, state(session, "a"));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void executablesShareStates(TestBackends entry) {
        try (Session session = entry.backend().get().open()) {
            session.put("count", pair(0, 0));
            Graph writing = new Graph();
            Value count = writing.state("count", DType.F32, TWO);
            writing.assign(count, count.add(writing.input("step", DType.F32, TWO)));
            Graph reading = new Graph();
            reading.output("twice", reading.state("count", DType.F32, TWO).mul(2));
            Executable writer = session.compile(writing);
            Executable reader = session.compile(reading);
            writer.run(Map.of("step", pair(1, 3)));
            writer.run(Map.of("step", pair(1, 4)));
            reader.run(Map.of());
            assertArrayEquals(new double[] {4, 14}, GraphRun.numbers(reader.output("twice")));
            session.put("count", pair(5, 6));
            reader.run(Map.of());
            assertArrayEquals(new double[] {10, 12}, GraphRun.numbers(reader.output("twice")));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void integerStatesCountExactly(TestBackends entry) {
        Shape keys = Shape.of(2, 4);
        try (Session session = entry.backend().get().open()) {
            session.put("keys", GraphRun.tensor(DType.I32, keys, 123456789, -987654321, 7, 1, 5, 6, 7, 8));
            Graph graph = new Graph();
            Value state = graph.state("keys", DType.I32, keys);
            graph.output("noise", graph.uniform(state, Shape.of(2, 3)));
            graph.assign(state, Value.concat(0, state.slice(0, 1, 2), state.slice(0, 0, 1)));
            Executable executable = session.compile(graph);
            executable.run(Map.of());
            double[] first = GraphRun.numbers(executable.output("noise"));
            executable.run(Map.of());
            double[] second = GraphRun.numbers(executable.output("noise"));
            assertArrayEquals(new double[] {first[3], first[4], first[5], first[0], first[1], first[2]}, second);
            Tensor into = GraphRun.tensor(DType.I32, keys);
            session.get("keys", into);
            assertArrayEquals(new double[] {123456789, -987654321, 7, 1, 5, 6, 7, 8}, GraphRun.numbers(into));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void lentHalvesAreReadInPlace(TestBackends entry) {
        Tensor weights = GraphRun.tensor(DType.F16, Shape.of(2, 1), 1.5, -0.25);
        try (Session session = entry.backend().get().open()) {
            session.lend("w", weights);
            Graph graph = new Graph();
            Value w = graph.state("w", DType.F16, weights.shape());
            graph.output("y", graph.input("x", DType.F32, Shape.of(1, 2)).matMul(w.cast(DType.F32)));
            Executable executable = session.compile(graph);
            executable.run(Map.of("x", GraphRun.tensor(DType.F32, Shape.of(1, 2), 2, 4)));
            assertArrayEquals(new double[] {2}, GraphRun.numbers(executable.output("y")));
            Graph assigning = new Graph();
            Value held = assigning.state("w", DType.F16, weights.shape());
            assigning.assign(held, held.cast(DType.F32).mul(2).cast(DType.F16));
            assertThrows(GraphException.class, () -> session.compile(assigning));
        }
    }

    /** Buffers keep what the last run left in them; nothing of it may show. */
    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void runsDoNotDependOnEarlierRuns(TestBackends entry) {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(4, 3));
        Value at = graph.input("at", DType.I32, Shape.of(4));
        Value scattered = graph.add(new Op.ScatterAdd(6), at, x);
        Value padded = graph.add(new Op.Pad(List.of(1, 0), List.of(1, 1), List.of(1, 2), 0.5f), scattered.mul(2));
        graph.output("scattered", scattered);
        graph.output("padded", padded);
        graph.output("product", padded.matMul(padded, false, true).sum(1));
        try (Session session = entry.backend().get().open(); Executable executable = session.compile(graph)) {
            Trial trial = new Trial(1);
            List<Map<String, Tensor>> runs = new ArrayList<>();
            for (int run = 0; run < 3; run++) {
                runs.add(Map.of("x", GraphRun.uniform(trial.random(), DType.F32, Shape.of(4, 3), -1, 1),
                        "at", GraphRun.uniform(trial.random(), DType.I32, Shape.of(4), 0, 6)));
            }
            List<double[]> fresh = new ArrayList<>();
            for (Map<String, Tensor> inputs : runs) {
                executable.run(inputs);
                fresh.add(GraphRun.numbers(executable.output("product")));
            }
            for (int run = 2; run >= 0; run--) {
                executable.run(runs.get(run));
                assertArrayEquals(fresh.get(run), GraphRun.numbers(executable.output("product")));
                assertArrayEquals(GraphRun.run(new ScalarBackend(), graph, runs.get(run)).get("padded"),
                        GraphRun.numbers(executable.output("padded")), 1e-6);
            }
        }
    }

    /** Five steps with momentum on all parameters of a small critic, gradient penalty included. */
    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void trainingStaysTogether(TestBackends entry) {
        Map<String, double[]> expected = train(new ScalarBackend());
        Map<String, double[]> actual = train(entry.backend().get());
        expected.forEach((name, numbers) -> {
            double largest = 0;
            for (double number : numbers) {
                largest = Math.max(largest, Math.abs(number));
            }
            assertArrayEquals(numbers, actual.get(name), 1e-4 * entry.slack() * largest, name);
        });
    }

    private static Map<String, double[]> train(Backend backend) {
        Trial trial = new Trial(3);
        Graph graph = trial.graph();
        Map<String, Tensor> start = new TreeMap<>();
        int[][] shapes = {{3, 3, 3, 6}, {4, 4, 6, 9}, {3, 3, 13, 7}, {4, 4, 7, 1}};
        List<Value> parameters = new ArrayList<>();
        for (int i = 0; i < shapes.length; i++) {
            Shape shape = Shape.of(shapes[i]);
            parameters.add(graph.state("w" + i, DType.F32, shape));
            start.put("w" + i, GraphRun.uniform(trial.random(), DType.F32, shape, -0.2, 0.2));
            start.put("m" + i, GraphRun.tensor(DType.F32, shape));
        }
        CompositeRows.Critic critic = new CompositeRows.Critic(parameters);
        Value pictures = trial.f32(2, 8, 8, 3);
        Value texts = trial.f32(2, 4);
        Value loss = critic.score(pictures, texts).neg().add(1).relu().mean().add(critic.penalty(pictures, texts).mul(2));
        List<Value> gradients = Gradients.of(loss, parameters);
        for (int i = 0; i < shapes.length; i++) {
            Value momentum = graph.state("m" + i, DType.F32, parameters.get(i).shape());
            Value next = momentum.mul(0.9).add(gradients.get(i));
            graph.assign(momentum, next);
            graph.assign(parameters.get(i), parameters.get(i).sub(next.mul(0.02)));
        }
        graph.output("loss", loss);
        Map<String, double[]> results = new TreeMap<>();
        try (Session session = backend.open()) {
            start.forEach(session::put);
            Executable step = session.compile(graph);
            for (int run = 0; run < 5; run++) {
                step.run(trial.inputs());
                results.put("loss " + run, GraphRun.numbers(step.output("loss")));
            }
            for (Map.Entry<String, Tensor> state : start.entrySet()) {
                Tensor into = GraphRun.tensor(DType.F32, state.getValue().shape());
                session.get(state.getKey(), into);
                results.put(state.getKey(), GraphRun.numbers(into));
            }
        }
        return results;
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.backend.TestBackends#all")
    void mistakesAreRefused(TestBackends entry) {
        try (Session session = entry.backend().get().open()) {
            Graph graph = new Graph();
            graph.output("y", graph.input("x", DType.F32, TWO).add(graph.state("b", DType.F32, TWO)));
            assertThrows(GraphException.class, () -> session.compile(graph));
            session.put("b", GraphRun.tensor(DType.F32, Shape.of(3)));
            assertThrows(GraphException.class, () -> session.compile(graph));
            assertThrows(GraphException.class, () -> session.put("b", pair(1, 2)));
            assertThrows(GraphException.class, () -> session.get("c", pair(1, 2)));
            Graph plain = new Graph();
            plain.output("y", plain.input("x", DType.F32, TWO).neg());
            Executable executable = session.compile(plain);
            assertThrows(GraphException.class, () -> executable.run(Map.of()));
            assertThrows(GraphException.class, () -> executable.run(Map.of("x", GraphRun.tensor(DType.I32, TWO))));
            assertThrows(GraphException.class, () -> executable.run(Map.of("x", GraphRun.tensor(DType.F32, Shape.of(3)))));
            assertThrows(GraphException.class, () -> executable.output("z"));
        }
    }
}
