package dev.t2i.nn;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Value;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
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
 */
public final class Parameters {
    /** What a parameter is, before it has numbers. */
    public record Declaration(String name, Shape shape, Initializer initializer) {}

    private static final class Root {
        final Graph graph;
        final String network;
        final Function<String, DType> storage;
        final Map<String, Declaration> declarations = new LinkedHashMap<>();
        final Map<String, Value> states = new LinkedHashMap<>();
        final Map<String, Value> replacements = new HashMap<>();

        Root(Graph graph, String network, Function<String, DType> storage) {
            this.graph = graph;
            this.network = network;
            this.storage = storage;
        }
    }

    private final Root root;
    private final String prefix;

    private Parameters(Root root, String prefix) {
        this.root = root;
        this.prefix = prefix;
    }

    /** The parameters of {@code network}, stored in F32. */
    public static Parameters of(Graph graph, String network) {
        return of(graph, network, _ -> DType.F32);
    }

    /** The parameters of {@code network}, each stored as {@code storage} says for its name; layers see F32. */
    public static Parameters of(Graph graph, String network, Function<String, DType> storage) {
        return new Parameters(new Root(graph, network, storage), "");
    }

    /** The place below {@code name}. */
    public Parameters at(String name) {
        return new Parameters(root, prefix + name + ".");
    }

    /** The place below number {@code index} of a list. */
    public Parameters at(int index) {
        return at(Integer.toString(index));
    }

    public Graph graph() {
        return root.graph;
    }

    /** A parameter of this place; asking twice gives the same value. */
    public Value get(String name, Shape shape, Initializer initializer) {
        String full = prefix + name;
        Declaration known = root.declarations.putIfAbsent(full, new Declaration(full, shape, initializer));
        if (known != null && !known.shape().equals(shape)) {
            throw new GraphException("parameter '%s' is %s, not %s".formatted(full, known.shape(), shape));
        }
        Value replacement = root.replacements.get(full);
        if (replacement != null) {
            return replacement;
        }
        return root.states.computeIfAbsent(full, _ -> root.graph.state(stateName(full), root.storage.apply(full), shape)).cast(DType.F32);
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

    /** The states behind the parameters, by parameter name. */
    public Map<String, Value> states() {
        return Collections.unmodifiableMap(root.states);
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

    /** Number of parameters in all. */
    public long count() {
        List<Long> sizes = new ArrayList<>();
        root.declarations.values().forEach(declaration -> sizes.add(declaration.shape().size()));
        return sizes.stream().mapToLong(Long::longValue).sum();
    }
}
