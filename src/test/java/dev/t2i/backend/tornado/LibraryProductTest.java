package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Expression;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.graph.Window;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products by a library: which, with what arguments, and whether whole programs with them compute what the scalar backend computes. No device is needed. */
class LibraryProductTest {
    @Test
    void onlyLargeProductsWithFewCopiesGoToALibrary() {
        assertTrue(LibraryRule.LARGE.takes(1, 512, 512, 512));
        assertTrue(LibraryRule.LARGE.takes(1, 64, 3072, 768));
        assertTrue(LibraryRule.LARGE.takes(96, 128, 128, 128));
        assertFalse(LibraryRule.LARGE.takes(1, 256, 256, 256), "small");
        assertFalse(LibraryRule.LARGE.takes(1, 4, 50_257, 768), "a few rows: copying the matrix takes as long as the product");
        assertFalse(LibraryRule.LARGE.takes(12_000, 64, 64, 8), "many that are small each");
        assertTrue(LibraryRule.LARGE.takes(1, 100_000, 100_000, 1000), "beyond what an int counts");
        assertFalse(LibraryRule.NONE.takes(1, 4096, 4096, 4096));
        assertTrue(LibraryRule.ALL.takes(1, 1, 2, 3));
        assertFalse(LibraryRule.ALL.takes(1, 1, 2, 0), "of nothing");
    }

    /** The right factor first, as its transpose, with the elements of a row between columns. */
    @ParameterizedTest
    @CsvSource({"false, false, 0, 0, 7, 5", "true, false, 0, 1, 7, 3", "false, true, 1, 0, 5, 5", "true, true, 1, 1, 5, 3"})
    void rowsBecomeColumns(boolean transposeLeft, boolean transposeRight, int first, int second, int firstLeading, int secondLeading) {
        LibraryCall call = LibraryCall.rowMajor("product", new Product.Sizes(1, 3, 7, 5, !transposeLeft, transposeRight));
        assertEquals("cublasSgemm", call.function());
        assertEquals(List.of(first, second, 7, 3, 5, 1f, LibraryArray.RIGHT, firstLeading, LibraryArray.LEFT, secondLeading, 0f, LibraryArray.RESULT, 7),
                call.parameters(array -> array));
        assertEquals(13, call.arguments(Room.ALWAYS.size()));
        assertEquals(List.of(15, 35, 21), List.of(call.size(LibraryArray.LEFT), call.size(LibraryArray.RIGHT), call.size(LibraryArray.RESULT)));
        assertEquals(new Work(2 * 105, 4 * 71), call.work());
    }

    @Test
    void batchesHaveStrides() {
        LibraryCall call = LibraryCall.rowMajor("products", new Product.Sizes(4, 3, 7, 5, true, true));
        assertEquals("cublasSgemmStridedBatched", call.function());
        assertEquals(List.of(1, 0, 7, 3, 5, 1f, LibraryArray.RIGHT, 5, 35L, LibraryArray.LEFT, 5, 15L, 0f, LibraryArray.RESULT, 7, 21L, 4), call.parameters(array -> array));
        assertEquals(17, call.arguments(Room.ALWAYS.size()));
    }

    @Test
    void anEpilogueThatReadsEveryRoomLeavesTheProductToAKernel() {
        LibraryCall call = LibraryCall.rowMajor("product", new Product.Sizes(1, 2, 2, 2, true, false));
        Shape shape = Shape.of(2, 2);
        Spot out = new Spot(Room.OUTPUTS, 0);
        List<Operand> further = new ArrayList<>();
        for (Room room : List.of(Room.STATES, Room.TEMPORARIES, Room.INPUTS, Room.CONSTANTS)) {
            assertTrue(LibraryProduct.tasks(call, out, out, sum(further.size()), further, out, shape).isPresent());
            further.add(new Operand(new Spot(room, 0), View.of(shape)));
        }
        assertTrue(LibraryProduct.tasks(call, out, out, sum(further.size()), further, out, shape).isEmpty());
    }

    /** The product and something of each further operand. */
    private static Op.Epilogue sum(int operands) {
        List<Expression.Instruction> sums = new ArrayList<>();
        for (int i = 0; i < operands; i++) {
            sums.add(new Expression.Instruction.Binary(Op.BinaryKind.ADD, i == 0 ? 0 : operands + i, i + 1));
        }
        return operands == 0 ? Op.Epilogue.NONE
                : new Op.Epilogue(new Expression(operands + 1, sums), java.util.Collections.nCopies(operands, View.of(Shape.of(2, 2))));
    }

    @ParameterizedTest
    @CsvSource({"1, false, false", "1, true, false", "1, false, true", "1, true, true", "3, false, false", "3, true, false", "3, false, true", "3, true, true"})
    void allTurnsAndBatchesWithAnEpilogue(int batch, boolean transposeLeft, boolean transposeRight) {
        Graph graph = new Graph();
        Value a = graph.input("a", DType.F32, transposeLeft ? Shape.of(batch, 5, 3) : Shape.of(batch, 3, 5));
        Value b = graph.state("b", DType.F32, transposeRight ? Shape.of(batch, 7, 5) : Shape.of(batch, 5, 7));
        Value bias = graph.state("bias", DType.F32, Shape.of(7));
        Value product = a.matMul(b, transposeLeft, transposeRight);
        graph.output("y", product.add(bias.reshape(1, 1, 7).broadcastTo(product.shape())).max(graph.scalar(0)));
        graph.output("plain", a.mul(2).matMul(b, transposeLeft, transposeRight));
        requireSame(graph, LibraryRule.ALL, 2);
    }

    /** Two layers, their gradients and a step: products read states, inputs and temporaries, and what they give goes on into all kinds of kernels. */
    @ParameterizedTest
    @EnumSource(LibraryRule.class)
    void aTrainingStep(LibraryRule rule) {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(6, 5));
        Value w1 = graph.state("w1", DType.F32, Shape.of(5, 8));
        Value b1 = graph.state("b1", DType.F32, Shape.of(8));
        Value w2 = graph.state("w2", DType.F32, Shape.of(8, 4));
        Value hidden = x.matMul(w1);
        hidden = hidden.add(b1.reshape(1, 8).broadcastTo(hidden.shape())).tanh();
        Value y = hidden.matMul(w2);
        Value loss = y.sub(graph.input("target", DType.F32, y.shape())).square().mean();
        List<Value> parameters = List.of(w1, b1, w2);
        List<Value> gradients = Gradients.of(loss, parameters);
        for (int i = 0; i < parameters.size(); i++) {
            graph.assign(parameters.get(i), parameters.get(i).sub(gradients.get(i).mul(0.1)));
        }
        graph.output("loss", loss);
        graph.output("y", y);
        requireSame(graph, rule, rule == LibraryRule.ALL ? 5 : 0);
    }

    /** Windows of one pixel are products of matrices, and so are their gradients; larger ones are left to kernels. */
    @Test
    void convolutionsOfSinglePixels() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(2, 3, 4, 5));
        Value w = graph.state("w", DType.F32, Shape.of(1, 1, 5, 6));
        Value plain = graph.add(new Op.Conv2d(Window.of(1, 0)), x, w);
        Value y = graph.add(new Op.Conv2d(Window.of(1, 1)), plain.max(graph.scalar(0)), graph.state("v", DType.F32, Shape.of(3, 3, 6, 2)));
        Value strided = graph.add(new Op.Conv2d(Window.of(2, 0)), x, w);
        Value loss = y.square().sum().add(strided.sum());
        List<Value> gradients = Gradients.of(loss, List.of(x, w));
        graph.output("dx", gradients.get(0));
        graph.output("dw", gradients.get(1));
        requireSame(graph, LibraryRule.ALL, 3);
    }

    /** Runs the graph with kernels as Java and on the scalar backend, twice, and compares outputs and states. */
    private static void requireSame(Graph graph, LibraryRule rule, int calls) {
        Random random = new Random(11);
        try (Session scalar = new ScalarBackend().open(); Session device = new JvmBackend(rule).open()) {
            graph.states().forEach((name, value) -> {
                Tensor tensor = GraphRun.uniform(random, DType.F32, value.shape(), -1, 1);
                scalar.put(name, tensor);
                device.put(name, tensor);
            });
            try (Executable known = scalar.compile(graph); Executable executable = device.compile(graph)) {
                List<Task> tasks = ((TornadoExecutable) executable).program().tasks();
                assertEquals(calls, tasks.stream().filter(LibraryCall.class::isInstance).count(), () -> tasks.stream().map(Task::what).toList().toString());
                for (int run = 0; run < 2; run++) {
                    Map<String, Tensor> inputs = new LinkedHashMap<>();
                    graph.inputs().forEach((name, value) -> inputs.put(name, GraphRun.uniform(random, DType.F32, value.shape(), -1, 1)));
                    known.run(inputs);
                    executable.run(inputs);
                    graph.outputs().keySet().forEach(name -> requireClose(name, known.output(name), executable.output(name)));
                    graph.states().forEach((name, value) -> requireClose(name, state(scalar, name, value), state(device, name, value)));
                }
            }
        }
    }

    private static Tensor state(Session session, String name, Value value) {
        Tensor now = GraphRun.tensor(DType.F32, value.shape());
        session.get(name, now);
        return now;
    }

    private static void requireClose(String name, Tensor expected, Tensor found) {
        for (long i = 0; i < expected.size(); i++) {
            assertEquals(expected.getDouble(i), found.getDouble(i), 1e-5, name + " at " + i);
        }
    }
}
