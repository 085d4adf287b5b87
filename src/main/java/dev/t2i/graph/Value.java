package dev.t2i.graph;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The symbolic result of one operation in a {@link Graph}. Its methods append further operations; binary ones broadcast
 * as NumPy does (trailing axes aligned, size 1 repeats).
 */
public final class Value {
    private final Graph graph;
    private final int id;
    private final Op op;
    private final List<Value> inputs;
    private final TensorType type;
    private final String scope;

    Value(Graph graph, int id, Op op, List<Value> inputs, TensorType type, String scope) {
        this.graph = graph;
        this.id = id;
        this.op = op;
        this.inputs = List.copyOf(inputs);
        this.type = type;
        this.scope = scope;
    }

    public Graph graph() {
        return graph;
    }

    /** Position in {@link Graph#values()}. */
    public int id() {
        return id;
    }

    public Op op() {
        return op;
    }

    public List<Value> inputs() {
        return inputs;
    }

    public Value input(int index) {
        return inputs.get(index);
    }

    public TensorType type() {
        return type;
    }

    public DType dtype() {
        return type.dtype();
    }

    public Shape shape() {
        return type.shape();
    }

    public int dim(int axis) {
        return type.shape().dim(axis);
    }

    public int rank() {
        return type.shape().rank();
    }

    /** Where in the model this value was traced, or the empty string. */
    public String scope() {
        return scope;
    }

    // ---- element-wise

    public Value add(Value other) {
        return binary(Op.BinaryKind.ADD, other);
    }

    public Value sub(Value other) {
        return binary(Op.BinaryKind.SUB, other);
    }

    public Value mul(Value other) {
        return binary(Op.BinaryKind.MUL, other);
    }

    public Value div(Value other) {
        return binary(Op.BinaryKind.DIV, other);
    }

    public Value max(Value other) {
        return binary(Op.BinaryKind.MAX, other);
    }

    public Value min(Value other) {
        return binary(Op.BinaryKind.MIN, other);
    }

    /** 1 where this is greater, else 0. */
    public Value greater(Value other) {
        return binary(Op.BinaryKind.GREATER, other);
    }

    /** 1 where this is greater or equal, else 0. */
    public Value greaterEqual(Value other) {
        return binary(Op.BinaryKind.GREATER_EQUAL, other);
    }

    /** 1 where both are equal, else 0. */
    public Value equal(Value other) {
        return binary(Op.BinaryKind.EQUAL, other);
    }

    public Value add(double other) {
        return add(graph.scalar(other));
    }

    public Value sub(double other) {
        return sub(graph.scalar(other));
    }

    public Value mul(double other) {
        return mul(graph.scalar(other));
    }

    public Value div(double other) {
        return div(graph.scalar(other));
    }

    public Value max(double other) {
        return max(graph.scalar(other));
    }

    public Value min(double other) {
        return min(graph.scalar(other));
    }

    private Value binary(Op.BinaryKind kind, Value other) {
        Shape common = broadcastShape(shape(), other.shape());
        return graph.add(new Op.Binary(kind), broadcastTo(common), other.broadcastTo(common));
    }

    /** {@code this != 0 ? a : b} */
    public Value select(Value a, Value b) {
        Shape common = broadcastShape(shape(), broadcastShape(a.shape(), b.shape()));
        return graph.add(new Op.Select(), broadcastTo(common), a.broadcastTo(common), b.broadcastTo(common));
    }

    public Value neg() {
        return unary(Op.UnaryKind.NEG);
    }

    public Value abs() {
        return unary(Op.UnaryKind.ABS);
    }

    public Value sign() {
        return unary(Op.UnaryKind.SIGN);
    }

    public Value reciprocal() {
        return unary(Op.UnaryKind.RECIPROCAL);
    }

    public Value sqrt() {
        return unary(Op.UnaryKind.SQRT);
    }

    public Value rsqrt() {
        return unary(Op.UnaryKind.RSQRT);
    }

    public Value exp() {
        return unary(Op.UnaryKind.EXP);
    }

    public Value log() {
        return unary(Op.UnaryKind.LOG);
    }

    public Value tanh() {
        return unary(Op.UnaryKind.TANH);
    }

    public Value erf() {
        return unary(Op.UnaryKind.ERF);
    }

    public Value sin() {
        return unary(Op.UnaryKind.SIN);
    }

    public Value cos() {
        return unary(Op.UnaryKind.COS);
    }

    public Value square() {
        return mul(this);
    }

    public Value relu() {
        return leakyRelu(0);
    }

    /** {@code x > 0 ? x : slope * x} */
    public Value leakyRelu(double slope) {
        return graph.add(new Op.Unary(Op.UnaryKind.LEAKY_RELU, (float) slope), this);
    }

    public Value unary(Op.UnaryKind kind) {
        return graph.add(new Op.Unary(kind), this);
    }

    public Value cast(DType dtype) {
        return dtype == dtype() ? this : graph.add(new Op.Cast(dtype), this);
    }

    /** This value as a constant for differentiation. */
    public Value stopGradient() {
        return graph.add(new Op.StopGradient(), this);
    }

    // ---- movement

    public Value reshape(int... dims) {
        return reshape(Shape.of(dims));
    }

    public Value reshape(Shape shape) {
        return shape.equals(shape()) ? this : graph.add(new Op.Reshape(shape), this);
    }

    public Value transpose(int... permutation) {
        return graph.add(new Op.Transpose(Arrays.stream(permutation).boxed().toList()), this);
    }

    /** NumPy broadcasting to a target of at least this rank. */
    public Value broadcastTo(Shape target) {
        if (target.equals(shape())) {
            return this;
        }
        int[] dims = new int[target.rank()];
        int missing = target.rank() - rank();
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = axis < missing ? 1 : dim(axis - missing);
        }
        Value aligned = reshape(Shape.of(dims));
        return aligned.shape().equals(target) ? aligned : graph.add(new Op.Broadcast(target), aligned);
    }

    /** Elements {@code start} to {@code end} (exclusive) of one axis; negative axes count from the end. */
    public Value slice(int axis, int start, int end) {
        return slice(axis, start, end, 1);
    }

    /** Every {@code step}th element from {@code start} to {@code end} (exclusive) of one axis. */
    public Value slice(int axis, int start, int end, int step) {
        int at = axis < 0 ? axis + rank() : axis;
        List<Integer> starts = new ArrayList<>(Collections.nCopies(rank(), 0));
        List<Integer> steps = new ArrayList<>(Collections.nCopies(rank(), 1));
        List<Integer> sizes = new ArrayList<>(Arrays.stream(shape().dims()).boxed().toList());
        starts.set(at, start);
        steps.set(at, step);
        sizes.set(at, Math.ceilDiv(end - start, step));
        return start == 0 && sizes.get(at) == dim(at) ? this : graph.add(new Op.Slice(starts, sizes, steps), this);
    }

    /** {@code value} in {@code low} places before and {@code high} places behind one axis. */
    public Value pad(int axis, int low, int high, float value) {
        int at = axis < 0 ? axis + rank() : axis;
        List<Integer> lows = new ArrayList<>(Collections.nCopies(rank(), 0));
        List<Integer> highs = new ArrayList<>(lows);
        lows.set(at, low);
        highs.set(at, high);
        return graph.add(new Op.Pad(lows, highs, Collections.nCopies(rank(), 0), value), this);
    }

    /** Joins values along one axis; negative axes count from the end. */
    public static Value concat(int axis, Value... parts) {
        int at = axis < 0 ? axis + parts[0].rank() : axis;
        return parts.length == 1 ? parts[0] : parts[0].graph.add(new Op.Concat(at), parts);
    }

    /** Rows of this table by I32 {@code indices}: {@code indices.shape + this.shape[1:]}. */
    public Value gather(Value indices) {
        return graph.add(new Op.Gather(), this, indices);
    }

    // ---- reductions and products

    /** Sum over the given axes (all, if none is given), which keep their place with size 1; negative axes count from the end. */
    public Value sum(int... axes) {
        return reduce(Op.ReduceKind.SUM, axes);
    }

    /** Mean over the given axes (all, if none is given), which keep their place with size 1. */
    public Value mean(int... axes) {
        Value sum = sum(axes);
        return sum.mul((double) sum.shape().size() / shape().size());
    }

    /** Maximum over the given axes (all, if none is given), which keep their place with size 1. */
    public Value maximum(int... axes) {
        return reduce(Op.ReduceKind.MAX, axes);
    }

    private Value reduce(Op.ReduceKind kind, int... axes) {
        List<Integer> all = new ArrayList<>();
        for (int axis = 0; axis < rank(); axis++) {
            all.add(axis);
        }
        List<Integer> some = Arrays.stream(axes).map(axis -> axis < 0 ? axis + rank() : axis).boxed().toList();
        return graph.add(new Op.Reduce(kind, axes.length == 0 ? all : some), this);
    }

    /** {@code this [.., m, k] · other [.., k, n]} with equal batch axes. */
    public Value matMul(Value other) {
        return matMul(other, false, false);
    }

    /** Matrix product over the last two axes, either operand transposed; batch axes are equal. */
    public Value matMul(Value other, boolean transposeThis, boolean transposeOther) {
        return graph.add(new Op.MatMul(transposeThis, transposeOther), this, other);
    }

    static Shape broadcastShape(Shape a, Shape b) {
        if (a.equals(b)) {
            return a;
        }
        int[] dims = new int[Math.max(a.rank(), b.rank())];
        for (int i = 1; i <= dims.length; i++) {
            int da = i <= a.rank() ? a.dim(-i) : 1;
            int db = i <= b.rank() ? b.dim(-i) : 1;
            Shapes.require(da == db || da == 1 || db == 1, "shapes %s and %s do not broadcast", a, b);
            dims[dims.length - i] = da == 1 ? db : da;
        }
        return Shape.of(dims);
    }

    /** One line: the operation, its operands, its type and its scope. */
    public String describe() {
        StringBuilder text = new StringBuilder("%").append(id).append(" = ").append(op);
        for (int i = 0; i < inputs.size(); i++) {
            text.append(i == 0 ? " %" : ", %").append(inputs.get(i).id);
        }
        text.append(" : ").append(type);
        return scope.isEmpty() ? text.toString() : text.append("  # ").append(scope).toString();
    }

    @Override
    public String toString() {
        return "%" + id + " " + type + (scope.isEmpty() ? "" : " (" + scope + ")");
    }
}
