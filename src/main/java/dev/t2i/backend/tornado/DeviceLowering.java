package dev.t2i.backend.tornado;

import dev.t2i.backend.tornado.Product.Sizes;
import dev.t2i.graph.Expression;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Turns the values of a device's graph (see {@link GraphSplit}) into kernels over rooms. */
final class DeviceLowering {
    private final Function<Value, Spot> spots;
    /** Room behind the planned temporaries, for parts of long sums; kernels run one after the other and share it. */
    private final Spot scratch;
    private final LibraryRule libraries;
    private int scratchSize;

    DeviceLowering(Function<Value, Spot> spots, Spot scratch, LibraryRule libraries) {
        this.spots = spots;
        this.scratch = scratch;
        this.libraries = libraries;
    }

    /** Elements of {@link Room#TEMPORARIES} from the scratch's place on that the kernels made so far need. */
    int scratchSize() {
        return scratchSize;
    }

    /** What {@code value} is as loops over spaces, in order; none if it is a leaf, or more than loops. */
    List<LoopNest> nests(Value value) {
        Shape shape = value.shape();
        if (shape.size() == 0) {
            return List.of();
        }
        return switch (value.op()) {
            case Op.Unary op -> single(value, new Expression.Instruction.Unary(op.kind(), op.parameter(), 0));
            case Op.Binary op -> single(value, new Expression.Instruction.Binary(op.kind(), 0, 1));
            case Op.Select _ -> single(value, new Expression.Instruction.Select(0, 1, 2));
            case Op.Cast _, Op.StopGradient _, Op.Barrier _ -> copy(value, View.of(shape));
            case Op.Transpose op -> copy(value, View.of(value.input(0).shape()).transpose(op, shape));
            case Op.Broadcast _ -> copy(value, View.of(value.input(0).shape()).broadcast(shape));
            case Op.Slice op -> copy(value, View.of(value.input(0).shape()).slice(op, shape));
            case Op.Concat op -> concat(op, value);
            case Op.Reduce op -> reduce(value, op.kind(), op.axes(), Expression.IDENTITY, List.of(View.of(value.input(0).shape())));
            case Op.FusedReduce op -> reduce(value, op.kind(), op.axes(), op.expression(), op.views());
            case Op.Fused op -> List.of(new LoopNest(value.describe(), op.expression(), operands(value, 0, op.views()), op.space(), Optional.empty(),
                    new Operand(out(value), View.of(op.space()))));
            default -> List.of();
        };
    }

    /** A kernel, or several, for a nest alone. */
    List<Kernel> lower(LoopNest nest) {
        if (nest.reduced().isEmpty()) {
            return List.of(Elementwise.kernel(nest));
        }
        Reduction reduction = new Reduction(nest);
        scratchSize = Math.max(scratchSize, reduction.scratch());
        return reduction.kernels(nest.out().spot(), scratch);
    }

    /** The tasks that compute a value that is not loops alone, see {@link #nests}; none for leaves and reshapes. */
    List<? extends Task> lower(Value value) {
        Shape shape = value.shape();
        if (shape.size() == 0) {
            return List.of();
        }
        String what = value.describe();
        return switch (value.op()) {
            case Op.Input _, Op.State _, Op.Fill _, Op.Literal _, Op.Iota _, Op.Reshape _ -> List.of();
            case Op.Random _ -> throw new GraphException("%s belongs on the host".formatted(value));
            case Op.Unary _, Op.Binary _, Op.Select _, Op.Cast _, Op.StopGradient _, Op.Barrier _, Op.Transpose _, Op.Broadcast _, Op.Slice _, Op.Concat _,
                    Op.Fused _ -> throw new IllegalArgumentException(what + " is loops");
            // Of nothing, else it would be loops.
            case Op.Reduce _, Op.FusedReduce _ -> List.of(Elementwise.fill(what, 0, out(value), size(shape)));
            case Op.Pad op -> value.input(0).shape().size() == 0
                    ? List.of(Elementwise.fill(what, op.value(), out(value), size(shape)))
                    : List.of(Tables.pad(what, op, in(value, 0), value.input(0).shape(), out(value), shape));
            case Op.MatMul op -> matMul(what, op, value);
            case Op.Conv2d op -> convolution(what, op, value);
            case Op.Conv2dInputGradient op -> inputGradient(what, op, value);
            case Op.Conv2dWeightGradient op -> weightGradient(what, op, value);
            case Op.Gather _ -> {
                Shape table = value.input(0).shape();
                int count = size(value.input(1).shape());
                yield List.of(Tables.gather(what, in(value, 0), in(value, 1), count, size(table) / Math.max(1, table.dim(0)), out(value)));
            }
            case Op.ScatterAdd op -> {
                int count = size(value.input(0).shape());
                yield List.of(Tables.scatterAdd(what, in(value, 0), in(value, 1), count, size(shape) / op.rows(), op.rows(), out(value)));
            }
        };
    }

    private Spot out(Value value) {
        return spots.apply(value);
    }

    private Spot in(Value value, int i) {
        return spots.apply(value.input(i));
    }

    private static int size(Shape shape) {
        return Math.toIntExact(shape.size());
    }

    /** The inputs of a value from {@code from} on through their views. */
    private List<Operand> operands(Value value, int from, List<View> views) {
        List<Operand> operands = new ArrayList<>();
        for (int i = 0; i < views.size(); i++) {
            operands.add(new Operand(in(value, from + i), views.get(i)));
        }
        return operands;
    }

    private List<LoopNest> single(Value value, Expression.Instruction instruction) {
        int inputs = value.inputs().size();
        View view = View.of(value.shape());
        return List.of(new LoopNest(value.describe(), new Expression(inputs, List.of(instruction)), operands(value, 0, Collections.nCopies(inputs, view)),
                value.shape(), Optional.empty(), new Operand(out(value), view)));
    }

    private List<LoopNest> copy(Value value, View view) {
        return List.of(copy(value.describe(), new Operand(in(value, 0), view), new Operand(out(value), View.of(view.shape())), view.shape()));
    }

    static LoopNest copy(String what, Operand from, Operand to, Shape space) {
        return new LoopNest(what, Expression.IDENTITY, List.of(from), space, Optional.empty(), to);
    }

    private List<LoopNest> concat(Op.Concat op, Value value) {
        List<LoopNest> nests = new ArrayList<>();
        long[] strides = value.shape().strides();
        long offset = 0;
        for (int i = 0; i < value.inputs().size(); i++) {
            Shape part = value.input(i).shape();
            if (part.size() > 0) {
                nests.add(copy(value.describe(), new Operand(in(value, i), View.of(part)), new Operand(out(value), new View(offset, strides, part)), part));
            }
            offset += part.dim(op.axis()) * strides[op.axis()];
        }
        return nests;
    }

    private List<LoopNest> reduce(Value value, Op.ReduceKind kind, List<Integer> axes, Expression expression, List<View> views) {
        Shape space = views.get(0).shape();
        if (space.size() == 0) {
            return List.of();
        }
        Shape kept = space;
        for (int axis : axes) {
            kept = kept.with(axis, 1);
        }
        Operand out = new Operand(out(value), View.of(kept).broadcast(space));
        return List.of(new LoopNest(value.describe(), expression, operands(value, 0, views), space, Optional.of(new LoopNest.Reduced(kind, axes)), out));
    }

    /** @param matrices whether both factors are matrices that lie row by row, turned as {@code sizes} says, and nothing that is only read as one */
    private List<? extends Task> product(String what, Value value, Sizes sizes, boolean matrices, Product.Factor left, Product.Factor right, Op.Epilogue epilogue) {
        List<Operand> further = operands(value, 2, epilogue.views());
        if (matrices && libraries.takes(sizes.batch(), sizes.rows(), sizes.columns(), sizes.steps())) {
            Optional<List<Task>> tasks = LibraryProduct.tasks(LibraryCall.rowMajor(what, sizes), in(value, 0), in(value, 1), epilogue, further, out(value), value.shape());
            if (tasks.isPresent()) {
                return tasks.get();
            }
        }
        Product product = new Product(what, sizes, left, right, value.input(0).shape().size() + value.input(1).shape().size(), epilogue, further, value.shape().dims());
        scratchSize = Math.max(scratchSize, product.scratch());
        return product.kernels(out(value), scratch);
    }

    private List<? extends Task> matMul(String what, Op.MatMul op, Value value) {
        Shape a = value.input(0).shape();
        int m = value.shape().dim(value.shape().rank() - 2);
        int n = value.shape().dim(value.shape().rank() - 1);
        int k = a.dim(a.rank() - (op.transposeA() ? 2 : 1));
        int batch = size(value.shape()) / (m * n);
        return product(what, value, new Sizes(batch, m, n, k, !op.transposeA(), op.transposeB()), true,
                Factors.matrix(in(value, 0), m * k, op.transposeA() ? 1 : k, op.transposeA() ? m : 1),
                Factors.matrix(in(value, 1), n * k, op.transposeB() ? k : 1, op.transposeB() ? 1 : n), op.epilogue());
    }

    /** Whether windows are single pixels, side by side: then pictures are matrices with a row for each pixel. */
    private static boolean arePixels(Shape weights, Window window) {
        return weights.dim(0) == 1 && weights.dim(1) == 1 && window.equals(Window.of(1, 0));
    }

    private List<? extends Task> convolution(String what, Op.Conv2d op, Value value) {
        Shape x = value.input(0).shape();
        Shape weights = value.input(1).shape();
        Shape y = value.shape();
        int taps = weights.dim(0) * weights.dim(1) * weights.dim(2);
        return product(what, value, new Sizes(1, y.dim(0) * y.dim(1) * y.dim(2), y.dim(3), taps, true, false), arePixels(weights, op.window()),
                Factors.windows(in(value, 0), x, weights.dim(1), op.window(), y.dim(1), y.dim(2)),
                Factors.matrix(in(value, 1), 0, 1, y.dim(3)), op.epilogue());
    }

    private List<? extends Task> inputGradient(String what, Op.Conv2dInputGradient op, Value value) {
        Shape dy = value.input(0).shape();
        Shape weights = value.input(1).shape();
        Shape dx = value.shape();
        int taps = weights.dim(0) * weights.dim(1) * weights.dim(3);
        return product(what, value, new Sizes(1, dx.dim(0) * dx.dim(1) * dx.dim(2), dx.dim(3), taps, true, true), arePixels(weights, op.window()),
                Factors.reaching(in(value, 0), dy, dx.dim(1), dx.dim(2), weights.dim(1), op.window()),
                Factors.weightsTurned(in(value, 1), weights.dim(2), weights.dim(3)), op.epilogue());
    }

    private List<? extends Task> weightGradient(String what, Op.Conv2dWeightGradient op, Value value) {
        Shape x = value.input(0).shape();
        Shape dy = value.input(1).shape();
        Shape dw = value.shape();
        Window window = op.window();
        int pixels = dy.dim(0) * dy.dim(1) * dy.dim(2);
        return product(what, value, new Sizes(1, dw.dim(0) * dw.dim(1) * dw.dim(2), dw.dim(3), pixels, false, false), arePixels(dw, window),
                Factors.windowsTurned(in(value, 0), x, dw.dim(1), window, dy.dim(1), dy.dim(2)),
                Factors.matrix(in(value, 1), 0, 1, dw.dim(3)), Op.Epilogue.NONE);
    }
}
