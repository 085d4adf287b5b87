package dev.t2i.graph;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * One tensor operation: what it computes and the type of its result. Being sealed, it makes every backend answer for
 * every operation at compile time. The scalar backend's loop for an operation is its definition; its derivative is a
 * row in {@link Gradients}.
 *
 * <p>Pictures are channels-last: {@code [n, height, width, channels]}; convolution weights are
 * {@code [kernelHeight, kernelWidth, in, out]}. Element-wise operations work on F32 values of equal shape;
 * broadcasting is an operation of its own.
 */
public sealed interface Op {
    /** The result's type, or a {@link GraphException} that names what does not fit. */
    TensorType infer(List<TensorType> in);

    // ---- leaves

    /** A tensor that each run is given. */
    record Input(String name, TensorType type) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return type;
        }
    }

    /** A named buffer that persists between runs; read here, written by {@link Graph#assign}. */
    record State(String name, TensorType type) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return type;
        }
    }

    /** The same number everywhere. */
    record Fill(double value, TensorType type) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return type;
        }
    }

    /** Numbers known when tracing. */
    record Literal(Constant values) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return values.type();
        }
    }

    /** Each element holds its index along {@code axis}. */
    record Iota(int axis, TensorType type) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            Shapes.requireAxis(axis, type.shape());
            return type;
        }
    }

    enum Distribution { NORMAL, UNIFORM }

    /**
     * Random numbers, row {@code r} of the result from key {@code r} alone: input {@code keys} I32 {@code [rows, 4]}
     * (seed low, seed high, stream, counter), see {@link dev.t2i.tensor.CounterRandom}.
     */
    record Random(Distribution distribution, Shape shape) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            Shapes.require(shape.rank() >= 1, "random numbers need a row axis, got shape %s", shape);
            Shapes.requireType(in.get(0), DType.I32, Shape.of(shape.dim(0), 4), "random keys");
            return TensorType.f32(shape);
        }
    }

    // ---- element-wise

    enum UnaryKind {
        NEG, ABS, SIGN, RECIPROCAL, SQRT, RSQRT, EXP, LOG, TANH, ERF, SIN, COS, FLOOR,
        /** {@code x > 0 ? x : parameter * x} */
        LEAKY_RELU,
        /** {@code x > 0 ? 1 : parameter}, the slope of {@link #LEAKY_RELU} */
        LEAKY_SLOPE;

        public boolean hasParameter() {
            return this == LEAKY_RELU || this == LEAKY_SLOPE;
        }
    }

    record Unary(UnaryKind kind, float parameter) implements Op {
        public Unary(UnaryKind kind) {
            this(kind, 0);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            return Shapes.elementwise(in, kind);
        }
    }

    /** Comparisons give 1 or 0. */
    enum BinaryKind { ADD, SUB, MUL, DIV, MAX, MIN, GREATER, GREATER_EQUAL, EQUAL }

    record Binary(BinaryKind kind) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return Shapes.elementwise(in, kind);
        }
    }

    /** {@code condition != 0 ? a : b}, inputs in that order. */
    record Select() implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return Shapes.elementwise(in, "select");
        }
    }

    /** Conversion between element types; to integers it rounds toward zero. */
    record Cast(DType dtype) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return new TensorType(dtype, in.get(0).shape());
        }
    }

    /** The value itself, through which no gradient flows. */
    record StopGradient() implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return in.get(0);
        }
    }

    /** The value itself. What is computed from it is not merged with the same computed from the operand, so that it is computed again. */
    record Barrier() implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return in.get(0);
        }
    }

    // ---- movement

    record Reshape(Shape shape) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            Shapes.require(in.get(0).shape().size() == shape.size(), "cannot reshape %s to %s", in.get(0).shape(), shape);
            return new TensorType(in.get(0).dtype(), shape);
        }
    }

    /** Result axis {@code i} is input axis {@code permutation[i]}. */
    record Transpose(List<Integer> permutation) implements Op {
        public Transpose {
            permutation = List.copyOf(permutation);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            return new TensorType(in.get(0).dtype(), Shapes.transposed(in.get(0).shape(), permutation));
        }
    }

    /** Axes of size 1 repeat to the target's size; ranks are equal. */
    record Broadcast(Shape shape) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            Shape from = in.get(0).shape();
            Shapes.require(from.rank() == shape.rank(), "cannot broadcast %s to %s", from, shape);
            for (int axis = 0; axis < shape.rank(); axis++) {
                Shapes.require(from.dim(axis) == shape.dim(axis) || from.dim(axis) == 1,
                        "cannot broadcast %s to %s", from, shape);
            }
            return new TensorType(in.get(0).dtype(), shape);
        }
    }

    /** {@code sizes[axis]} elements from {@code starts[axis]} on, every {@code steps[axis]}th. */
    record Slice(List<Integer> starts, List<Integer> sizes, List<Integer> steps) implements Op {
        public Slice {
            starts = List.copyOf(starts);
            sizes = List.copyOf(sizes);
            steps = List.copyOf(steps);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            return new TensorType(in.get(0).dtype(), Shapes.sliced(in.get(0).shape(), this));
        }
    }

    /** {@code value} around and, {@code interior} of them, between the elements: the adjoint of {@link Slice}. */
    record Pad(List<Integer> low, List<Integer> high, List<Integer> interior, float value) implements Op {
        public Pad {
            low = List.copyOf(low);
            high = List.copyOf(high);
            interior = List.copyOf(interior);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            return new TensorType(in.get(0).dtype(), Shapes.padded(in.get(0).shape(), this));
        }
    }

    record Concat(int axis) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return new TensorType(in.get(0).dtype(), Shapes.concatenated(in, axis));
        }
    }

    // ---- reductions and products

    enum ReduceKind { SUM, MAX }

    /** Over {@code axes}, which keep their place with size 1. */
    record Reduce(ReduceKind kind, List<Integer> axes) implements Op {
        public Reduce {
            axes = axes.stream().sorted().distinct().toList();
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            Shape shape = in.get(0).shape();
            Shapes.requireF32(in, kind);
            for (int axis : axes) {
                Shapes.requireAxis(axis, shape);
                Shapes.require(kind == ReduceKind.SUM || shape.dim(axis) > 0, "no maximum over an empty axis of %s", shape);
                shape = shape.with(axis, 1);
            }
            return TensorType.f32(shape);
        }
    }

    /**
     * {@code epilogue(a · b, …)} over the last two axes, the others are batch axes of equal sizes:
     * {@code a [.., m, k]} (or {@code [.., k, m]} if {@code transposeA}), {@code b [.., k, n]} (or {@code [.., n, k]}).
     * Inputs: a, b, then the epilogue's further inputs, each read through its view of the result's shape.
     * Operands may be F32, F16 or BF16, the result is F32.
     */
    record MatMul(boolean transposeA, boolean transposeB, Epilogue epilogue) implements Op {
        public MatMul(boolean transposeA, boolean transposeB) {
            this(transposeA, transposeB, Epilogue.NONE);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            Shape shape = Shapes.matMul(in.get(0), in.get(1), transposeA, transposeB);
            epilogue.verify(in.subList(2, in.size()), shape);
            return TensorType.f32(shape);
        }
    }

    /** {@code x [n, h, w, in]} and {@code weights [kh, kw, in, out]} give {@code [n, ho, wo, out]} (cross-correlation). */
    record Conv2d(Window window, Epilogue epilogue) implements Op {
        public Conv2d(Window window) {
            this(window, Epilogue.NONE);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            Shape shape = Shapes.conv(in.get(0), in.get(1), window);
            epilogue.verify(in.subList(2, in.size()), shape);
            return TensorType.f32(shape);
        }
    }

    /**
     * The adjoint of {@link Conv2d} in its picture, also known as transposed convolution: {@code dy [n, ho, wo, out]} and
     * {@code weights [kh, kw, in, out]} give {@code [n, height, width, in]}.
     */
    record Conv2dInputGradient(Window window, int height, int width, Epilogue epilogue) implements Op {
        public Conv2dInputGradient(Window window, int height, int width) {
            this(window, height, width, Epilogue.NONE);
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            Shape shape = Shapes.convInput(in.get(0), in.get(1), window, height, width);
            epilogue.verify(in.subList(2, in.size()), shape);
            return TensorType.f32(shape);
        }
    }

    /** The adjoint of {@link Conv2d} in its weights: {@code x [n, h, w, in]} and {@code dy [n, ho, wo, out]} give {@code [kh, kw, in, out]}. */
    record Conv2dWeightGradient(Window window, int kernelHeight, int kernelWidth) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return TensorType.f32(Shapes.convWeights(in.get(0), in.get(1), window, kernelHeight, kernelWidth));
        }
    }

    /** Rows of {@code table [rows, …]} by {@code indices} I32 of any shape: {@code indices.shape + table.shape[1:]}. */
    record Gather() implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return new TensorType(in.get(0).dtype(), Shapes.gathered(in.get(0), in.get(1)));
        }
    }

    /** The adjoint of {@link Gather}: adds {@code updates} into a zero table {@code [rows, …]} at {@code indices}. */
    record ScatterAdd(int rows) implements Op {
        @Override
        public TensorType infer(List<TensorType> in) {
            return TensorType.f32(Shapes.scattered(in.get(0), in.get(1), rows));
        }
    }

    // ---- made by passes

    /**
     * A chain of element-wise operations in one pass: for each index of the views' shape, {@code expression} of the inputs
     * read through their views. The result has as many elements, in the same order, under {@code type}.
     * Inputs of any type are converted to F32 as they are read; only the identity between equal types moves elements as
     * they are, so that integers stay exact.
     */
    record Fused(Expression expression, List<View> views, TensorType type) implements Op {
        public Fused {
            views = List.copyOf(views);
        }

        /** The index space that is walked; it has as many elements as the result. */
        public Shape space() {
            return views.isEmpty() ? type.shape() : views.get(0).shape();
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            Shapes.requireViews(expression, views, in, space());
            Shapes.require(space().size() == type.shape().size(), "fused space %s does not fill %s", space(), type.shape());
            return type;
        }
    }

    /** {@link Reduce} of an expression that is never stored: over {@code axes} of the views' shape. */
    record FusedReduce(ReduceKind kind, List<Integer> axes, Expression expression, List<View> views, Shape shape) implements Op {
        public FusedReduce {
            axes = List.copyOf(axes);
            views = List.copyOf(views);
        }

        public Shape space() {
            return views.get(0).shape();
        }

        @Override
        public TensorType infer(List<TensorType> in) {
            Shapes.requireViews(expression, views, in, space());
            Shape reduced = space();
            for (int axis : axes) {
                reduced = reduced.with(axis, 1);
            }
            Shapes.require(reduced.size() == shape.size(), "reduction to %s does not fill %s", reduced, shape);
            return TensorType.f32(shape);
        }
    }

    /** What happens to each finished element of a product before it is stored; register 0 is that element. */
    record Epilogue(Expression expression, List<View> views) {
        public static final Epilogue NONE = new Epilogue(Expression.IDENTITY, List.of());

        public Epilogue {
            views = List.copyOf(views);
        }

        public boolean isNone() {
            return expression.isIdentity();
        }

        void verify(List<TensorType> in, Shape shape) {
            List<View> all = new ArrayList<>();
            all.add(View.of(shape));
            all.addAll(views);
            List<TensorType> types = new ArrayList<>();
            types.add(TensorType.f32(shape));
            types.addAll(in);
            Shapes.requireViews(expression, all, types, shape);
        }

        @Override
        public String toString() {
            return isNone() ? "" : expression.toString();
        }
    }
}
