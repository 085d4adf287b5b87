package dev.t2i.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.Trial;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Gradients of first, second and third order against central differences in double precision.
 *
 * <p>For each operation {@code f}, the loss of order 1 is a random weighting of {@code sin(f(x))} (the sine gives linear
 * operations curvature), and the loss of each higher order is the sum of squares of the gradient below it, so that a
 * gradient flows through every row of the table, and through the rows that those rows are made of.
 */
class GradientsTest {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 1e-6;
    private static final int DIRECTIONS = 2;

    private record Case(String name, int orders, Function<Trial, Value> trace) {}

    private static Case all(String name, Function<Trial, Value> trace) {
        return new Case(name, 3, trace);
    }

    @TestFactory
    Stream<DynamicTest> elementwise() {
        List<Case> cases = new ArrayList<>();
        for (Op.UnaryKind kind : Op.UnaryKind.values()) {
            double low = switch (kind) {
                case SQRT, RSQRT, LOG, RECIPROCAL -> 0.5;
                default -> -2;
            };
            cases.add(all(kind.name(), t -> t.graph().add(new Op.Unary(kind, 0.2f), t.between(low, 2, 3, 4))));
        }
        for (Op.BinaryKind kind : Op.BinaryKind.values()) {
            cases.add(all(kind.name(), t -> t.graph().add(new Op.Binary(kind), t.between(0.5, 2, 3, 4), t.between(0.5, 2, 3, 4))));
        }
        cases.add(all("negative slope", t -> t.f32(9).leakyRelu(-0.5)));
        cases.add(all("a number with itself", t -> {
            Value x = t.f32(5);
            return x.mul(x).add(x).div(x.add(3));
        }));
        cases.add(all("SELECT", t -> t.whole(2, 3, 4).stopGradient().select(t.f32(3, 4), t.f32(4))));
        cases.add(all("gelu", t -> Functions.gelu(t.between(-3, 3, 7))));
        cases.add(all("gelu by tanh", t -> Functions.geluTanh(t.between(-3, 3, 7))));
        cases.add(all("softplus", t -> Functions.softplus(t.between(-3, 3, 7))));
        return tests(cases);
    }

    @TestFactory
    Stream<DynamicTest> movement() {
        return tests(List.of(
                all("reshape", t -> t.f32(3, 4).reshape(2, 6)),
                all("transpose", t -> t.f32(2, 3, 4).transpose(2, 0, 1)),
                all("broadcast", t -> t.f32(3, 1).broadcastTo(Shape.of(2, 3, 4))),
                all("broadcast of a scalar", t -> t.f32().broadcastTo(Shape.of(2, 3))),
                all("broadcasting product", t -> t.f32(3, 1, 2).mul(t.f32(4, 1))),
                all("strided slice", t -> t.f32(9, 4).slice(0, 1, 9, 3).slice(1, 1, 3)),
                all("pad", t -> pad(t.f32(3, 4), List.of(1, 0), List.of(2, 3), List.of(2, 0))),
                all("slice of a pad", t -> pad(t.f32(3, 4), List.of(1, 0), List.of(2, 3), List.of(2, 1)).slice(0, 0, 9, 2)),
                all("concat", t -> Value.concat(1, t.f32(2, 3), t.f32(2, 1), t.f32(2, 2))),
                all("concat with itself", t -> {
                    Value x = t.f32(2, 3);
                    return Value.concat(0, x, x.square(), x);
                }),
                all("gather", t -> t.f32(5, 2).gather(t.indices(5, 3, 4))),
                all("scatter", t -> t.graph().add(new Op.ScatterAdd(4), t.indices(4, 6), t.f32(6, 2))),
                all("bilinear resize", t -> Functions.resizeBilinear(t.f32(1, 3, 2, 2), 5, 3)),
                all("nearest resize", t -> Functions.upsampleNearest(t.f32(1, 2, 3, 2), 2))));
    }

    private static Value pad(Value x, List<Integer> low, List<Integer> high, List<Integer> interior) {
        return x.graph().add(new Op.Pad(low, high, interior, 0.5f), x);
    }

    @TestFactory
    Stream<DynamicTest> reductionsAndProducts() {
        List<Case> cases = new ArrayList<>(List.of(
                all("sum", t -> t.f32(3, 4).sum()),
                all("sum over an axis", t -> t.f32(3, 4, 2).sum(1)),
                all("mean", t -> t.f32(3, 4, 2).mean(0, 2)),
                all("maximum", t -> t.f32(3, 4, 2).maximum(1)),
                all("maximum pool", t -> Functions.maxPool(t.f32(1, 5, 5, 2), 3, 2, 0)),
                all("softmax", t -> Functions.softmax(t.between(-2, 2, 3, 4), -1)),
                all("log softmax", t -> Functions.logSoftmax(t.between(-2, 2, 3, 4), 0)),
                all("standardize", t -> Functions.standardize(t.f32(3, 5), 1e-1, -1)),
                all("product with its own transpose", t -> {
                    Value x = t.f32(3, 4);
                    return x.matMul(x, false, true);
                })));
        for (int flags = 0; flags < 4; flags++) {
            boolean ta = (flags & 1) != 0;
            boolean tb = (flags & 2) != 0;
            cases.add(all("product " + (ta ? "ᵀ" : "") + " by " + (tb ? "ᵀ" : ""),
                    t -> (ta ? t.f32(3, 2) : t.f32(2, 3)).matMul(tb ? t.f32(4, 3) : t.f32(3, 4), ta, tb)));
            cases.add(all("batched product " + (ta ? "ᵀ" : "") + " by " + (tb ? "ᵀ" : ""),
                    t -> (ta ? t.f32(2, 3, 2) : t.f32(2, 2, 3)).matMul(tb ? t.f32(2, 4, 3) : t.f32(2, 3, 4), ta, tb)));
        }
        return tests(cases);
    }

    @TestFactory
    Stream<DynamicTest> convolutions() {
        List<Case> cases = new ArrayList<>();
        record Sizes(int h, int w, int kh, int kw, Window window) {}
        for (Sizes s : List.of(new Sizes(4, 3, 3, 3, Window.of(1, 1)), new Sizes(6, 4, 4, 4, Window.of(2, 1)),
                new Sizes(5, 5, 4, 4, Window.of(2, 1)), new Sizes(3, 2, 1, 1, Window.of(1, 0)), new Sizes(4, 5, 1, 1, Window.of(2, 0)),
                new Sizes(5, 4, 3, 2, new Window(3, 1, 0, 1, 2, 0)))) {
            int ho = s.window.outHeight(s.h, s.kh);
            int wo = s.window.outWidth(s.w, s.kw);
            cases.add(all("convolution " + s, t -> Functions.conv2d(t.f32(2, s.h, s.w, 2), t.f32(s.kh, s.kw, 2, 3), s.window)));
            cases.add(all("input gradient " + s, t -> t.graph().add(new Op.Conv2dInputGradient(s.window, s.h, s.w),
                    t.f32(2, ho, wo, 3), t.f32(s.kh, s.kw, 2, 3))));
            cases.add(all("weight gradient " + s, t -> t.graph().add(new Op.Conv2dWeightGradient(s.window, s.kh, s.kw),
                    t.f32(2, s.h, s.w, 2), t.f32(2, ho, wo, 3))));
        }
        return tests(cases);
    }

    /** The pattern of GAN training: a penalty on the critic's gradient, differentiated by the critic's weights. */
    @TestFactory
    Stream<DynamicTest> gradientPenalty() {
        return tests(List.of(new Case("matching-aware gradient penalty", 1, t -> {
            Value pictures = t.f32(2, 6, 6, 2);
            Value texts = t.f32(2, 3);
            Value h = Functions.conv2d(pictures, t.between(-0.4, 0.4, 3, 3, 2, 3), Window.of(1, 1)).leakyRelu(0.2);
            Value shortcut = Functions.averagePool(Functions.conv2d(h, t.between(-0.4, 0.4, 1, 1, 3, 4), Window.of(1, 0)), 2);
            h = Functions.conv2d(h, t.between(-0.4, 0.4, 4, 4, 3, 4), Window.of(2, 1)).leakyRelu(0.2).add(shortcut);
            h = Functions.standardize(h, 1, 1, 2);
            Value spread = texts.reshape(2, 1, 1, 3).broadcastTo(Shape.of(2, 3, 3, 3));
            Value score = Functions.conv2d(Value.concat(3, h, spread).tanh(), t.between(-0.4, 0.4, 3, 3, 7, 1), Window.of(1, 0));
            List<Value> gradients = Gradients.of(score.sum(), List.of(pictures, texts));
            Value norm = gradients.get(0).square().sum(1, 2, 3).reshape(2).add(gradients.get(1).square().sum(1).reshape(2)).sqrt();
            return norm.square().mul(norm.square()).mul(norm.square()).mean();
        })));
    }

    private static Stream<DynamicTest> tests(List<Case> cases) {
        return cases.stream().map(c -> DynamicTest.dynamicTest(c.name, () -> check(c)));
    }

    private static void check(Case c) {
        Trial trial = new Trial(c.name.hashCode());
        Graph graph = trial.graph();
        Value y = c.trace.apply(trial);
        Map<String, Value> wrt = new LinkedHashMap<>();
        graph.inputs().forEach((name, value) -> {
            if (value.dtype() == DType.F32) {
                wrt.put(name, value);
            }
        });
        Value loss = y.sin().mul(trial.f32(y.shape().dims())).sum().reshape();
        for (int order = 1; order <= c.orders; order++) {
            graph.output("loss " + order, loss);
            List<Value> gradients = Gradients.of(loss, List.copyOf(wrt.values()));
            loss = graph.scalar(0);
            int i = 0;
            for (String name : wrt.keySet()) {
                graph.output("gradient " + order + name, gradients.get(i));
                loss = loss.add(gradients.get(i++).square().sum().reshape());
            }
        }
        Map<String, Tensor> at = new LinkedHashMap<>();
        trial.inputs().forEach((name, tensor) -> at.put(name, precise(tensor)));
        try (Session session = new ScalarBackend(Precision.F64).open(); Executable executable = session.compile(graph)) {
            for (String name : wrt.keySet()) {
                for (int direction = 0; direction < DIRECTIONS; direction++) {
                    Tensor along = GraphRun.uniform(trial.random(), DType.F64, wrt.get(name).shape(), -1, 1);
                    checkAlong(c, executable, at, name, along);
                }
            }
        }
    }

    private static void checkAlong(Case c, Executable executable, Map<String, Tensor> at, String name, Tensor along) {
        executable.run(at);
        double[] slopes = new double[c.orders + 1];
        double[] scales = new double[c.orders + 1];
        for (int order = 1; order <= c.orders; order++) {
            double[] gradient = GraphRun.numbers(executable.output("gradient " + order + name));
            for (int i = 0; i < gradient.length; i++) {
                slopes[order] += gradient[i] * along.getDouble(i);
                scales[order] += Math.abs(gradient[i] * along.getDouble(i));
            }
        }
        double[] ahead = losses(c, executable, moved(at, name, along, STEP));
        double[] behind = losses(c, executable, moved(at, name, along, -STEP));
        for (int order = 1; order <= c.orders; order++) {
            double difference = (ahead[order] - behind[order]) / (2 * STEP);
            // What cancels in a difference of two losses of this size.
            double noise = 1e-15 * Math.abs(ahead[order]) / STEP;
            assertEquals(difference, slopes[order], TOLERANCE * scales[order] + 10 * noise + 1e-12, "order " + order + " by " + name);
        }
    }

    private static double[] losses(Case c, Executable executable, Map<String, Tensor> at) {
        executable.run(at);
        double[] losses = new double[c.orders + 1];
        for (int order = 1; order <= c.orders; order++) {
            losses[order] = executable.output("loss " + order).getDouble(0);
        }
        return losses;
    }

    private static Map<String, Tensor> moved(Map<String, Tensor> at, String name, Tensor along, double step) {
        Map<String, Tensor> moved = new LinkedHashMap<>(at);
        Tensor tensor = precise(at.get(name));
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, tensor.getDouble(i) + step * along.getDouble(i));
        }
        moved.put(name, tensor);
        return moved;
    }

    /** A copy that a small step does not vanish in. */
    private static Tensor precise(Tensor tensor) {
        Tensor copy = GraphRun.tensor(tensor.dtype() == DType.F32 ? DType.F64 : tensor.dtype(), tensor.shape());
        copy.copyFrom(tensor);
        return copy;
    }

    private static double[] run(Graph graph, String output) {
        return GraphRun.run(new ScalarBackend(), graph, Map.of()).get(output);
    }

    @Test
    void valueThatTheLossIgnoresHasZeroGradient() {
        Graph graph = new Graph();
        Value x = graph.fill(2, Shape.of(2));
        Value y = graph.fill(3, Shape.of(3));
        graph.output("dy", Gradients.of(x.square().sum(), List.of(y)).get(0));
        assertEquals(0, run(graph, "dy")[2]);
    }

    @Test
    void noGradientPassesAStop() {
        Graph graph = new Graph();
        Value x = graph.fill(2, Shape.SCALAR);
        graph.output("dx", Gradients.of(x.square().stopGradient().mul(x), List.of(x)).get(0));
        assertEquals(4, run(graph, "dx")[0]);
    }

    @Test
    void gradientByAValueInTheMiddle() {
        Graph graph = new Graph();
        Value x = graph.fill(2, Shape.SCALAR);
        Value y = x.square();
        List<Value> gradients = Gradients.of(y.mul(y).mul(x), List.of(y, x));
        graph.output("dy", gradients.get(0));
        graph.output("dx", gradients.get(1));
        assertEquals(2 * 4 * 2, run(graph, "dy")[0]);
        assertEquals(5 * 16, run(graph, "dx")[0]);
    }

    @Test
    void aPartialGradientStopsAtEachOfItsVariables() {
        Graph graph = new Graph();
        Value x = graph.fill(2, Shape.SCALAR);
        Value y = x.square();
        List<Value> gradients = Gradients.partial(y.mul(y).mul(x), List.of(y, x));
        graph.output("dy", gradients.get(0));
        graph.output("dx", gradients.get(1));
        graph.output("all of dx", Gradients.of(List.of(y, x), gradients, List.of(x)).get(0));
        assertEquals(2 * 4 * 2, run(graph, "dy")[0]);
        assertEquals(16, run(graph, "dx")[0]);
        assertEquals(5 * 16, run(graph, "all of dx")[0]);
    }

    @Test
    void broadcastToTheSameShapePassesTheGradientOn() {
        Graph graph = new Graph();
        Value x = graph.fill(2, Shape.of(3));
        Value y = graph.add(new Op.Broadcast(Shape.of(3)), x);
        graph.output("dx", Gradients.of(y.square().sum(), List.of(x)).get(0));
        assertEquals(4, run(graph, "dx")[1]);
    }

    @Test
    void maximumOverNoAxesPassesTheGradientOn() {
        Graph graph = new Graph();
        Value x = graph.fill(2, Shape.of(3));
        Value y = graph.add(new Op.Reduce(Op.ReduceKind.MAX, List.of()), x);
        graph.output("dx", Gradients.of(y.square().sum(), List.of(x)).get(0));
        assertEquals(4, run(graph, "dx")[1]);
    }

    @Test
    void halfPrecisionValuesHaveF32Gradients() {
        Graph graph = new Graph();
        Value w = graph.fill(2, Shape.of(2, 2)).cast(DType.F16);
        Value x = graph.fill(1, Shape.of(1, 2));
        Value table = graph.fill(1, Shape.of(3, 2)).cast(DType.BF16);
        Value kernel = graph.fill(3, Shape.of(1, 1, 2, 1)).cast(DType.F16);
        Value picture = graph.fill(1, Shape.of(1, 1, 1, 2)).cast(DType.F16);
        Value at = graph.literal(Constant.of(Shape.of(1), 1));
        Value pixel = graph.add(new Op.Conv2d(Window.of(1, 0)), picture, kernel);
        Value loss = x.matMul(w).matMul(w).sum().add(table.gather(at).cast(DType.F32).square().sum()).reshape()
                .add(pixel.square().reshape());
        List<Value> gradients = Gradients.of(loss, List.of(w, table, kernel, picture));
        for (int i = 0; i < gradients.size(); i++) {
            assertEquals(DType.F32, gradients.get(i).dtype());
            graph.output("d" + i, gradients.get(i));
        }
        assertEquals(8, run(graph, "d0")[0]);
        assertEquals(2, run(graph, "d1")[2]);
        assertEquals(12, run(graph, "d2")[1]);
        assertEquals(36, run(graph, "d3")[0]);
    }

    @Test
    void expressionsReadOnlyEarlierRegisters() {
        Expression itself = new Expression(1, List.of(new Expression.Instruction.Unary(Op.UnaryKind.NEG, 0, 1)));
        Graph graph = new Graph();
        Value x = graph.fill(1, Shape.of(2));
        assertThrows(GraphException.class, () -> graph.add(new Op.Fused(itself, List.of(View.of(Shape.of(2))), x.type()), x));
    }
}
