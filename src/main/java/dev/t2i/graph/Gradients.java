package dev.t2i.graph;

import dev.t2i.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reverse-mode differentiation as more graph. Every row of {@link #pullback} is made of the same operations that it
 * differentiates, so a gradient can be differentiated again, to any order. Gradients are F32, also those of half-precision
 * values.
 */
public final class Gradients {
    private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

    private Gradients() {}

    /** Gradients of a one-element {@code loss}; a value that the loss does not depend on gets zeros. */
    public static List<Value> of(Value loss, List<Value> wrt) {
        return of(List.of(loss), List.of(one(loss)), wrt);
    }

    /** Vector-Jacobian products: the sum over {@code outputs} of {@code seeds[i]ᵀ · ∂outputs[i]/∂wrt}. */
    public static List<Value> of(List<Value> outputs, List<Value> seeds, List<Value> wrt) {
        return of(outputs, seeds, wrt, false);
    }

    /**
     * The same with each of {@code wrt} a variable of its own, though one may be computed from another: what reaches one does not flow on.
     * They may then be seeds for a gradient of what these values came from, in which every path counts once.
     */
    public static List<Value> partial(List<Value> outputs, List<Value> seeds, List<Value> wrt) {
        return of(outputs, seeds, wrt, true);
    }

    /** {@link #partial(List, List, List)} of a one-element {@code loss}. */
    public static List<Value> partial(Value loss, List<Value> wrt) {
        return partial(List.of(loss), List.of(one(loss)), wrt);
    }

    private static Value one(Value loss) {
        Shapes.require(loss.shape().size() == 1, "a loss must be one number, got shape %s", loss.shape());
        return loss.graph().fill(1, loss.shape());
    }

    private static List<Value> of(List<Value> outputs, List<Value> seeds, List<Value> wrt, boolean partial) {
        Graph graph = outputs.get(0).graph();
        int end = graph.values().size();
        Set<Value> active = dependents(graph, wrt, end);
        Map<Value, Value> cotangents = new HashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            Shapes.require(outputs.get(i).type().equals(seeds.get(i).type()), "seed %s for %s", seeds.get(i), outputs.get(i));
            accumulate(cotangents, outputs.get(i), seeds.get(i));
        }
        Set<Value> kept = new HashSet<>(wrt);
        Recomputation again = new Recomputation(graph, active, end);
        for (int id = end - 1; id >= 0; id--) {
            Value node = graph.values().get(id);
            // A cotangent that nobody asked for is dropped as soon as it has been passed on.
            boolean asked = kept.contains(node);
            Value cotangent = asked ? cotangents.get(node) : cotangents.remove(node);
            if (cotangent == null || partial && asked || !active.contains(node) || node.inputs().stream().noneMatch(active::contains)) {
                continue;
            }
            Value seen = again.twin(node);
            graph.scoped(node.scope().isEmpty() ? "gradient" : node.scope() + "'", () -> {
                List<Value> partials = pullback(seen, cotangent, active);
                for (int i = 0; i < partials.size(); i++) {
                    if (partials.get(i) != null && active.contains(node.input(i))) {
                        accumulate(cotangents, node.input(i), partials.get(i));
                    }
                }
                return null;
            });
        }
        List<Value> gradients = new ArrayList<>();
        for (Value value : wrt) {
            Value gradient = cotangents.get(value);
            gradients.add(gradient != null ? gradient : graph.fill(0, value.shape()));
        }
        return gradients;
    }

    private static void accumulate(Map<Value, Value> cotangents, Value value, Value more) {
        cotangents.merge(value, more, Value::add);
    }

    /** Values that depend on any of {@code wrt} by a differentiable path. */
    private static Set<Value> dependents(Graph graph, Collection<Value> wrt, int end) {
        Set<Value> active = new HashSet<>(wrt);
        for (int id = 0; id < end; id++) {
            Value value = graph.values().get(id);
            if (!(value.op() instanceof Op.StopGradient) && value.dtype() != DType.I32) {
                for (Value input : value.inputs()) {
                    if (active.contains(input)) {
                        active.add(value);
                        break;
                    }
                }
            }
        }
        return active;
    }

    /** The table of gradients: for each input its cotangent, or null where none flows. */
    private static List<Value> pullback(Value node, Value g, Set<Value> active) {
        Graph graph = node.graph();
        return switch (node.op()) {
            case Op.Input _, Op.State _, Op.Fill _, Op.Literal _, Op.Iota _, Op.Random _, Op.StopGradient _ -> none(node);
            case Op.Unary unary -> Collections.singletonList(unary(unary, node, g));
            case Op.Binary binary -> binary(binary.kind(), node, g);
            case Op.Select _ -> {
                Value condition = node.input(0);
                Value zero = graph.fill(0, node.shape());
                List<Value> partials = none(node);
                partials.set(1, condition.select(g, zero));
                partials.set(2, condition.select(zero, g));
                yield partials;
            }
            case Op.Cast _ -> {
                Shapes.require(node.dtype() == DType.F32, "no gradient flows through a cast to %s", node.dtype());
                yield List.of(g);
            }
            case Op.Barrier _ -> List.of(g);
            case Op.Reshape _ -> List.of(g.reshape(node.input(0).shape()));
            case Op.Transpose transpose -> List.of(g.transpose(inverse(transpose.permutation())));
            case Op.Broadcast broadcast -> List.of(sum(g, repeatedAxes(node.input(0), broadcast)));
            case Op.Slice slice -> List.of(unslice(slice, node.input(0), g));
            case Op.Pad pad -> List.of(unpad(pad, node.input(0), g));
            case Op.Concat concat -> {
                List<Value> partials = new ArrayList<>();
                int start = 0;
                for (Value part : node.inputs()) {
                    partials.add(g.slice(concat.axis(), start, start + part.dim(concat.axis())));
                    start += part.dim(concat.axis());
                }
                yield partials;
            }
            case Op.Reduce reduce -> List.of(switch (reduce.kind()) {
                case SUM -> g.broadcastTo(node.input(0).shape());
                case MAX -> {
                    // Ties share the gradient, as a subgradient that does not depend on their order.
                    Value hit = node.input(0).equal(node);
                    yield hit.mul(g.div(sum(hit, reduce.axes()).stopGradient()));
                }
            });
            case Op.MatMul product -> matMul(product, node, g, active);
            case Op.Conv2d conv -> {
                requireUnfused(conv.epilogue());
                Value x = node.input(0);
                Value w = node.input(1);
                yield pair(
                        active.contains(x) ? graph.add(new Op.Conv2dInputGradient(conv.window(), x.dim(1), x.dim(2)), g, w) : null,
                        active.contains(w) ? graph.add(new Op.Conv2dWeightGradient(conv.window(), w.dim(0), w.dim(1)), x.cast(DType.F32), g) : null);
            }
            case Op.Conv2dInputGradient conv -> {
                requireUnfused(conv.epilogue());
                Value dy = node.input(0);
                Value w = node.input(1);
                yield pair(active.contains(dy) ? graph.add(new Op.Conv2d(conv.window()), g, w) : null,
                        active.contains(w) ? graph.add(new Op.Conv2dWeightGradient(conv.window(), w.dim(0), w.dim(1)), g, dy.cast(DType.F32)) : null);
            }
            case Op.Conv2dWeightGradient conv -> {
                Value x = node.input(0);
                Value dy = node.input(1);
                yield pair(
                        active.contains(x) ? graph.add(new Op.Conv2dInputGradient(conv.window(), x.dim(1), x.dim(2)), dy, g) : null,
                        active.contains(dy) ? graph.add(new Op.Conv2d(conv.window()), x, g) : null);
            }
            case Op.Gather _ -> pair(graph.add(new Op.ScatterAdd(node.input(0).dim(0)), node.input(1), g), null);
            case Op.ScatterAdd _ -> pair(null, g.gather(node.input(0)));
            case Op.Fused _, Op.FusedReduce _ -> throw new GraphException("differentiate before fusing, not after");
        };
    }

    private static List<Value> none(Value node) {
        return new ArrayList<>(Collections.nCopies(node.inputs().size(), null));
    }

    private static List<Value> pair(Value first, Value second) {
        List<Value> pair = new ArrayList<>();
        pair.add(first);
        pair.add(second);
        return pair;
    }

    private static Value unary(Op.Unary op, Value y, Value g) {
        Value x = y.input(0);
        return switch (op.kind()) {
            case NEG -> g.neg();
            case ABS -> g.mul(x.sign());
            case SIGN, FLOOR, LEAKY_SLOPE -> null;
            case RECIPROCAL -> g.mul(y.square()).neg();
            case SQRT -> g.mul(0.5).div(y);
            case RSQRT -> g.mul(-0.5).mul(y).mul(y.square());
            case EXP -> g.mul(y);
            case LOG -> g.div(x);
            case TANH -> g.sub(g.mul(y.square()));
            case ERF -> g.mul(x.square().neg().exp()).mul(TWO_OVER_SQRT_PI);
            case SIN -> g.mul(x.cos());
            case COS -> g.mul(x.sin()).neg();
            // For slopes from 0 up the result has the argument's sign, and then the argument need not be kept.
            case LEAKY_RELU -> g.mul(y.graph().add(new Op.Unary(Op.UnaryKind.LEAKY_SLOPE, op.parameter()),
                    op.parameter() >= 0 ? y : x));
        };
    }

    private static List<Value> binary(Op.BinaryKind kind, Value y, Value g) {
        Value a = y.input(0);
        Value b = y.input(1);
        return switch (kind) {
            case ADD -> List.of(g, g);
            case SUB -> List.of(g, g.neg());
            case MUL -> List.of(g.mul(b), g.mul(a));
            case DIV -> List.of(g.div(b), g.mul(y).div(b).neg());
            case MAX -> {
                Value first = a.greaterEqual(b);
                yield List.of(g.mul(first), g.sub(g.mul(first)));
            }
            case MIN -> {
                Value first = b.greaterEqual(a);
                yield List.of(g.mul(first), g.sub(g.mul(first)));
            }
            case GREATER, GREATER_EQUAL, EQUAL -> none(y);
        };
    }

    private static List<Value> matMul(Op.MatMul op, Value y, Value g, Set<Value> active) {
        requireUnfused(op.epilogue());
        Value a = y.input(0);
        Value b = y.input(1);
        boolean ta = op.transposeA();
        boolean tb = op.transposeB();
        Value da = !active.contains(a) ? null : ta ? b.matMul(g, tb, true) : g.matMul(b, false, !tb);
        Value db = !active.contains(b) ? null : tb ? g.matMul(a, true, ta) : a.matMul(g, !ta, false);
        return pair(da, db);
    }

    private static void requireUnfused(Op.Epilogue epilogue) {
        Shapes.require(epilogue.isNone(), "differentiate before fusing, not after");
    }

    private static int[] inverse(List<Integer> permutation) {
        int[] inverse = new int[permutation.size()];
        for (int axis = 0; axis < inverse.length; axis++) {
            inverse[permutation.get(axis)] = axis;
        }
        return inverse;
    }

    /** Unlike {@link Value#sum}, a sum over no axes changes nothing. */
    private static Value sum(Value x, List<Integer> axes) {
        return axes.isEmpty() ? x : x.graph().add(new Op.Reduce(Op.ReduceKind.SUM, axes), x);
    }

    private static List<Integer> repeatedAxes(Value from, Op.Broadcast broadcast) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < from.rank(); axis++) {
            if (from.dim(axis) != broadcast.shape().dim(axis)) {
                axes.add(axis);
            }
        }
        return axes;
    }

    private static Value unslice(Op.Slice slice, Value x, Value g) {
        List<Integer> high = new ArrayList<>();
        List<Integer> interior = new ArrayList<>();
        for (int axis = 0; axis < x.rank(); axis++) {
            int size = slice.sizes().get(axis);
            int step = slice.steps().get(axis);
            int covered = size == 0 ? 0 : (size - 1) * step + 1;
            high.add(x.dim(axis) - slice.starts().get(axis) - covered);
            interior.add(step - 1);
        }
        return g.graph().add(new Op.Pad(slice.starts(), high, interior, 0), g);
    }

    private static Value unpad(Op.Pad pad, Value x, Value g) {
        List<Integer> sizes = new ArrayList<>();
        List<Integer> steps = new ArrayList<>();
        for (int axis = 0; axis < x.rank(); axis++) {
            sizes.add(x.dim(axis));
            steps.add(pad.interior().get(axis) + 1);
        }
        return g.graph().add(new Op.Slice(pad.low(), sizes, steps), g);
    }
}
