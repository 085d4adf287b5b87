package dev.t2i.backend.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScalarSessionTest {
    private static final Shape TWO = Shape.of(2);
    private final Session session = new ScalarBackend().open();

    @AfterEach
    void close() {
        session.close();
    }

    private double[] state(String name) {
        Tensor into = GraphRun.tensor(DType.F64, TWO);
        session.get(name, into);
        return GraphRun.numbers(into);
    }

    private static Tensor pair(double first, double second) {
        return GraphRun.tensor(DType.F32, TWO, first, second);
    }

    private static void refused(String message, Runnable action) {
        assertEquals(message, assertThrows(GraphException.class, action::run).getMessage());
    }

    @Test
    void readsSeeTheStateFromBeforeTheRun() {
        session.put("a", pair(1, 2));
        session.put("b", pair(10, 20));
        Graph graph = new Graph();
        Value a = graph.state("a", DType.F32, TWO);
        Value b = graph.state("b", DType.F32, TWO);
        graph.assign(a, b);
        graph.assign(b, a.add(b));
        graph.output("before", a);
        Executable swap = session.compile(graph);
        Tensor before = swap.output("before");
        swap.run(Map.of());
        assertArrayEquals(new double[] {1, 2}, GraphRun.numbers(before));
        assertArrayEquals(new double[] {10, 20}, state("a"));
        assertArrayEquals(new double[] {11, 22}, state("b"));
        swap.run(Map.of());
        assertSame(before, swap.output("before"));
        assertArrayEquals(new double[] {10, 20}, GraphRun.numbers(before));
        assertArrayEquals(new double[] {21, 42}, state("b"));
    }

    @Test
    void executablesShareStates() {
        session.put("count", pair(0, 0));
        Graph writing = new Graph();
        Value count = writing.state("count", DType.F32, TWO);
        writing.assign(count, count.add(writing.input("step", DType.F32, TWO)));
        Graph reading = new Graph();
        reading.output("twice", reading.state("count", DType.F32, TWO).mul(2));
        Executable writer = session.compile(writing);
        Executable reader = session.compile(reading);
        writer.run(Map.of("step", pair(1, 3)));
        writer.run(Map.of("step", pair(1, 3)));
        reader.run(Map.of());
        assertArrayEquals(new double[] {4, 12}, GraphRun.numbers(reader.output("twice")));
        session.put("count", pair(5, 5));
        reader.run(Map.of());
        assertArrayEquals(new double[] {10, 10}, GraphRun.numbers(reader.output("twice")));
    }

    @Test
    void putCopiesAndLendHolds() {
        Tensor tensor = pair(1, 2);
        session.put("copied", tensor);
        session.lend("held", tensor);
        tensor.set(0, 9);
        assertArrayEquals(new double[] {1, 2}, state("copied"));
        assertArrayEquals(new double[] {9, 2}, state("held"));
        assertTrue(session.has("held"));
        assertEquals(2, session.states().size());
    }

    @Test
    void halfPrecisionStatesAreReadAsTheyAre() {
        session.lend("w", GraphRun.tensor(DType.F16, TWO, 1.5, -0.25));
        Graph graph = new Graph();
        graph.output("w", graph.state("w", DType.F16, TWO).cast(DType.F32));
        Executable executable = session.compile(graph);
        executable.run(Map.of());
        assertArrayEquals(new double[] {1.5, -0.25}, GraphRun.numbers(executable.output("w")));
    }

    @Test
    void mistakesAreNamed() {
        session.put("a", pair(1, 2));
        session.lend("held", pair(1, 2));
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, TWO);
        graph.output("y", x.add(graph.state("b", DType.F32, TWO)));
        refused("state 'b' f32[2] has not been put", () -> session.compile(graph));
        session.put("b", GraphRun.tensor(DType.I32, TWO));
        refused("state 'b' is i32[2], the graph declares f32[2]", () -> session.compile(graph));
        refused("state 'a' is f32[2], it cannot become i32[2]", () -> session.put("a", GraphRun.tensor(DType.I32, TWO)));
        refused("state 'held' is lent and cannot be overwritten", () -> session.put("held", pair(1, 2)));
        refused("state 'a' exists already and cannot be lent", () -> session.lend("a", pair(1, 2)));
        refused("there is no state 'c'", () -> session.get("c", pair(0, 0)));
        refused("state 'a' has shape [2], not [3]", () -> session.get("a", GraphRun.tensor(DType.F32, Shape.of(3))));

        Graph assigning = new Graph();
        assigning.assign(assigning.state("held", DType.F32, TWO), assigning.fill(0, TWO));
        refused("state 'held' is lent and cannot be assigned", () -> session.compile(assigning));

        Graph plain = new Graph();
        plain.output("y", plain.input("x", DType.F32, TWO));
        Executable executable = session.compile(plain);
        refused("input 'x' f32[2] is missing", () -> executable.run(Map.of()));
        refused("input 'x' is i32[2], the graph declares f32[2]", () -> executable.run(Map.of("x", GraphRun.tensor(DType.I32, TWO))));
        refused("the graph has no input 'z', it has [x]", () -> executable.run(Map.of("x", pair(0, 0), "z", pair(0, 0))));
        refused("the graph has no output 'z', it has [y]", () -> executable.output("z"));
    }

    @Test
    void doublePrecisionKeepsStatesUnrounded() {
        try (Session precise = new ScalarBackend(Precision.F64).open()) {
            precise.put("a", pair(1, 2));
            Graph graph = new Graph();
            Value a = graph.state("a", DType.F32, TWO);
            graph.assign(a, a.div(3));
            precise.compile(graph).run(Map.of());
            Tensor into = GraphRun.tensor(DType.F64, TWO);
            precise.get("a", into);
            assertArrayEquals(new double[] {1 / 3.0, 2 / 3.0}, GraphRun.numbers(into));
        }
    }
}
