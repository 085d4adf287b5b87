package dev.t2i.graph;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A program over tensors of static shape: values in the order in which they were traced (so every value comes after its
 * inputs), named outputs, and assignments to named states. All reads of a state see its value from before the run;
 * assignments take effect at the run's end.
 *
 * <p>A graph is traced once, differentiated ({@link Gradients}), simplified ({@code Passes}) and compiled by a backend.
 */
public final class Graph {
    private final List<Value> values = new ArrayList<>();
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> states = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private final Map<String, Value> assignments = new LinkedHashMap<>();
    private final Deque<String> scopes = new ArrayDeque<>();
    private final List<Stretch> stretches = new ArrayList<>();
    private boolean recomputes;
    private boolean withinStretch;

    /** Values {@code start} to {@code end} of the trace, which a gradient computes again from {@code input}. */
    record Stretch(Value input, int start, int end) {}

    /** A tensor that each run is given. */
    public Value input(String name, DType dtype, Shape shape) {
        return add(new Op.Input(name, new TensorType(dtype, shape)));
    }

    /** The named persistent buffer; asking twice gives the same value. */
    public Value state(String name, DType dtype, Shape shape) {
        Value known = states.get(name);
        TensorType type = new TensorType(dtype, shape);
        if (known != null) {
            Shapes.require(known.type().equals(type), "state '%s' is %s, not %s", name, known.type(), type);
            return known;
        }
        return add(new Op.State(name, type));
    }

    /** The same number everywhere. */
    public Value fill(double value, Shape shape) {
        return add(new Op.Fill(value, TensorType.f32(shape)));
    }

    public Value scalar(double value) {
        return fill(value, Shape.SCALAR);
    }

    public Value literal(Constant values) {
        return add(new Op.Literal(values));
    }

    /** Each element holds its index along {@code axis}, as F32. */
    public Value iota(int axis, Shape shape) {
        return add(new Op.Iota(axis, TensorType.f32(shape)));
    }

    /** Standard normal numbers; row {@code r} depends on {@code keys[r]} alone, see {@link Op.Random}. */
    public Value normal(Value keys, Shape shape) {
        return add(new Op.Random(Op.Distribution.NORMAL, shape), keys);
    }

    /** Numbers uniform in [0, 1); row {@code r} depends on {@code keys[r]} alone, see {@link Op.Random}. */
    public Value uniform(Value keys, Shape shape) {
        return add(new Op.Random(Op.Distribution.UNIFORM, shape), keys);
    }

    /** Appends an operation on values of this graph. */
    public Value add(Op op, Value... operands) {
        return add(op, List.of(operands));
    }

    /** Appends an operation on values of this graph. */
    public Value add(Op op, List<Value> operands) {
        for (Value operand : operands) {
            Shapes.require(operand.graph() == this, "%s mixes values of two graphs", op);
        }
        TensorType type;
        try {
            type = op.infer(operands.stream().map(Value::type).toList());
        } catch (GraphException e) {
            throw scopes.isEmpty() ? e : new GraphException(scope() + ": " + e.getMessage());
        }
        Value value = new Value(this, values.size(), op, operands, type, scope());
        if (op instanceof Op.Input(String name, TensorType ignored)) {
            Shapes.require(inputs.putIfAbsent(name, value) == null, "input '%s' is declared twice", name);
        } else if (op instanceof Op.State(String name, TensorType ignored)) {
            Shapes.require(states.putIfAbsent(name, value) == null, "state '%s' is declared twice", name);
        }
        values.add(value);
        return value;
    }

    /** Runs {@code body} with a name for the values that it traces, for dumps and for naming the first bad number. */
    public <T> T scoped(String name, Supplier<T> body) {
        scopes.addLast(name);
        try {
            return body.get();
        } finally {
            scopes.removeLast();
        }
    }

    /**
     * From now on, what {@link #recomputable} traces is computed again where a gradient needs it, rather than kept from the forward
     * pass until then: less memory for more time.
     */
    public void recompute() {
        recomputes = true;
    }

    /** Traces {@code body} of {@code input}: a stretch whose inside need not be kept for a gradient. Of nested ones the outermost counts. */
    public Value recomputable(Value input, UnaryOperator<Value> body) {
        if (!recomputes || withinStretch) {
            return body.apply(input);
        }
        int start = values.size();
        withinStretch = true;
        try {
            return body.apply(input);
        } finally {
            withinStretch = false;
            stretches.add(new Stretch(input, start, values.size()));
        }
    }

    List<Stretch> stretches() {
        return stretches;
    }

    private String scope() {
        return String.join(".", scopes);
    }

    /** Names a value that each run hands out. */
    public void output(String name, Value value) {
        Shapes.require(value.graph() == this, "output '%s' belongs to another graph", name);
        Shapes.require(outputs.putIfAbsent(name, value) == null, "output '%s' is declared twice", name);
    }

    /** Sets the state at the end of each run. */
    public void assign(Value state, Value value) {
        Shapes.require(state.graph() == this && value.graph() == this && state.op() instanceof Op.State,
                "only a state of this graph can be assigned, not %s", state);
        Shapes.require(value.type().equals(state.type()), "state %s cannot hold %s", state, value.type());
        String name = ((Op.State) state.op()).name();
        Shapes.require(assignments.putIfAbsent(name, value) == null, "state '%s' is assigned twice", name);
    }

    /** All values; inputs come before their users. */
    public List<Value> values() {
        return Collections.unmodifiableList(values);
    }

    public Map<String, Value> inputs() {
        return Collections.unmodifiableMap(inputs);
    }

    public Map<String, Value> states() {
        return Collections.unmodifiableMap(states);
    }

    public Map<String, Value> outputs() {
        return Collections.unmodifiableMap(outputs);
    }

    /** New values of states, by state name. */
    public Map<String, Value> assignments() {
        return Collections.unmodifiableMap(assignments);
    }

    /** One line a value: {@code %id = op %in, … : type  # scope}. */
    public String dump() {
        StringBuilder text = new StringBuilder();
        for (Value value : values) {
            text.append(value.describe()).append('\n');
        }
        outputs.forEach((name, value) -> text.append("output ").append(name).append(" = %").append(value.id()).append('\n'));
        assignments.forEach((name, value) -> text.append("assign ").append(name).append(" = %").append(value.id()).append('\n'));
        return text.toString();
    }
}
