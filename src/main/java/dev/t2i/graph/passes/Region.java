package dev.t2i.graph.passes;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** One fused kernel in the making: the expression under a root, down to values that are stored in memory. */
final class Region {
    /** Longer expressions are cut, so that their registers stay in the first-level cache. */
    private static final int MAX_INSTRUCTIONS = 40;
    private static final int MAX_LEAVES = 14;

    /** A value that has to be stored after all, because this region cannot reach through it. */
    static final class MustStore extends Exception {
        final transient Value value;

        MustStore(Value value) {
            super(null, null, false, false);
            this.value = value;
        }
    }

    /** Movements between the root's index space and a value, innermost last. */
    private record Path(Value movement, Path outer) {}

    private record Leaf(Value value, View view) {}

    private record Reading(Value value, Path path) {}

    private final Predicate<Value> stored;
    private final Value root;
    private final Shape space;
    private final List<Leaf> leaves = new ArrayList<>();
    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<Reading, Integer> registers = new HashMap<>();
    private final List<Value> inlined = new ArrayList<>();
    private final int result;

    /** Leaves are numbered from here while instructions are still being counted. */
    private static final int LEAF_BASE = 1 << 20;

    Region(Value root, Predicate<Value> stored) throws MustStore {
        this.root = root;
        this.stored = stored;
        switch (root.op()) {
            case Op.Reduce _ -> {
                Value reduced = root.input(0);
                space = reduced.shape();
                result = stored.test(reduced) ? leaf(reduced, null) : emit(reduced, null);
                if (leaves.isEmpty()) {
                    // What is made of numbers alone has no view that would say over how much to go.
                    throw new MustStore(reduced);
                }
            }
            case Op.Reshape _ -> {
                space = root.input(0).shape();
                result = emit(root.input(0), null);
            }
            case Op.Cast _ -> {
                space = root.shape();
                result = emit(root.input(0), null);
            }
            case Op.Transpose _, Op.Broadcast _, Op.Slice _ -> {
                space = root.shape();
                result = emit(root.input(0), new Path(root, null));
            }
            default -> {
                space = root.shape();
                result = emitInstruction(root, null);
            }
        }
        if (instructions.size() > MAX_INSTRUCTIONS || leaves.size() > MAX_LEAVES) {
            if (!inlined.isEmpty()) {
                throw new MustStore(inlined.get(inlined.size() / 2));
            }
        }
    }

    static boolean isMovement(Value value) {
        return switch (value.op()) {
            case Op.Reshape _, Op.Transpose _, Op.Broadcast _, Op.Slice _ -> true;
            default -> false;
        };
    }

    static boolean isElementwise(Value value) {
        return switch (value.op()) {
            case Op.Unary _, Op.Binary _, Op.Select _, Op.Cast _ -> true;
            default -> false;
        };
    }

    private int emit(Value value, Path path) throws MustStore {
        if (value.op() instanceof Op.Fill fill) {
            return register(new Reading(value, null), new Instruction.Immediate((float) fill.value()));
        }
        if (stored.test(value)) {
            return leaf(value, path);
        }
        if (isMovement(value)) {
            return emit(value.input(0), new Path(value, path));
        }
        if (value.op() instanceof Op.Cast) {
            return emit(value.input(0), path);
        }
        Integer known = registers.get(new Reading(value, path));
        if (known != null) {
            return known;
        }
        inlined.add(value);
        return emitInstruction(value, path);
    }

    private int emitInstruction(Value value, Path path) throws MustStore {
        int[] operands = new int[value.inputs().size()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = emit(value.input(i), path);
        }
        return register(new Reading(value, path), switch (value.op()) {
            case Op.Unary unary -> new Instruction.Unary(unary.kind(), unary.parameter(), operands[0]);
            case Op.Binary binary -> new Instruction.Binary(binary.kind(), operands[0], operands[1]);
            case Op.Select _ -> new Instruction.Select(operands[0], operands[1], operands[2]);
            default -> throw new IllegalStateException("not element-wise: " + value);
        });
    }

    private int register(Reading reading, Instruction instruction) {
        Integer known = registers.get(reading);
        if (known == null) {
            known = instructions.size();
            instructions.add(instruction);
            registers.put(reading, known);
        }
        return known;
    }

    private int leaf(Value value, Path path) throws MustStore {
        View view = View.of(value.shape());
        for (Path step = path; step != null; step = step.outer) {
            Shape target = step.movement.shape();
            view = switch (step.movement.op()) {
                case Op.Broadcast _ -> view.broadcast(target);
                case Op.Slice slice -> view.slice(slice, target);
                case Op.Transpose transpose -> view.transpose(transpose, target);
                default -> {
                    Optional<View> reshaped = view.reshape(target);
                    if (reshaped.isEmpty()) {
                        throw new MustStore(step.movement);
                    }
                    yield reshaped.get();
                }
            };
        }
        Leaf leaf = new Leaf(value, view);
        int index = leaves.indexOf(leaf);
        if (index < 0) {
            index = leaves.size();
            leaves.add(leaf);
        }
        return LEAF_BASE + index;
    }

    // ---- the finished kernel

    Value root() {
        return root;
    }

    Shape space() {
        return space;
    }

    List<Value> inputs() {
        return leaves.stream().map(Leaf::value).toList();
    }

    List<View> views() {
        return leaves.stream().map(Leaf::view).toList();
    }

    /** The expression with leaves as registers in order. */
    Expression expression() {
        return expression(-1);
    }

    /** Whether {@code leaf} is read once, in the root's own order, so that the root can end its product. */
    boolean readsPlainly(Value leaf) {
        return leaves.stream().filter(l -> l.value.equals(leaf)).count() == 1
                && leaves.stream().anyMatch(l -> l.value.equals(leaf) && l.view.equals(View.of(root.shape())));
    }

    /** The epilogue that makes the root from {@code product}, which becomes register 0. */
    Op.Epilogue epilogue(Value product) {
        List<View> others = leaves.stream().filter(l -> !l.value.equals(product)).map(Leaf::view).toList();
        return new Op.Epilogue(expression(inputs().indexOf(product)), others);
    }

    List<Value> inputsWithout(Value product) {
        return inputs().stream().filter(v -> !v.equals(product)).toList();
    }

    /** Leaves first, the leaf at index {@code front} (if any) foremost; then the instructions. */
    private Expression expression(int front) {
        int count = leaves.size();
        List<Instruction> renumbered = new ArrayList<>();
        for (Instruction instruction : instructions) {
            renumbered.add(switch (instruction) {
                case Instruction.Immediate immediate -> immediate;
                case Instruction.Unary(var kind, float parameter, int a) ->
                        new Instruction.Unary(kind, parameter, renumber(a, count, front));
                case Instruction.Binary(var kind, int a, int b) ->
                        new Instruction.Binary(kind, renumber(a, count, front), renumber(b, count, front));
                case Instruction.Select(int condition, int a, int b) -> new Instruction.Select(
                        renumber(condition, count, front), renumber(a, count, front), renumber(b, count, front));
            });
        }
        Expression expression = new Expression(count, renumbered);
        if (renumber(result, count, front) != expression.result()) {
            throw new IllegalStateException("the result of " + expression + " is not its last register");
        }
        return expression;
    }

    private static int renumber(int register, int count, int front) {
        if (register < LEAF_BASE) {
            return register + count;
        }
        int leaf = register - LEAF_BASE;
        return leaf == front ? 0 : leaf < front ? leaf + 1 : leaf;
    }
}
