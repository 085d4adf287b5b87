package dev.t2i.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Operations, layers and their gradients against PyTorch: {@code op_fixtures.py} wrote, for each case, inputs {@code x0},
 * {@code x1}, …, the result {@code y}, a cotangent {@code g} of it, and the gradients {@code dx0}, {@code dx1}, ….
 */
class OperationFixturesTest {
    /** The file holds F32 results of double-precision arithmetic. */
    private static final double PRECISE = 2e-7;
    private static final double ROUNDED = 3e-6;

    private final SafetensorsFile fixtures = open();
    private final Map<String, Function<List<Value>, Value>> cases = new LinkedHashMap<>();

    private static SafetensorsFile open() {
        try (InputStream in = OperationFixturesTest.class.getResourceAsStream("/graph/operations.safetensors")) {
            return SafetensorsFile.read(in, "operations.safetensors", Arena.ofAuto());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    OperationFixturesTest() {
        elementwise();
        movement();
        products();
        convolutions();
        lookups();
        layers();
    }

    private void one(String name, UnaryOperator<Value> function) {
        cases.put(name, x -> function.apply(x.get(0)));
    }

    private void elementwise() {
        one("neg", Value::neg);
        one("abs", Value::abs);
        one("sign", Value::sign);
        one("exp", Value::exp);
        one("tanh", Value::tanh);
        one("erf", Value::erf);
        one("sin", Value::sin);
        one("cos", Value::cos);
        one("floor", x -> x.unary(Op.UnaryKind.FLOOR));
        one("reciprocal", Value::reciprocal);
        one("sqrt", Value::sqrt);
        one("rsqrt", Value::rsqrt);
        one("log", Value::log);
        one("leaky relu", x -> x.leakyRelu(0.25));
        one("relu", Value::relu);
        for (String broadcasting : List.of("", " broadcasting")) {
            cases.put("add" + broadcasting, x -> x.get(0).add(x.get(1)));
            cases.put("sub" + broadcasting, x -> x.get(0).sub(x.get(1)));
            cases.put("mul" + broadcasting, x -> x.get(0).mul(x.get(1)));
            cases.put("div" + broadcasting, x -> x.get(0).div(x.get(1)));
            cases.put("maximum" + broadcasting, x -> x.get(0).max(x.get(1)));
            cases.put("minimum" + broadcasting, x -> x.get(0).min(x.get(1)));
        }
        cases.put("greater", x -> x.get(0).greater(x.get(1)).mul(x.get(0)));
        cases.put("greater equal", x -> x.get(0).greaterEqual(x.get(1)).mul(x.get(0)));
        cases.put("equal", x -> x.get(0).equal(x.get(1)).mul(x.get(0)));
        cases.put("select", x -> x.get(0).cast(DType.F32).select(x.get(1), x.get(2)));
    }

    private void movement() {
        one("reshape", x -> x.reshape(4, 3, 5));
        one("transpose", x -> x.transpose(2, 0, 3, 1));
        one("broadcast", x -> x.broadcastTo(Shape.of(2, 3, 4, 5)));
        one("strided slice", x -> x.slice(0, 1, 9, 3).slice(2, 2, 5));
        one("constant pad", x -> x.pad(1, 2, 1, 0.5f).pad(0, 0, 3, 0.5f));
        one("interior pad", x -> x.graph().add(new Op.Pad(List.of(1, 0), List.of(2, 0), List.of(2, 0), -1), x));
        cases.put("concat", x -> Value.concat(1, x.get(0), x.get(1), x.get(2)));
    }

    private void products() {
        one("sum all", Value::sum);
        one("sum 0 2", x -> x.sum(0, 2));
        one("mean 1", x -> x.mean(1));
        one("maximum 0 1", x -> x.maximum(0, 1));
        one("maximum with ties", x -> x.maximum(1));
        for (boolean ta : new boolean[] {false, true}) {
            for (boolean tb : new boolean[] {false, true}) {
                for (int batchRank : new int[] {0, 2}) {
                    cases.put("matmul %s %s %d".formatted(ta ? "True" : "False", tb ? "True" : "False", batchRank),
                            x -> x.get(0).matMul(x.get(1), ta, tb));
                }
            }
        }
    }

    private void convolutions() {
        Map<String, Window> windows = Map.of(
                "3x3", Window.of(1, 1), "4x4 stride 2", Window.of(2, 1), "4x4 stride 2 odd", Window.of(2, 1), "1x1", Window.of(1, 0),
                "1x1 stride 2", Window.of(2, 0), "4x4 to one pixel", Window.of(1, 0),
                "uneven", new Window(3, 1, 0, 1, 2, 0), "wide padding", new Window(2, 1, 3, 3, 3, 3));
        windows.forEach((name, window) -> {
            cases.put("conv " + name, x -> Functions.conv2d(x.get(0), x.get(1), window));
            Shape picture = fixtures.tensor("conv " + name + "/x0").shape();
            Shape kernel = fixtures.tensor("conv " + name + "/x1").shape();
            cases.put("input gradient " + name,
                    x -> Composites.transposedConv(x.get(0), x.get(1), window, picture.dim(1), picture.dim(2)));
            cases.put("weight gradient " + name, x -> x.get(0).graph().add(
                    new Op.Conv2dWeightGradient(window, kernel.dim(0), kernel.dim(1)), x));
        });
        cases.put("transposed conv", x -> Composites.transposedConv(x.get(0), x.get(1), Window.of(2, 1), 6, 8));
        cases.put("transposed conv with output padding", x -> Composites.transposedConv(x.get(0), x.get(1), Window.of(2, 1), 6, 8));
    }

    private void lookups() {
        cases.put("gather", x -> x.get(0).gather(x.get(1)));
        cases.put("scatter", x -> x.get(0).graph().add(new Op.ScatterAdd(5), x));
        cases.put("embedding", x -> x.get(1).gather(x.get(0)).mul(3));
    }

    private void layers() {
        one("softmax", x -> Functions.softmax(x, 1));
        one("log softmax", x -> Functions.logSoftmax(x, -1));
        one("gelu", Functions::gelu);
        one("gelu tanh", Functions::geluTanh);
        one("sigmoid", Functions::sigmoid);
        one("softplus", Functions::softplus);
        one("silu", Functions::silu);
        one("glu", Functions::glu);
        cases.put("layer norm", x -> Composites.layerNorm(x.get(0), x.get(1), x.get(2)));
        cases.put("group norm", x -> Composites.groupNorm(x.get(0), 3, x.get(1), x.get(2)));
        cases.put("batch norm", x -> Composites.batchNorm(x.get(0), x.get(1), x.get(2)));
        one("instance norm", Composites::instanceNorm);
        one("nearest twice", x -> Functions.upsampleNearest(x, 2));
        one("bilinear twice", Composites::bilinearTwice);
        one("bilinear 7x5", x -> Functions.resizeBilinear(x, 7, 5));
        one("average pool", x -> Functions.averagePool(x, 2));
        one("max pool", x -> Functions.maxPool(x, 2, 2, 0));
        one("max pool 3x3", x -> Functions.maxPool(x, 3, 2, 1));
        cases.put("attention", x -> Composites.attention(x.get(0), x.get(1), x.get(2), x.get(3).cast(DType.F32)));
        cases.put("cross entropy", x -> Functions.crossEntropy(x.get(0), x.get(1).cast(DType.F32)));
        cases.put("gradient penalty", OperationFixturesTest::gradientPenalty);
    }

    private static Value gradientPenalty(List<Value> x) {
        Value pictures = x.get(0);
        Value texts = x.get(1);
        Value h = Functions.conv2d(pictures, x.get(2), Window.of(1, 1)).leakyRelu(0.25);
        h = Functions.conv2d(h, x.get(3), Window.of(2, 1)).leakyRelu(0.25);
        Value spread = texts.reshape(2, 1, 1, 3).broadcastTo(Shape.of(2, 4, 4, 3));
        Value score = Functions.conv2d(Value.concat(3, h, spread), x.get(4), Window.of(1, 0));
        List<Value> gradients = Gradients.of(score.sum(), List.of(pictures, texts));
        Value norm = gradients.get(0).square().sum(1, 2, 3).reshape(2).add(gradients.get(1).square().sum(1).reshape(2)).sqrt();
        return norm.mul(norm).mul(norm).square().mean().reshape();
    }

    @Test
    void everyFixtureIsTested() {
        TreeSet<String> written = new TreeSet<>();
        fixtures.names().forEach(name -> written.add(name.substring(0, name.indexOf('/'))));
        assertEquals(written, new TreeSet<>(cases.keySet()));
    }

    @TestFactory
    Stream<DynamicTest> inDoublePrecision() {
        return cases.keySet().stream().map(name -> DynamicTest.dynamicTest(name,
                () -> check(name, new ScalarBackend(Precision.F64), PRECISE)));
    }

    @TestFactory
    Stream<DynamicTest> roundedToFloat() {
        return cases.keySet().stream().map(name -> DynamicTest.dynamicTest(name, () -> check(name, new ScalarBackend(), ROUNDED)));
    }

    private void check(String name, Backend backend, double tolerance) {
        Graph graph = new Graph();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        List<Value> x = new ArrayList<>();
        for (int i = 0; fixtures.names().contains(name + "/x" + i); i++) {
            x.add(input(graph, inputs, name, "x" + i));
        }
        Value y = cases.get(name).apply(x);
        graph.output("y", y);
        if (fixtures.names().contains(name + "/g")) {
            List<Value> gradients = Gradients.of(List.of(y), List.of(input(graph, inputs, name, "g")), x);
            for (int i = 0; i < x.size(); i++) {
                if (fixtures.names().contains(name + "/dx" + i)) {
                    graph.output("dx" + i, gradients.get(i));
                }
            }
        }
        Map<String, double[]> results = GraphRun.run(backend, graph, inputs);
        results.forEach((output, numbers) -> {
            Tensor expected = fixtures.tensor(name + "/" + output);
            assertEquals(expected.shape(), graph.outputs().get(output).shape(), output);
            double largest = 0;
            for (long i = 0; i < expected.size(); i++) {
                largest = Math.max(largest, Math.abs(expected.getDouble(i)));
            }
            for (int i = 0; i < numbers.length; i++) {
                assertEquals(expected.getDouble(i), numbers[i], tolerance * largest + 1e-12, output + " at " + i);
            }
        });
    }

    private Value input(Graph graph, Map<String, Tensor> inputs, String name, String part) {
        Tensor tensor = fixtures.tensor(name + "/" + part);
        inputs.put(part, tensor);
        return graph.input(part, tensor.dtype(), tensor.shape());
    }
}
