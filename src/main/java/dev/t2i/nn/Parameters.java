package dev.t2i.nn;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Value;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A network's named parameters while it is traced: a place in a tree of names. A layer asks for {@code weight} and gets a
 * {@link Value}; the root remembers what was asked for, in what shape, and how it starts.
 *
 * <p>Names and layouts are PyTorch's ({@code blocks.0.conv.weight} is {@code [out, in, kh, kw]}), so that files travel.
 * A parameter is the graph's state {@code <network>/<name>} unless {@link #replace} puts another value in its place,
 * as for tracing a network a second time with updated parameters in the same graph.
 *
 * <p>Beside what an optimizer learns there may be {@linkplain #frozen frozen} parameters and {@linkplain #buffer buffers}.
 */
public final class Parameters {
    /** What becomes of a state in training. */
    public enum Kind {
        /** An optimizer changes it. */
        LEARNED,
        /** Part of a network that stays as it was put. */
        FROZEN,
        /** Layers change it by looking at what passes, as running statistics. */
        BUFFER
    }

    /** What a parameter or buffer is, before it has numbers. */
    public record Declaration(String name, Shape shape, Initializer initializer, Kind kind) {
        public Declaration(String name, Shape shape, Initializer initializer) {
            this(name, shape, initializer, Kind.LEARNED);
        }

        public boolean learned() {
            return kind == Kind.LEARNED;
        }
    }

    private static final class Root {
        final Graph graph;
        final String network;
        final Function<String, DType> storage;
        final Map<String, Declaration> declarations = new LinkedHashMap<>();
        final Map<String, Value> states = new LinkedHashMap<>();
        final Map<String, Value> replacements = new HashMap<>();
        final Map<String, Value> kept = new LinkedHashMap<>();
        final Map<String, Value> updates = new LinkedHashMap<>();
        boolean settled;

        Root(Graph graph, String network, Function<String, DType> storage) {
            this.graph = graph;
            this.network = network;
            this.storage = storage;
        }
    }

    private final Root root;
    private final String prefix;
    private final boolean frozen;

    private Parameters(Root root, String prefix, boolean frozen) {
        this.root = root;
        this.prefix = prefix;
        this.frozen = frozen;
    }

    /** The parameters of {@code network}, stored in F32. */
    public static Parameters of(Graph graph, String network) {
        return of(graph, network, _ -> DType.F32);
    }

    /** The parameters of {@code network}, each stored as {@code storage} says for its name; layers see F32. */
    public static Parameters of(Graph graph, String network, Function<String, DType> storage) {
        return new Parameters(new Root(graph, network, storage), "", false);
    }

    /** The place below {@code name}. */
    public Parameters at(String name) {
        return new Parameters(root, prefix + name + ".", frozen);
    }

    /** The place below number {@code index} of a list. */
    public Parameters at(int index) {
        return at(Integer.toString(index));
    }

    /** This place with parameters that no optimizer touches: a network that another was built upon and that stays as it is. */
    public Parameters frozen() {
        return new Parameters(root, prefix, true);
    }

    public Graph graph() {
        return root.graph;
    }

    /** A parameter of this place; asking twice gives the same value. */
    public Value get(String name, Shape shape, Initializer initializer) {
        String full = prefix + name;
        declare(new Declaration(full, shape, initializer, frozen ? Kind.FROZEN : Kind.LEARNED));
        Value replacement = root.replacements.get(full);
        return replacement != null ? replacement : state(frozen ? root.kept : root.states, full, shape);
    }

    /**
     * A buffer of this place: a state that no optimizer touches, but checkpoints and model files hold. It has the value that the last
     * {@link #update} traced so far gave it, so that a network's passes within one step follow each other.
     */
    public Value buffer(String name, Shape shape, Initializer initializer) {
        String full = prefix + name;
        declare(new Declaration(full, shape, initializer, Kind.BUFFER));
        Value state = state(root.kept, full, shape);
        return root.updates.getOrDefault(full, state);
    }

    /** Gives a buffer its next value, which no gradient passes. It lasts beyond the step if who traces that assigns {@link #updates}. */
    public void update(String buffer, Value value) {
        String full = prefix + buffer;
        Declaration known = root.declarations.get(full);
        if (known == null || known.kind() != Kind.BUFFER) {
            throw new GraphException("'%s' is no buffer".formatted(full));
        }
        if (!root.settled) {
            root.updates.put(full, value.stopGradient());
        }
    }

    /** From now on no pass changes this network's buffers: what follows shows it again what they have counted already. */
    public void settle() {
        root.settled = true;
    }

    private void declare(Declaration declaration) {
        Declaration known = root.declarations.putIfAbsent(declaration.name(), declaration);
        if (known != null && !(known.shape().equals(declaration.shape()) && known.kind() == declaration.kind())) {
            throw new GraphException("parameter '%s' is %s %s, not %s %s".formatted(
                    declaration.name(), known.kind(), known.shape(), declaration.kind(), declaration.shape()));
        }
    }

    private Value state(Map<String, Value> states, String full, Shape shape) {
        return states.computeIfAbsent(full, _ -> root.graph.state(stateName(full), root.storage.apply(full), shape)).cast(DType.F32);
    }

    /** Runs {@code body} with values traced under this place's name. */
    public <T> T scoped(Supplier<T> body) {
        String name = prefix.isEmpty() ? root.network : root.network + "/" + prefix.substring(0, prefix.length() - 1);
        return root.graph.scoped(name, body);
    }

    /** The graph's state name of a parameter of this network. */
    public String stateName(String parameter) {
        return root.network + "/" + parameter;
    }

    /** From now on {@code parameter} is this value. */
    public void replace(String parameter, Value value) {
        root.replacements.put(parameter, value);
    }

    /** Everything declared so far, in order. */
    public List<Declaration> declarations() {
        return List.copyOf(root.declarations.values());
    }

    /** The states behind the learned parameters, by parameter name. */
    public Map<String, Value> states() {
        return Collections.unmodifiableMap(root.states);
    }

    /** The last values of those buffers that were updated, by name. */
    public Map<String, Value> updates() {
        return Collections.unmodifiableMap(root.updates);
    }

    /** The same by the states that hold them. */
    public Map<Value, Value> updatedStates() {
        Map<Value, Value> updated = new LinkedHashMap<>();
        root.updates.forEach((name, value) -> updated.put(root.kept.get(name), value));
        return updated;
    }

    /** First values of all declared parameters, by name; a function of the seed and each parameter's name. */
    public static Map<String, Tensor> initialize(List<Declaration> declarations, long seed, Arena arena) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Declaration declaration : declarations) {
            Tensor tensor = Tensor.allocate(arena, DType.F32, declaration.shape());
            declaration.initializer().fill(tensor, new CounterRandom(seed, declaration.name().hashCode(), 0));
            tensors.put(declaration.name(), tensor);
        }
        return tensors;
    }

    /** Number of parameters in all, without buffers. */
    public long count() {
        return root.declarations.values().stream().filter(declaration -> declaration.kind() != Kind.BUFFER)
                .mapToLong(declaration -> declaration.shape().size()).sum();
    }
}
