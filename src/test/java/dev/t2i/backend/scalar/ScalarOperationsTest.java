package dev.t2i.backend.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.t2i.backend.GraphRun;
import dev.t2i.graph.Constant;
import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.graph.Window;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Each operation on numbers that a person can check by hand. */
class ScalarOperationsTest {
    private static final Value[] NONE = {};

    private static double[] compute(ScalarBackend backend, Function<Graph, Value> trace) {
        Graph graph = new Graph();
        graph.output("y", trace.apply(graph));
        return GraphRun.run(backend, graph, Map.of()).get("y");
    }

    private static void check(Function<Graph, Value> trace, double... expected) {
        assertArrayEquals(expected, compute(new ScalarBackend(), trace), 1e-6);
    }

    private static Value vector(Graph graph, float... numbers) {
        return graph.literal(Constant.of(Shape.of(numbers.length), numbers));
    }

    /** 1, 2, 3, … */
    private static Value counting(Graph graph, int... dims) {
        float[] numbers = new float[(int) Shape.of(dims).size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + 1;
        }
        return graph.literal(Constant.of(Shape.of(dims), numbers));
    }

    @Test
    void sources() {
        check(g -> g.fill(2.5, Shape.of(2)), 2.5, 2.5);
        check(g -> g.fill(1, Shape.of(0, 3)));
        check(g -> vector(g, 1, -2), 1, -2);
        check(g -> g.iota(0, Shape.of(2, 3)), 0, 0, 0, 1, 1, 1);
        check(g -> g.iota(1, Shape.of(2, 3)), 0, 1, 2, 0, 1, 2);
    }

    @Test
    void randomRowsFollowTheirKeysAlone() {
        CounterRandom first = new CounterRandom(7, -3, 11, 5);
        CounterRandom second = new CounterRandom(1, 2, 3, 4);
        check(g -> g.normal(g.literal(Constant.of(Shape.of(2, 4), 7, -3, 11, 5, 1, 2, 3, 4)), Shape.of(2, 3, 1)),
                first.normal(0), first.normal(1), first.normal(2), second.normal(0), second.normal(1), second.normal(2));
        check(g -> g.uniform(g.literal(Constant.of(Shape.of(1, 4), 1, 2, 3, 4)), Shape.of(1, 2)),
                second.uniform(0), second.uniform(1));
    }

    @Test
    void unaries() {
        check(g -> vector(g, 2, -3).neg(), -2, 3);
        check(g -> vector(g, 2, -3).abs(), 2, 3);
        check(g -> vector(g, 2, -3, 0).sign(), 1, -1, 0);
        check(g -> vector(g, 2, -4).reciprocal(), 0.5, -0.25);
        check(g -> vector(g, 9).sqrt(), 3);
        check(g -> vector(g, 4).rsqrt(), 0.5);
        check(g -> vector(g, 0, 1).exp(), 1, Math.E);
        check(g -> vector(g, 1, (float) Math.E).log(), 0, 1);
        check(g -> vector(g, 0, 0.5f, 50).tanh(), 0, 0.46211715726, 1);
        check(g -> vector(g, 0, 0.5f, -1, 3, 30).erf(), 0, 0.5204998778, -0.8427007929, 0.9999779095, 1);
        check(g -> vector(g, 0, 1).sin(), 0, 0.84147098);
        check(g -> vector(g, 0, 1).cos(), 1, 0.54030231);
        check(g -> vector(g, 1.5f, -1.5f).unary(Op.UnaryKind.FLOOR), 1, -2);
        check(g -> vector(g, 2, -2, 0).leakyRelu(0.25), 2, -0.5, 0);
        check(g -> g.add(new Op.Unary(Op.UnaryKind.LEAKY_SLOPE, 0.25f), vector(g, 2, -2, 0)), 1, 0.25, 0.25);
    }

    @Test
    void errorFunctionIsExactToDoublePrecision() {
        // Values of erf to 20 digits, on both sides of where the expansions meet.
        assertEquals(0.11246291601828489220, ErrorFunction.erf(0.1), 1e-16);
        assertEquals(0.99532226501895273416, ErrorFunction.erf(2), 5e-16);
        assertEquals(0.99959304798255504106, ErrorFunction.erf(2.5), 5e-16);
        assertEquals(-0.99997790950300141456, ErrorFunction.erf(-3), 5e-16);
        assertEquals(ErrorFunction.erf(Math.nextDown(2.5)), ErrorFunction.erf(2.5), 5e-16);
        assertEquals(0, ErrorFunction.erf(0));
        assertEquals(-1, ErrorFunction.erf(Double.NEGATIVE_INFINITY));
        assertEquals(Double.NaN, ErrorFunction.erf(Double.NaN));
    }

    @Test
    void binaries() {
        check(g -> vector(g, 1, 2).add(vector(g, 3, 5)), 4, 7);
        check(g -> vector(g, 1, 2).sub(vector(g, 3, 5)), -2, -3);
        check(g -> vector(g, 1, 2).mul(vector(g, 3, 5)), 3, 10);
        check(g -> vector(g, 1, 2).div(vector(g, 4, 5)), 0.25, 0.4);
        check(g -> vector(g, 1, 7).max(vector(g, 3, 5)), 3, 7);
        check(g -> vector(g, 1, 7).min(vector(g, 3, 5)), 1, 5);
        check(g -> vector(g, 1, 7, 5).greater(vector(g, 3, 5, 5)), 0, 1, 0);
        check(g -> vector(g, 1, 7, 5).greaterEqual(vector(g, 3, 5, 5)), 0, 1, 1);
        check(g -> vector(g, 1, 7, 5).equal(vector(g, 3, 5, 5)), 0, 0, 1);
        check(g -> vector(g, 0, 1, -2).select(vector(g, 1, 2, 3), vector(g, 4, 5, 6)), 4, 2, 3);
    }

    @Test
    void casts() {
        check(g -> vector(g, 1.7f, -1.7f, 3e9f).cast(DType.I32), 1, -1, Integer.MAX_VALUE);
        check(g -> vector(g, 1 + 0x1p-10f, 1 + 0x1p-11f, 1e6f).cast(DType.F16), 1 + 0x1p-10, 1, Double.POSITIVE_INFINITY);
        check(g -> vector(g, 1 + 0x1p-7f, 1 + 0x1p-8f).cast(DType.BF16), 1 + 0x1p-7, 1);
        check(g -> g.literal(Constant.of(Shape.of(2), 3, -4)).cast(DType.F32).mul(0.5), 1.5, -2);
        check(g -> vector(g, 300, 5).cast(DType.U8).cast(DType.F32), 44, 5);
        check(g -> vector(g, 3).stopGradient(), 3);
    }

    @Test
    void movement() {
        check(g -> counting(g, 2, 3).reshape(3, 2), 1, 2, 3, 4, 5, 6);
        check(g -> counting(g, 2, 3).transpose(1, 0), 1, 4, 2, 5, 3, 6);
        check(g -> counting(g, 1, 2, 3).transpose(2, 0, 1), 1, 4, 2, 5, 3, 6);
        check(g -> counting(g, 2, 1).broadcastTo(Shape.of(2, 2, 2)), 1, 1, 2, 2, 1, 1, 2, 2);
        check(g -> counting(g, 7).slice(0, 1, 7, 2), 2, 4, 6);
        check(g -> counting(g, 2, 3).slice(-1, 1, 2), 2, 5);
        check(g -> counting(g, 2).pad(0, 1, 2, 9), 9, 1, 2, 9, 9);
        check(g -> g.add(new Op.Pad(List.of(1), List.of(0), List.of(2), 0), counting(g, 3)), 0, 1, 0, 0, 2, 0, 0, 3);
        check(g -> Value.concat(1, counting(g, 2, 1), counting(g, 2, 0), counting(g, 2, 2)), 1, 1, 2, 2, 3, 4);
    }

    @Test
    void reductions() {
        check(g -> counting(g, 2, 3).sum(), 21);
        check(g -> counting(g, 2, 3).sum(0), 5, 7, 9);
        check(g -> counting(g, 2, 3).maximum(1), 3, 6);
        check(g -> counting(g, 2, 3).mean(-1), 2, 5);
        check(g -> g.fill(1, Shape.of(2, 0)).sum(1), 0, 0);
        check(g -> g.add(new Op.Reduce(Op.ReduceKind.SUM, List.of()), counting(g, 2)), 1, 2);
    }

    @Test
    void products() {
        check(g -> counting(g, 2, 3).matMul(counting(g, 3, 2)), 22, 28, 49, 64);
        check(g -> counting(g, 3, 2).matMul(counting(g, 2, 3), true, true), 22, 49, 28, 64);
        check(g -> counting(g, 2, 1, 2).matMul(counting(g, 2, 2, 1)), 5, 25);
        check(g -> g.fill(1, Shape.of(2, 0)).matMul(g.fill(1, Shape.of(0, 1))), 0, 0);
    }

    @Test
    void convolutions() {
        Window window = Window.of(2, 1);
        // 3x3 picture 1..9, 2x2 kernel 1..4: result pixels see {1}, {2,3}, {4,7}, {5,6,8,9}.
        check(g -> g.add(new Op.Conv2d(window), counting(g, 1, 3, 3, 1), counting(g, 2, 2, 1, 1)), 4, 18, 36, 77);
        check(g -> g.add(new Op.Conv2dInputGradient(window, 3, 3), counting(g, 1, 2, 2, 1), counting(g, 2, 2, 1, 1)),
                4, 6, 8, 6, 4, 8, 12, 12, 16);
        check(g -> g.add(new Op.Conv2dWeightGradient(window, 2, 2), counting(g, 1, 3, 3, 1), counting(g, 1, 2, 2, 1)),
                4 * 5, 3 * 4 + 4 * 6, 2 * 2 + 4 * 8, 1 + 2 * 3 + 3 * 7 + 4 * 9);
    }

    @Test
    void lookups() {
        check(g -> counting(g, 3, 2).gather(g.literal(Constant.of(Shape.of(1, 2), 2, 0))), 5, 6, 1, 2);
        check(g -> g.add(new Op.ScatterAdd(3), g.literal(Constant.of(Shape.of(3), 2, 0, 2)), counting(g, 3, 2)), 3, 4, 0, 0, 6, 8);
        GraphException e = assertThrows(GraphException.class,
                () -> check(g -> counting(g, 3, 2).gather(g.literal(Constant.of(Shape.of(2), 0, 3)))));
        assertEquals("index 3 at position 1 leaves a table of 3 rows", e.getMessage());
    }

    @Test
    void fusedOperations() {
        // leaky(2a + bᵀ): registers 0, 1 are a and b.
        Expression expression = new Expression(2, List.of(new Instruction.Immediate(2), new Instruction.Binary(Op.BinaryKind.MUL, 0, 2),
                new Instruction.Binary(Op.BinaryKind.ADD, 3, 1), new Instruction.Unary(Op.UnaryKind.LEAKY_RELU, 0.5f, 4)));
        Shape space = Shape.of(2, 2);
        List<View> views = List.of(View.of(space), new View(0, new long[] {1, 2}, space));
        check(g -> g.add(new Op.Fused(expression, views, TensorType.f32(Shape.of(4))), vector(g, 1, 2, 3, -8), vector(g, 1, 2, 3, 4)),
                3, 7, 8, -6);
        check(g -> g.add(new Op.FusedReduce(Op.ReduceKind.MAX, List.of(0), expression, views, Shape.of(2)),
                vector(g, 1, 2, 3, -8), vector(g, 1, 2, 3, 4)), 8, 7);
        check(g -> g.add(new Op.Fused(new Expression(0, List.of(new Instruction.Immediate(3))), List.of(), TensorType.f32(Shape.of(2))), NONE), 3, 3);
        Op.Epilogue epilogue = new Op.Epilogue(expression, views.subList(1, 2));
        check(g -> g.add(new Op.MatMul(false, false, epilogue), counting(g, 2, 1), counting(g, 1, 2), vector(g, 1, 2, 3, 4)),
                3, 7, 6, 12);
        Shape pixel = Shape.of(1, 1, 1, 1);
        Op.Epilogue square = new Op.Epilogue(new Expression(1, List.of(new Instruction.Binary(Op.BinaryKind.MUL, 0, 0))), List.of());
        check(g -> g.add(new Op.Conv2d(Window.of(1, 0), square), g.fill(2, pixel), g.fill(3, pixel)), 36);
        check(g -> g.add(new Op.Conv2dInputGradient(Window.of(1, 0), 1, 1, square), g.fill(2, pixel), g.fill(3, pixel)), 36);
    }

    @Test
    void resultsAreRoundedToFloatUnlessAskedOtherwise() {
        Function<Graph, Value> third = g -> vector(g, 1).div(3).mul(3).sub(1).add(1e-12).div(vector(g, 3));
        assertEquals((float) ((float) 1e-12 / 3.0), compute(new ScalarBackend(), third)[0]);
        assertEquals((1.0 / 3 * 3 - 1 + 1e-12) / 3, compute(new ScalarBackend(Precision.F64), third)[0]);
    }
}
