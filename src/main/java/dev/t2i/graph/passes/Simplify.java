package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * One forward sweep: dead code goes, equal values become one, constants fold, and identities (adding zero, reshaping
 * twice, …) vanish. Nothing here changes a finite result by more than the rounding of one operation.
 */
final class Simplify {
    private final Rewrite rewrite;

    private Simplify(Graph graph) {
        rewrite = new Rewrite(graph);
    }

    static Graph run(Graph graph) {
        Simplify pass = new Simplify(graph);
        Set<Value> live = Rewrite.live(graph);
        for (Value value : graph.values()) {
            if (live.contains(value)) {
                pass.rewrite.put(value, pass.simplify(value, pass.rewrite.get(value.inputs())));
            }
        }
        return pass.rewrite.finish();
    }

    private Value simplify(Value old, List<Value> in) {
        String scope = old.scope();
        Value simpler = switch (old.op()) {
            case Op.StopGradient _ -> in.get(0);
            case Op.Cast cast -> in.get(0).dtype() == cast.dtype() ? in.get(0) : null;
            case Op.Unary unary -> unary(scope, unary, in.get(0));
            case Op.Binary binary -> binary(scope, binary.kind(), in.get(0), in.get(1));
            case Op.Reshape reshape -> reshape(scope, reshape, in.get(0));
            case Op.Transpose transpose -> transpose(scope, transpose, in.get(0));
            case Op.Broadcast broadcast -> in.get(0).shape().equals(broadcast.shape()) ? in.get(0) : refill(old, in.get(0));
            case Op.Slice _ -> in.get(0).shape().equals(old.shape()) ? in.get(0) : refill(old, in.get(0));
            case Op.Reduce reduce -> reduce(scope, reduce, in.get(0), old.type());
            case Op.MatMul product -> matMul(scope, product, in);
            case Op.Gather _ -> gather(scope, in);
            default -> null;
        };
        return simpler != null ? simpler : rewrite.add(scope, old.op(), in);
    }

    private static OptionalDouble filled(Value value) {
        return value.op() instanceof Op.Fill fill && value.dtype() == DType.F32
                ? OptionalDouble.of((float) fill.value()) : OptionalDouble.empty();
    }

    private static boolean isFill(Value value, double number) {
        return filled(value).isPresent() && filled(value).getAsDouble() == number;
    }

    private Value fill(String scope, double number, TensorType type) {
        return rewrite.add(scope, new Op.Fill(number, type), List.of());
    }

    /** A movement of one repeated number gives that number in the new shape. */
    private Value refill(Value old, Value in) {
        return in.op() instanceof Op.Fill fill ? fill(old.scope(), fill.value(), old.type()) : null;
    }

    private Value unary(String scope, Op.Unary op, Value x) {
        if (filled(x).isPresent()) {
            OptionalDouble folded = Fold.unary(op, filled(x).getAsDouble());
            if (folded.isPresent()) {
                return fill(scope, folded.getAsDouble(), x.type());
            }
        }
        boolean doubleNegation = op.kind() == Op.UnaryKind.NEG && x.op() instanceof Op.Unary inner
                && inner.kind() == Op.UnaryKind.NEG;
        return doubleNegation ? x.input(0) : null;
    }

    private Value binary(String scope, Op.BinaryKind kind, Value a, Value b) {
        if (filled(a).isPresent() && filled(b).isPresent()) {
            return fill(scope, Fold.binary(kind, filled(a).getAsDouble(), filled(b).getAsDouble()), a.type());
        }
        return switch (kind) {
            case ADD -> {
                if (isFill(a, 0)) {
                    yield b;
                }
                if (isFill(b, 0)) {
                    yield a;
                }
                yield b.op() instanceof Op.Unary(var k, float _) && k == Op.UnaryKind.NEG
                        ? rewrite.add(scope, new Op.Binary(Op.BinaryKind.SUB), List.of(a, b.input(0))) : null;
            }
            case SUB -> isFill(b, 0) ? a
                    : isFill(a, 0) ? rewrite.add(scope, new Op.Unary(Op.UnaryKind.NEG), List.of(b)) : null;
            case MUL -> isFill(a, 1) ? b : isFill(b, 1) ? a : null;
            case DIV -> isFill(b, 1) ? a : null;
            case MAX, MIN -> a == b ? a : null;
            case GREATER, GREATER_EQUAL, EQUAL -> null;
        };
    }

    private Value reshape(String scope, Op.Reshape op, Value x) {
        if (x.shape().equals(op.shape())) {
            return x;
        }
        if (x.op() instanceof Op.Fill fill) {
            return fill(scope, fill.value(), new TensorType(x.dtype(), op.shape()));
        }
        if (x.op() instanceof Op.Reshape) {
            return op.shape().equals(x.input(0).shape()) ? x.input(0) : rewrite.add(scope, op, x.inputs());
        }
        return null;
    }

    private Value transpose(String scope, Op.Transpose op, Value x) {
        if (x.op() instanceof Op.Fill fill) {
            return fill(scope, fill.value(), op.infer(List.of(x.type())));
        }
        List<Integer> permutation = op.permutation();
        Value source = x;
        if (x.op() instanceof Op.Transpose inner) {
            List<Integer> composed = new ArrayList<>();
            for (int axis : permutation) {
                composed.add(inner.permutation().get(axis));
            }
            permutation = composed;
            source = x.input(0);
        }
        boolean identity = true;
        for (int axis = 0; axis < permutation.size(); axis++) {
            identity &= permutation.get(axis) == axis;
        }
        if (identity) {
            return source;
        }
        return source == x ? null : rewrite.add(scope, new Op.Transpose(permutation), List.of(source));
    }

    private Value reduce(String scope, Op.Reduce op, Value x, TensorType type) {
        long count = x.shape().size() / Math.max(1, type.shape().size());
        if (x.shape().equals(type.shape())) {
            return x;
        }
        if (filled(x).isPresent() && x.shape().size() > 0) {
            double number = filled(x).getAsDouble();
            return fill(scope, op.kind() == Op.ReduceKind.SUM ? number * count : number, type);
        }
        return null;
    }

    /** Rows of a table in half precision are converted after they were picked, not the whole table before. */
    private Value gather(String scope, List<Value> in) {
        Value table = in.get(0);
        if (!(table.op() instanceof Op.Cast cast) || !table.input(0).dtype().isFloating()) {
            return null;
        }
        Value rows = rewrite.add(scope, new Op.Gather(), List.of(table.input(0), in.get(1)));
        return rewrite.add(scope, cast, List.of(rows));
    }

    /** A swap of an operand's last two axes is what the product's own flags say. */
    private Value matMul(String scope, Op.MatMul op, List<Value> in) {
        boolean swapA = swapsLastTwo(in.get(0));
        boolean swapB = swapsLastTwo(in.get(1));
        if (!swapA && !swapB) {
            return null;
        }
        List<Value> operands = new ArrayList<>(in);
        operands.set(0, swapA ? in.get(0).input(0) : in.get(0));
        operands.set(1, swapB ? in.get(1).input(0) : in.get(1));
        return rewrite.add(scope, new Op.MatMul(op.transposeA() ^ swapA, op.transposeB() ^ swapB, op.epilogue()), operands);
    }

    private static boolean swapsLastTwo(Value value) {
        if (!(value.op() instanceof Op.Transpose transpose)) {
            return false;
        }
        int rank = transpose.permutation().size();
        for (int axis = 0; axis < rank; axis++) {
            int expected = axis < rank - 2 ? axis : 2 * rank - 3 - axis;
            if (transpose.permutation().get(axis) != expected) {
                return false;
            }
        }
        return true;
    }
}
