package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the vector backend promises beyond the contract of all backends. */
class VectorBackendTest {
    /** A small network per sample: convolution, normalisation over pixels and over channels, softmax, pooling. */
    private static Value network(Graph graph, Value pictures, Value weights) {
        Value y = graph.add(new Op.Conv2d(Window.of(1, 1)), pictures, weights).leakyRelu(0.2);
        Value centred = y.sub(y.mean(1, 2));
        Value normal = centred.mul(centred.square().mean(1, 2).add(1e-5).rsqrt());
        Value layered = normal.sub(normal.mean(3)).mul(normal.square().mean(3).add(1e-5).rsqrt());
        Value weight = layered.sub(layered.maximum(3)).exp();
        Value soft = weight.div(weight.sum(3));
        Value transposed = soft.transpose(0, 3, 1, 2).tanh().reshape(y.dim(0), y.dim(3), y.dim(1) * y.dim(2));
        return transposed.mul(transposed).sum(2).add(layered.sin().sum(1, 2).reshape(y.dim(0), y.dim(3), 1));
    }

    private static Map<String, Tensor> inputs(int batch, int size) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("x", GraphRun.uniform(new Random(1), DType.F32, Shape.of(batch, size, size, 3), -2, 2));
        inputs.put("w", GraphRun.uniform(new Random(2), DType.F32, Shape.of(3, 3, 3, 21), -0.5, 0.5));
        return inputs;
    }

    private static Graph graph(int batch, int size) {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(batch, size, size, 3));
        Value w = graph.input("w", DType.F32, Shape.of(3, 3, 3, 21));
        graph.output("y", network(graph, x, w));
        return graph;
    }

    private static Tensor firstPictures(Tensor all, int count) {
        Shape shape = all.shape().with(0, count);
        return Tensor.wrap(all.segment().asSlice(0, shape.size() * 4), DType.F32, shape);
    }

    @Test
    void resultsDoNotDependOnThreads() {
        Graph graph = graph(3, 40);
        Value loss = graph.outputs().get("y").square().sum();
        List<Value> gradients = Gradients.of(loss, List.of(graph.inputs().get("x"), graph.inputs().get("w")));
        graph.output("loss", loss);
        graph.output("dx", gradients.get(0));
        graph.output("dw", gradients.get(1));
        Map<String, double[]> one = GraphRun.run(new VectorBackend(1), graph, inputs(3, 40));
        for (int threads : new int[] {2, 5}) {
            Map<String, double[]> many = GraphRun.run(new VectorBackend(threads), graph, inputs(3, 40));
            one.forEach((name, numbers) -> assertArrayEquals(numbers, many.get(name), name));
        }
    }

    @Test
    void aPictureDoesNotDependOnItsBatch() {
        Map<String, Tensor> inputs = inputs(9, 17);
        double[] all = GraphRun.run(new VectorBackend(2), graph(9, 17), inputs).get("y");
        for (int batch : new int[] {1, 2, 7}) {
            Map<String, Tensor> some = Map.of("x", firstPictures(inputs.get("x"), batch), "w", inputs.get("w"));
            double[] few = GraphRun.run(new VectorBackend(2), graph(batch, 17), some).get("y");
            for (int i = 0; i < few.length; i++) {
                assertEquals(all[i], few[i], "element " + i + " in a batch of " + batch);
            }
        }
    }

    @Test
    void largeReductionsDoNotDependOnThreadsOrBatch() {
        int[][] axes = {{1, 2}, {1}, {2}, {3}, {1, 3}, {1, 2, 3}};
        Tensor x = GraphRun.uniform(new Random(3), DType.F32, Shape.of(4, 300, 9, 70), -1, 1);
        List<double[]> results = new ArrayList<>();
        for (int batch : new int[] {4, 1}) {
            for (int threads : new int[] {1, 3}) {
                Graph graph = new Graph();
                Value input = graph.input("x", DType.F32, Shape.of(batch, 300, 9, 70));
                for (int i = 0; i < axes.length; i++) {
                    graph.output("sum" + i, input.square().sum(axes[i]));
                    graph.output("max" + i, input.maximum(axes[i]));
                }
                Map<String, double[]> run = GraphRun.run(new VectorBackend(threads), graph, Map.of("x", firstPictures(x, batch)));
                int at = 0;
                for (double[] numbers : run.values()) {
                    if (results.size() <= at) {
                        results.add(numbers);
                    }
                    for (int i = 0; i < numbers.length; i++) {
                        assertEquals(results.get(at)[i], numbers[i], "reduction " + at + " element " + i);
                    }
                    at++;
                }
            }
        }
    }

    /** Enough pixels that epilogues run in several blocks, some across pictures, for channels of odd and even counts. */
    @Test
    void epiloguesOfManyRowsAgreeWithPlainLoops() {
        for (int channels : new int[] {3, 24, 600}) {
            int edge = channels > 100 ? 4 : 26;
            Graph graph = new Graph();
            Value x = graph.input("x", DType.F32, Shape.of(3, edge, edge, 5));
            Value w = graph.input("w", DType.F32, Shape.of(3, 3, 5, channels));
            Value back = graph.input("back", DType.F32, Shape.of(4, 4, channels, 5));
            Value bias = graph.input("bias", DType.F32, Shape.of(channels));
            Value style = graph.input("style", DType.F32, Shape.of(3, channels)).reshape(3, 1, 1, channels);
            Value perPixel = graph.input("perPixel", DType.F32, Shape.of(edge, edge)).reshape(1, edge, edge, 1);
            Value y = graph.add(new Op.Conv2d(Window.of(1, 1)), x, w);
            graph.output("styled", y.mul(style).add(bias).leakyRelu(0.2));
            graph.output("placed", graph.add(new Op.Conv2d(Window.of(1, 1)), x.mul(2), w).mul(perPixel).tanh());
            Value up = graph.add(new Op.Conv2dInputGradient(Window.of(2, 1), 2 * edge, 2 * edge), x, back);
            graph.output("up", up.add(bias).mul(style));
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            graph.inputs().forEach((name, value) ->
                    inputs.put(name, GraphRun.uniform(new Random(name.hashCode()), DType.F32, value.shape(), -1, 1)));
            Map<String, double[]> expected = GraphRun.run(new ScalarBackend(), graph, inputs);
            Map<String, double[]> actual = GraphRun.run(new VectorBackend(3), graph, inputs);
            expected.forEach((name, numbers) -> assertArrayEquals(numbers, actual.get(name), 2e-5, name + " of " + channels));
        }
    }

    /** A training step that has every kind of step in it. */
    private static Executable trainingStep(Session session) {
        Graph graph = graph(2, 6);
        Value keys = graph.input("keys", DType.I32, Shape.of(2, 4));
        Value indices = graph.input("indices", DType.I32, Shape.of(2));
        Value table = graph.state("table", DType.F32, Shape.of(5, 16));
        session.put("table", GraphRun.uniform(new Random(4), DType.F32, Shape.of(5, 16), -1, 1));
        Value noise = graph.normal(keys, Shape.of(2, 16)).add(table.gather(indices));
        Value joined = Value.concat(1, noise, noise.slice(1, 0, 5).pad(1, 1, 0, 0.5f));
        Value loss = joined.matMul(joined, false, true).add(1).square().sum().add(graph.outputs().get("y").square().mean());
        Value gradient = Gradients.of(loss, List.of(table)).get(0);
        graph.assign(table, table.sub(gradient.mul(1e-4)));
        graph.output("loss", loss);
        return session.compile(graph);
    }

    private static Map<String, Tensor> trainingInputs() {
        Map<String, Tensor> inputs = inputs(2, 6);
        inputs.put("keys", GraphRun.uniform(new Random(5), DType.I32, Shape.of(2, 4), 0, 1000));
        inputs.put("indices", GraphRun.uniform(new Random(6), DType.I32, Shape.of(2), 0, 5));
        return inputs;
    }

    @Tag("alone")
    @Test
    void runsAllocateNothing() {
        assertAllocatesNothing(0);
        assertAllocatesNothing(Long.MAX_VALUE);
        PlainTiles.allow(0);
    }

    /** @param plainly multiply-adds that are done without vectors */
    private static void assertAllocatesNothing(long plainly) {
        PlainTiles.allow(plainly);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Session session = new VectorBackend(1).open()) {
            Executable step = trainingStep(session);
            Map<String, Tensor> inputs = trainingInputs();
            long least = Long.MAX_VALUE;
            // Vectors are objects until the loops are compiled, so the first runs do allocate.
            for (int run = 0; run < 20_000 && least > 0; run++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                step.run(inputs);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, least);
        }
    }

    @Test
    void theFirstBadNumberIsNamedAndStatesAreKept() {
        try (Session session = new VectorBackend(2).open()) {
            session.put("w", GraphRun.tensor(DType.F32, Shape.of(3), 1, -2, 3));
            Graph graph = new Graph();
            Value w = graph.state("w", DType.F32, Shape.of(3));
            Value x = graph.input("x", DType.F32, Shape.of(3));
            Value root = graph.scoped("critic", () -> graph.scoped("norm", () -> w.mul(x).sqrt()));
            graph.output("y", root.sum());
            graph.assign(w, w.sub(root));
            Executable step = session.compile(graph);
            FiniteCheck check = (FiniteCheck) step;
            Tensor good = GraphRun.tensor(DType.F32, Shape.of(3), 1, -1, 1);
            Tensor bad = GraphRun.tensor(DType.F32, Shape.of(3), 1, 1, 1);
            assertTrue(check.firstNonFinite(Map.of("x", good)).isEmpty());
            FiniteCheck.NonFinite found = check.firstNonFinite(Map.of("x", bad)).orElseThrow();
            assertEquals("critic.norm", found.value().scope());
            assertEquals(1, found.index());
            assertEquals(1, found.count());
            assertTrue(Double.isNaN(found.found()));
            Tensor into = GraphRun.tensor(DType.F32, Shape.of(3));
            session.get("w", into);
            assertArrayEquals(new double[] {1, -2, 3}, GraphRun.numbers(into));
        }
    }

    @Test
    void compilingThatFailsLeavesNoMemoryBehind() {
        Products failing = (batch, m, n, k, transA, transB, typeA, typeB) -> {
            throw new OutOfMemoryError("as it happens");
        };
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(2, 2));
        graph.output("y", x.matMul(x));
        Arena arena = Arena.ofShared();
        try (WorkerPool pool = new WorkerPool(1)) {
            assertThrows(OutOfMemoryError.class, () -> VectorExecutable.of(graph, Map.of(), pool, failing, arena));
        }
        assertFalse(arena.scope().isAlive());
    }

    @Test
    void closingFreesTheMemory() {
        Session session = new VectorBackend(2).open();
        Executable step = trainingStep(session);
        Tensor loss = step.output("loss");
        assertTrue(step.workingBytes() > 0);
        step.close();
        assertThrows(IllegalStateException.class, () -> loss.getFloat(0));
        assertThrows(IllegalStateException.class, () -> step.run(trainingInputs()));
        session.close();
        session.close();
        assertThrows(IllegalStateException.class, () -> session.put("table", GraphRun.tensor(DType.F32, Shape.of(5, 16))));
    }
}
