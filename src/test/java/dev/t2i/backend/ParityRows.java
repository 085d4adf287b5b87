package dev.t2i.backend;

import static dev.t2i.backend.ParityRow.each;
import static dev.t2i.backend.ParityRow.exact;
import static dev.t2i.backend.ParityRow.largest;
import static dev.t2i.backend.ParityRow.longer;

import dev.t2i.graph.Constant;
import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** At least one row for each operation, in odd sizes and at the edges: empty, one element, rank 0, strided, repeated. */
final class ParityRows {
    private static final float INF = Float.POSITIVE_INFINITY;

    private ParityRows() {}

    static List<ParityRow> all() {
        List<ParityRow> rows = new ArrayList<>();
        sources(rows);
        unaries(rows);
        binaries(rows);
        casts(rows);
        movement(rows);
        reductions(rows);
        matrixProducts(rows);
        convolutions(rows);
        lookups(rows);
        fused(rows);
        return rows;
    }

    private static void sources(List<ParityRow> rows) {
        rows.add(exact("input handed out as it is", t -> t.f32(3, 5)));
        rows.add(exact("integer input handed out as it is", t -> t.indices(Integer.MAX_VALUE, 7)));
        rows.add(exact("fill", t -> t.graph().fill(0.1, Shape.of(3, 7))));
        rows.add(exact("fill of rank 0", t -> t.graph().scalar(-2)));
        rows.add(exact("fill of nothing", t -> t.graph().fill(1, Shape.of(4, 0))));
        rows.add(exact("literal", t -> t.graph().literal(Constant.of(Shape.of(2, 2), 1.5f, -0f, INF, 1e-40f))));
        rows.add(exact("integer literal", t -> t.graph().literal(Constant.of(Shape.of(3), 1, -7, 1 << 24))));
        for (int axis = 0; axis < 3; axis++) {
            int along = axis;
            rows.add(exact("iota along " + axis, t -> t.graph().iota(along, Shape.of(3, 1, 19))));
        }
        rows.add(exact("integer iota", t -> t.graph().add(new Op.Iota(0, new TensorType(DType.I32, Shape.of(5, 2))))));
        rows.add(each("normal numbers", t -> t.graph().normal(t.indices(Integer.MAX_VALUE, 3, 4), Shape.of(3, 5, 7))));
        rows.add(exact("uniform numbers", t -> t.graph().uniform(t.indices(Integer.MAX_VALUE, 2, 4), Shape.of(2, 33))));
        rows.add(exact("uniform numbers from literal keys", t -> t.graph().uniform(
                t.graph().literal(Constant.of(Shape.of(1, 4), -5, 3, 1, 0)), Shape.of(1, 9))));
        rows.add(exact("random rows of nothing", t -> t.graph().normal(t.indices(9, 2, 4), Shape.of(2, 0))));
        rows.add(exact("uniform numbers from moved keys", t -> {
            Value keys = t.indices(Integer.MAX_VALUE, 4, 3).transpose(1, 0);
            return t.graph().uniform(keys.slice(0, 1, 3), Shape.of(2, 8));
        }));
    }

    private static void unaries(List<ParityRow> rows) {
        for (Op.UnaryKind kind : Op.UnaryKind.values()) {
            for (int[] dims : new int[][] {{}, {1}, {0, 3}, {7, 3}, {1025}}) {
                double low = switch (kind) {
                    case SQRT, RSQRT, LOG, RECIPROCAL -> 0.01;
                    default -> -6;
                };
                rows.add(each(kind + " of " + Shape.of(dims),
                        t -> t.graph().add(new Op.Unary(kind, 0.2f), t.between(low, 6, dims))));
            }
            float[] edges = switch (kind) {
                case SIN, COS -> new float[] {0, 1e-20f, 3.1415927f, -100, 1000};
                case LOG, RSQRT, SQRT -> new float[] {Float.MIN_NORMAL, 1e-20f, 1, 1 + 0x1p-20f, 1e20f, Float.MAX_VALUE, INF, Float.NaN};
                default -> new float[] {0, 1e-20f, -1e-20f, 1e-3f, 0.5f, -0.5f, 1, -1, 4.5f, -4.5f, 9.3f, -9.3f, 50, -50,
                        88.7f, -87, 89, -104, 1e20f, -1e20f, INF, -INF, Float.NaN};
            };
            // Sine and cosine near their zeros are measured against 1, as their arguments are no more exact.
            ParityRow.Agreement agreement = kind == Op.UnaryKind.SIN || kind == Op.UnaryKind.COS
                    ? ParityRow.Agreement.LARGEST : ParityRow.Agreement.EACH;
            rows.add(new ParityRow(kind + " at its edges", agreement, t -> {
                double[] numbers = new double[edges.length];
                for (int i = 0; i < edges.length; i++) {
                    numbers[i] = edges[i];
                }
                return List.of(t.graph().add(new Op.Unary(kind, 0.2f), t.numbers(numbers)));
            }));
        }
        rows.add(exact("logarithm of what has none", t -> t.numbers(0, -1, -INF).log()));
        rows.add(exact("relu", t -> t.f32(5, 13).relu()));
        rows.add(exact("stopped gradient", t -> t.f32(5).stopGradient()));
        rows.add(exact("barrier", t -> {
            Value x = t.f32(5);
            return t.graph().add(new Op.Barrier(), x.square()).add(x);
        }));
    }

    private static void binaries(List<ParityRow> rows) {
        for (Op.BinaryKind kind : Op.BinaryKind.values()) {
            rows.add(each(kind + " of 3x37", t -> t.graph().add(new Op.Binary(kind), t.f32(3, 37), t.f32(3, 37))));
            rows.add(each(kind + " with ties", t -> t.graph().add(new Op.Binary(kind), t.whole(3, 50), t.whole(3, 50).add(1))));
            rows.add(each(kind + " of odd numbers", t -> t.graph().add(new Op.Binary(kind),
                    t.numbers(0, 1, -1, INF, -INF, Float.NaN, 1, Float.NaN, INF, 0, 1e38, -0f),
                    t.numbers(0, 0, 0, INF, INF, 1, Float.NaN, Float.NaN, 1, INF, 1e38, 0))));
            rows.add(each(kind + " of scalars", t -> t.graph().add(new Op.Binary(kind), t.f32(), t.f32())));
        }
        rows.add(exact("add row", t -> t.f32(5, 19).add(t.f32(19))));
        rows.add(exact("add column", t -> t.f32(5, 19).add(t.f32(5, 1))));
        rows.add(exact("add outer", t -> t.f32(17, 1).add(t.f32(1, 23))));
        rows.add(exact("add channel", t -> t.f32(2, 3, 5, 17).add(t.f32(2, 1, 1, 17))));
        rows.add(exact("multiply by a scalar input", t -> t.f32(3, 11).mul(t.f32())));
        rows.add(exact("a number with itself", t -> {
            Value x = t.f32(33);
            return x.add(x);
        }));
        rows.add(exact("select", t -> t.whole(2, 3, 21).select(t.f32(3, 21), t.f32(3, 21))));
        rows.add(exact("select by a column", t -> t.whole(2, 3, 1).select(t.f32(3, 21), t.graph().scalar(-7))));
        rows.add(exact("select passes over what it does not take", t -> t.numbers(1, 0, Float.NaN, -0f)
                .select(t.numbers(1, Float.NaN, 2, 3), t.numbers(Float.NaN, 5, 6, 7))));
    }

    private static void casts(List<ParityRow> rows) {
        for (DType half : List.of(DType.F16, DType.BF16)) {
            rows.add(exact(half + " to F32", t -> t.stored(half, 3, 21).cast(DType.F32)));
            rows.add(exact("F32 to " + half, t -> t.between(-300, 300, 3, 21).cast(half)));
            rows.add(exact("F32 to " + half + " and back", t -> t.between(-3, 3, 41).cast(half).cast(DType.F32).mul(2)));
            rows.add(exact(half + " at its edges", t -> t.numbers(0, -0f, 1 + 0x1p-11, 1 + 3 * 0x1p-11, 1 + 0x1p-8, 1 + 3 * 0x1p-8,
                    65504, 65519, 65520, 3e38, 6e-8, 2e-8, 1e-40, INF, -INF, Float.NaN).cast(half).cast(DType.F32)));
            rows.add(exact(half + " moved", t -> t.stored(half, 3, 5, 2).transpose(2, 0, 1).slice(1, 0, 3, 2)));
        }
        rows.add(exact("I32 to F32", t -> t.indices(1 << 30, 21).cast(DType.F32)));
        rows.add(exact("F32 to I32 rounds toward zero", t -> t.numbers(1.9, -1.9, 0.5, 2147483520, 3e9, -3e9, Float.NaN).cast(DType.I32)));
        rows.add(exact("F32 to I32 and back", t -> t.between(-9, 9, 65).cast(DType.I32).cast(DType.F32).add(0.5)));
    }

    private static void movement(List<ParityRow> rows) {
        rows.add(exact("reshape", t -> t.f32(4, 6).reshape(2, 3, 4)));
        rows.add(exact("reshape to rank 0", t -> t.f32(1, 1).reshape()));
        rows.add(exact("transpose 2", t -> t.f32(17, 33).transpose(1, 0)));
        rows.add(exact("transpose to channels last", t -> t.f32(2, 5, 7, 3).transpose(0, 2, 3, 1)));
        rows.add(exact("transpose to channels first", t -> t.f32(2, 5, 7, 3).transpose(0, 3, 1, 2)));
        rows.add(exact("transpose heads", t -> t.f32(2, 7, 3, 9).transpose(0, 2, 1, 3)));
        rows.add(exact("transpose 5", t -> t.f32(2, 3, 2, 5, 3).transpose(4, 1, 3, 0, 2)));
        rows.add(exact("transpose and reshape", t -> t.f32(6, 4, 5).transpose(1, 0, 2).reshape(2, 12, 5).transpose(2, 1, 0)));
        rows.add(exact("pixel shuffle", t -> t.f32(2, 3, 4, 8).reshape(2, 3, 4, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 6, 8, 2)));
        rows.add(exact("transpose of nothing", t -> t.f32(3, 0, 2).transpose(2, 1, 0)));
        rows.add(exact("transpose of no pictures", t -> t.f32(0, 3, 16, 16).transpose(3, 1, 0, 2)));
        rows.add(exact("big broadcast", t -> t.f32(1, 3, 1).broadcastTo(Shape.of(64, 3, 65))));
        rows.add(exact("broadcast of a scalar", t -> t.f32().broadcastTo(Shape.of(3, 35))));
        rows.add(exact("broadcast in rank", t -> t.f32(5, 1).broadcastTo(Shape.of(2, 3, 5, 7))));
        rows.add(exact("broadcast to nothing", t -> t.f32(1, 3).broadcastTo(Shape.of(0, 3))));
        rows.add(exact("integer broadcast", t -> t.indices(Integer.MAX_VALUE, 3, 1).broadcastTo(Shape.of(2, 3, 5))));
        rows.add(exact("nearest resize", t -> Functions.upsampleNearest(t.f32(2, 3, 5, 7), 2)));
        rows.add(exact("slice", t -> t.f32(5, 9).slice(0, 1, 4).slice(1, 2, 9)));
        rows.add(exact("strided slice", t -> t.f32(5, 19, 3).slice(1, 2, 18, 3).slice(0, 0, 5, 2)));
        rows.add(exact("slice of nothing", t -> t.f32(5, 3).slice(0, 2, 2)));
        rows.add(exact("slice of a transpose", t -> t.f32(9, 6).transpose(1, 0).slice(1, 1, 8, 2)));
        rows.add(exact("large integers sliced and joined", t -> {
            Value x = t.indices(Integer.MAX_VALUE, 6, 3);
            return Value.concat(0, x.slice(0, 1, 6, 2), x.slice(0, 0, 2));
        }));
        rows.add(exact("pad", t -> t.f32(3, 5).pad(0, 1, 2, 0).pad(1, 0, 3, -1.5f)));
        rows.add(exact("interior pad", t -> pad(t.f32(3, 5), List.of(1, 0), List.of(0, 2), List.of(2, 1), 0.5f)));
        rows.add(exact("pad around nothing", t -> pad(t.f32(0, 2), List.of(2, 0), List.of(1, 0), List.of(1, 0), 3)));
        rows.add(exact("pad of a strided slice", t -> pad(t.f32(4, 9).slice(1, 1, 9, 3), List.of(0, 1), List.of(0, 5), List.of(0, 2), 0)));
        rows.add(exact("integer pad", t -> t.indices(Integer.MAX_VALUE, 3).pad(0, 1, 1, 9)));
        for (int axis = 0; axis < 3; axis++) {
            int along = axis;
            rows.add(exact("concat along " + axis, t -> Value.concat(along, t.f32(2, 3, 5), t.f32(2, 3, 5), t.f32(2, 3, 5))));
        }
        rows.add(exact("concat of unequal parts", t -> Value.concat(1, t.f32(3, 1, 2), t.f32(3, 0, 2), t.f32(3, 5, 2))));
        rows.add(exact("concat of computed parts", t -> Value.concat(-1, t.f32(4, 3).neg(), t.f32(3, 4).transpose(1, 0), t.f32(1, 2).broadcastTo(Shape.of(4, 2)))));
        rows.add(exact("concat with itself", t -> {
            Value x = t.f32(2, 3);
            return Value.concat(0, x, x.mul(2), x);
        }));
    }

    private static Value pad(Value x, List<Integer> low, List<Integer> high, List<Integer> interior, float value) {
        return x.graph().add(new Op.Pad(low, high, interior, value), x);
    }

    private static void reductions(List<ParityRow> rows) {
        int[][] axes = {{0}, {1}, {2}, {3}, {0, 1}, {1, 2}, {2, 3}, {0, 2}, {1, 3}, {0, 1, 2}, {0, 1, 2, 3}};
        for (int[] some : axes) {
            String over = Arrays.toString(some);
            rows.add(largest("sum over " + over, t -> t.f32(3, 5, 2, 19).sum(some)));
            rows.add(exact("maximum over " + over, t -> t.f32(3, 5, 2, 19).maximum(some)));
        }
        rows.add(largest("long sum", t -> t.f32(10007).sum()));
        rows.add(largest("long column sums", t -> t.f32(3001, 3).sum(0)));
        rows.add(largest("sum of one", t -> t.f32(1).sum()));
        rows.add(exact("sum of rank 0", t -> t.graph().add(new Op.Reduce(Op.ReduceKind.SUM, List.of()), t.f32())));
        rows.add(exact("sum over no axes", t -> t.graph().add(new Op.Reduce(Op.ReduceKind.SUM, List.of()), t.f32(3, 5))));
        rows.add(exact("sum over an empty axis", t -> t.f32(3, 0).sum(1)));
        rows.add(exact("sum that leaves nothing", t -> t.f32(3, 0).sum(0)));
        rows.add(exact("sum over nothing transposed", t -> t.f32(0, 3, 16, 16).transpose(3, 1, 0, 2).square().sum(2)));
        rows.add(exact("sum of a fill over an empty axis", t -> t.graph().fill(1, Shape.of(4, 0)).sum(1)));
        rows.add(exact("maximum of negative numbers", t -> t.between(-9, -8, 3, 33).maximum(1)));
        rows.add(exact("maximum with NaN and infinities", t -> t.numbers(1, -INF, Float.NaN, 3, -INF, -INF, -INF, -INF, 1, INF, 2, 3)
                .reshape(3, 4).maximum(1)));
        rows.add(largest("mean", t -> t.f32(4, 7, 3).mean(1)));
        rows.add(largest("sum of squares", t -> t.f32(5, 67).square().sum(1)));
        rows.add(largest("sum of a transpose", t -> t.f32(5, 7, 3).transpose(2, 0, 1).sum(1)));
        rows.add(largest("sum of a broadcast product", t -> t.f32(6, 1, 9).mul(t.f32(1, 4, 9)).sum(0, 2)));
        rows.add(exact("maximum of a slice", t -> t.f32(7, 12).slice(1, 1, 12, 2).maximum(1)));
        rows.add(largest("sum of halves", t -> t.stored(DType.F16, 9, 21).cast(DType.F32).sum(1)));
    }

    private static void matrixProducts(List<ParityRow> rows) {
        int[][] sizes = {{1, 1, 1}, {3, 5, 7}, {17, 33, 19}, {64, 48, 80}, {1, 300, 129}, {129, 300, 1}, {5, 1, 9}, {13, 511, 7}};
        for (int[] size : sizes) {
            for (int flags = 0; flags < 4; flags++) {
                boolean ta = (flags & 1) != 0;
                boolean tb = (flags & 2) != 0;
                int m = size[0];
                int k = size[1];
                int n = size[2];
                rows.add(largest("product %dx%d%s · %dx%d%s".formatted(m, k, ta ? "ᵀ" : "", k, n, tb ? "ᵀ" : ""),
                        t -> matrix(t, ta, m, k).matMul(matrix(t, tb, k, n), ta, tb)));
                rows.add(largest("batched product %dx%d%s · %dx%d%s".formatted(m, k, ta ? "ᵀ" : "", k, n, tb ? "ᵀ" : ""),
                        t -> matrix(t, ta, 2, 3, m, k).matMul(matrix(t, tb, 2, 3, k, n), ta, tb)));
            }
        }
        rows.add(largest("batched product of several tiles each way", t -> t.f32(2, 70, 1100).matMul(t.f32(2, 1100, 130))));
        rows.add(exact("product over nothing", t -> t.f32(3, 0).matMul(t.f32(0, 5))));
        rows.add(exact("product of no rows", t -> t.f32(0, 4).matMul(t.f32(4, 5))));
        rows.add(exact("product of no batches", t -> t.f32(0, 2, 4).matMul(t.f32(0, 4, 5))));
        rows.add(exact("product over nothing with residual", t -> t.f32(3, 0).matMul(t.f32(0, 5)).add(t.f32(3, 5))));
        rows.add(exact("product of no rows with residual", t -> t.f32(0, 4).matMul(t.f32(4, 5)).add(t.f32(0, 5))));
        rows.add(exact("product of no columns with residual", t -> t.f32(3, 4).matMul(t.f32(4, 0)).add(t.f32(3, 0))));
        rows.add(exact("product of no columns with bias", t -> t.f32(3, 4).matMul(t.f32(4, 0)).add(t.f32(0)).tanh()));
        rows.add(exact("product of no batches with residual", t -> t.f32(0, 16, 4).matMul(t.f32(0, 4, 16)).add(t.f32(0, 16, 16).transpose(0, 2, 1))));
        for (DType half : List.of(DType.F16, DType.BF16)) {
            rows.add(largest("product with " + half + " weights", t -> t.f32(5, 33).matMul(t.stored(half, 33, 21))));
            rows.add(largest("product with transposed " + half + " weights", t -> t.f32(5, 33).matMul(t.stored(half, 21, 33), false, true)));
            rows.add(largest("product of " + half + " operands", t -> t.stored(half, 9, 33).matMul(t.stored(half, 33, 17))));
            rows.add(largest("product with widened " + half + " weights", t -> t.f32(5, 33).matMul(t.stored(half, 33, 21).cast(DType.F32))));
        }
        rows.add(largest("product of moved operands", t -> t.f32(7, 2, 9).transpose(1, 0, 2).matMul(t.f32(1, 9, 5).broadcastTo(Shape.of(2, 9, 5)))));
        rows.add(largest("product with bias and activation", t -> t.f32(9, 21).matMul(t.f32(21, 35)).add(t.f32(35)).leakyRelu(0.2)));
        rows.add(largest("product with scaled residual", t -> t.f32(9, 21).matMul(t.f32(21, 35)).mul(0.3).add(t.f32(9, 35))));
        rows.add(largest("product read twice", t -> {
            Value product = t.f32(9, 21).matMul(t.f32(21, 35));
            return product.tanh().mul(product);
        }));
        rows.add(largest("product times its transpose", t -> {
            Value x = t.f32(11, 23);
            return x.matMul(x, false, true);
        }));
        rows.add(largest("sum of a product", t -> t.f32(9, 21).matMul(t.f32(21, 35)).square().sum(1)));
    }

    private static Value matrix(Trial t, boolean transposed, int... dims) {
        int[] d = dims.clone();
        if (transposed) {
            d[d.length - 1] = dims[d.length - 2];
            d[d.length - 2] = dims[d.length - 1];
        }
        return t.f32(d);
    }

    /** A convolution's sizes: batch, height, width, channels in, kernel height, kernel width, channels out. */
    private record Sizes(int n, int h, int w, int in, int kh, int kw, int out, Window window) {
        int outHeight() {
            return window.outHeight(h, kh);
        }

        int outWidth() {
            return window.outWidth(w, kw);
        }

        @Override
        public String toString() {
            return "%dx%dx%dx%d by %dx%dx%d, %s".formatted(n, h, w, in, kh, kw, out, window);
        }
    }

    private static void convolutions(List<ParityRow> rows) {
        Sizes[] all = {
            new Sizes(2, 5, 7, 3, 3, 3, 5, Window.of(1, 1)), new Sizes(1, 8, 8, 16, 3, 3, 32, Window.of(1, 1)),
            new Sizes(2, 8, 8, 5, 4, 4, 7, Window.of(2, 1)), new Sizes(1, 9, 6, 4, 4, 4, 6, Window.of(2, 1)),
            new Sizes(3, 4, 5, 9, 1, 1, 17, Window.of(1, 0)), new Sizes(1, 7, 7, 3, 1, 1, 4, Window.of(2, 0)),
            new Sizes(1, 4, 4, 33, 4, 4, 1, Window.of(1, 0)), new Sizes(2, 6, 5, 2, 3, 2, 3, new Window(2, 1, 0, 1, 2, 0)),
            new Sizes(1, 1, 1, 1, 1, 1, 1, Window.of(1, 0)), new Sizes(1, 3, 3, 2, 5, 5, 2, Window.of(1, 2)),
            new Sizes(1, 11, 10, 3, 3, 3, 2, Window.of(3, 0)), new Sizes(2, 3, 3, 2, 3, 3, 2, Window.of(1, 3)),
            new Sizes(1, 2, 2, 1, 1, 1, 1, Window.of(3, 1)), new Sizes(0, 3, 3, 2, 3, 3, 2, Window.of(1, 1)),
            new Sizes(1, 16, 16, 7, 7, 7, 19, Window.of(2, 3)), new Sizes(1, 33, 35, 8, 3, 3, 8, Window.of(1, 1)),
        };
        for (Sizes s : all) {
            rows.add(largest("convolution " + s,
                    t -> Functions.conv2d(t.f32(s.n, s.h, s.w, s.in), t.f32(s.kh, s.kw, s.in, s.out), s.window)));
            rows.add(largest("input gradient " + s, t -> Composites.transposedConv(t.f32(s.n, s.outHeight(), s.outWidth(), s.out),
                    t.f32(s.kh, s.kw, s.in, s.out), s.window, s.h, s.w)));
            rows.add(largest("weight gradient " + s, t -> t.graph().add(new Op.Conv2dWeightGradient(s.window, s.kh, s.kw),
                    t.f32(s.n, s.h, s.w, s.in), t.f32(s.n, s.outHeight(), s.outWidth(), s.out))));
        }
        for (DType half : List.of(DType.F16, DType.BF16)) {
            rows.add(largest("convolution with " + half + " weights",
                    t -> Functions.conv2d(t.f32(1, 5, 5, 9), t.stored(half, 3, 3, 9, 17), Window.of(1, 1))));
            rows.add(largest("transposed convolution with " + half + " weights",
                    t -> Composites.transposedConv(t.f32(1, 5, 5, 17), t.stored(half, 4, 4, 9, 17), Window.of(2, 1), 10, 10)));
        }
        rows.add(largest("convolution with bias and activation", t -> Functions.conv2d(t.f32(2, 6, 5, 3), t.f32(3, 3, 3, 20), Window.of(1, 1))
                .add(t.f32(20)).leakyRelu(0.2)));
        rows.add(largest("transposed convolution with residual", t -> Composites.transposedConv(t.f32(2, 3, 3, 5), t.f32(4, 4, 7, 5), Window.of(2, 1), 6, 6)
                .mul(0.5).add(t.f32(2, 6, 6, 7))));
        rows.add(exact("convolution of no pictures with residual", t -> Functions.conv2d(t.f32(0, 6, 5, 3), t.f32(3, 3, 3, 20), Window.of(1, 1))
                .add(t.f32(0, 6, 5, 20)).leakyRelu(0.2)));
        rows.add(exact("convolution to no channels with bias", t -> Functions.conv2d(t.f32(2, 6, 5, 3), t.f32(3, 3, 3, 0), Window.of(1, 1)).add(t.f32(0))));
        rows.add(exact("transposed convolution of no pictures with residual", t -> Composites.transposedConv(t.f32(0, 3, 3, 5), t.f32(4, 4, 7, 5),
                Window.of(2, 1), 6, 6).add(t.f32(0, 6, 6, 7))));
        rows.add(largest("convolution of a nearest resize", t -> Functions.conv2d(Functions.upsampleNearest(t.f32(1, 4, 4, 6), 2), t.f32(3, 3, 6, 8), Window.of(1, 1))));
        rows.add(largest("convolution modulated per picture", t -> Functions.conv2d(t.f32(2, 4, 4, 6), t.f32(3, 3, 6, 8), Window.of(1, 1))
                .mul(t.f32(2, 1, 1, 8)).add(t.f32(2, 1, 1, 8)).relu()));
        rows.add(largest("convolution with a moved picture", t -> Functions.conv2d(t.f32(1, 6, 4, 5).transpose(0, 2, 3, 1), t.f32(3, 3, 6, 8), Window.of(1, 1))));
    }

    private static void lookups(List<ParityRow> rows) {
        rows.add(exact("gather rows", t -> t.f32(11, 19).gather(t.indices(11, 3, 5))));
        rows.add(exact("gather numbers", t -> t.f32(11).gather(t.indices(11, 7))));
        rows.add(exact("gather by rank 0", t -> t.f32(11, 2, 3).gather(t.indices(11))));
        rows.add(exact("gather by nothing", t -> t.f32(11, 3).gather(t.indices(11, 0))));
        rows.add(exact("gather from halves", t -> t.stored(DType.F16, 11, 5).gather(t.indices(11, 4))));
        rows.add(exact("gather integers", t -> t.indices(Integer.MAX_VALUE, 11, 2).gather(t.indices(11, 4))));
        rows.add(exact("gather by computed indices", t -> t.f32(9, 4).gather(t.between(0, 9, 6).cast(DType.I32))));
        rows.add(exact("gather from a transpose", t -> t.f32(4, 9).transpose(1, 0).gather(t.indices(9, 6))));
        rows.add(largest("scatter with repeats", t -> t.graph().add(new Op.ScatterAdd(7), t.indices(7, 3, 10), t.f32(3, 10, 5))));
        rows.add(largest("scatter numbers", t -> t.graph().add(new Op.ScatterAdd(4), t.indices(4, 33), t.f32(33))));
        rows.add(exact("scatter nothing", t -> t.graph().add(new Op.ScatterAdd(4), t.indices(4, 0), t.f32(0, 3))));
        rows.add(largest("scatter computed rows", t -> t.graph().add(new Op.ScatterAdd(5), t.indices(5, 6), t.f32(1, 3).mul(t.f32(6, 1)))));
    }

    /** Operations that passes make, written by hand with views that passes seldom make. */
    private static void fused(List<ParityRow> rows) {
        Shape space = Shape.of(3, 5, 7);
        Expression mixed = new Expression(3, List.of(new Instruction.Immediate(0.75f), new Instruction.Binary(Op.BinaryKind.MUL, 0, 3),
                new Instruction.Binary(Op.BinaryKind.GREATER, 1, 4), new Instruction.Select(5, 4, 2),
                new Instruction.Unary(Op.UnaryKind.LEAKY_RELU, 0.1f, 6)));
        List<View> views = List.of(View.of(space), new View(2, new long[] {0, 14, 2}, space), new View(0, new long[] {1, 0, 3}, space));
        rows.add(exact("fused, strided and repeated", t -> t.graph().add(new Op.Fused(mixed, views, TensorType.f32(Shape.of(105))),
                t.f32(3, 5, 7), t.f32(75), t.f32(21))));
        rows.add(exact("fused copy through a view", t -> t.graph().add(new Op.Fused(Expression.IDENTITY,
                List.of(new View(1, new long[] {1, 21, 3}, space)), TensorType.f32(space)), t.f32(106))));
        rows.add(exact("fused reading integers", t -> t.graph().add(new Op.Fused(Expression.IDENTITY, List.of(View.of(Shape.of(9))),
                TensorType.f32(Shape.of(9))), t.indices(1000, 9))));
        rows.add(exact("fused storing halves", t -> t.graph().add(new Op.Fused(Expression.IDENTITY, List.of(View.of(Shape.of(9))),
                new TensorType(DType.F16, Shape.of(9))), t.f32(9))));
        rows.add(exact("fused without inputs", t -> t.graph().add(new Op.Fused(new Expression(0, List.of(new Instruction.Immediate(3))),
                List.of(), TensorType.f32(Shape.of(2, 9))))));
        rows.add(exact("fused over nothing", t -> t.graph().add(new Op.Fused(Expression.IDENTITY, List.of(View.of(Shape.of(0, 2))),
                TensorType.f32(Shape.of(2, 0))), t.f32(0, 2))));
        for (List<Integer> axes : List.of(List.of(0), List.of(1), List.of(2), List.of(0, 2), List.of(0, 1, 2))) {
            Shape reduced = space;
            for (int axis : axes) {
                reduced = reduced.with(axis, 1);
            }
            Shape shape = Shape.of((int) reduced.size());
            rows.add(largest("fused sum over " + axes, t -> t.graph().add(new Op.FusedReduce(Op.ReduceKind.SUM, axes, mixed, views, shape),
                    t.f32(3, 5, 7), t.f32(75), t.f32(21))));
            rows.add(exact("fused maximum over " + axes, t -> t.graph().add(new Op.FusedReduce(Op.ReduceKind.MAX, axes, mixed, views, shape),
                    t.f32(3, 5, 7), t.f32(75), t.f32(21))));
        }
        Shape square = Shape.of(6, 6);
        Expression ending = new Expression(2, List.of(new Instruction.Binary(Op.BinaryKind.SUB, 0, 1), new Instruction.Unary(Op.UnaryKind.TANH, 0, 2)));
        rows.add(largest("product with a transposed ending", t -> t.graph().add(new Op.MatMul(false, false,
                new Op.Epilogue(ending, List.of(new View(0, new long[] {1, 6}, square)))), t.f32(6, 4), t.f32(4, 6), t.f32(6, 6))));
        Shape picture = Shape.of(2, 4, 4, 5);
        Op.Epilogue perPixel = new Op.Epilogue(ending, List.of(new View(0, new long[] {0, 4, 1, 0}, picture)));
        rows.add(largest("convolution with an ending per pixel", t -> t.graph().add(new Op.Conv2d(Window.of(1, 1), perPixel),
                t.f32(2, 4, 4, 3), t.f32(3, 3, 3, 5), t.f32(4, 4))));
        rows.add(largest("transposed convolution with an ending per pixel", t -> t.graph().add(new Op.Conv2dInputGradient(Window.of(2, 1), 4, 4, perPixel),
                t.f32(2, 2, 2, 3), t.f32(4, 4, 5, 3), t.f32(4, 4))));
        rows.add(longer("one value computed, stored and handed out thrice", t -> {
            Value x = t.f32(3, 5);
            Value y = x.exp();
            return List.of(y, y, y.reshape(15), x);
        }));
    }
}
