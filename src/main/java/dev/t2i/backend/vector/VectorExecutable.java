package dev.t2i.backend.vector;

import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.MemoryPlan;
import dev.t2i.graph.passes.MemoryPlan.Place;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A graph as a list of steps over planned memory. */
final class VectorExecutable implements Executable, FiniteCheck {
    private record GivenInput(String name, TensorType type, MemorySegment memory) {}

    /** A step and the value whose last one it is; null where more steps of the same value follow. */
    private record Prepared(Step step, Value finished) {}

    private record Copy(MemorySegment from, MemorySegment to) {}

    private final Graph graph;
    private final Map<String, Tensor> states;
    private final Arena arena;
    private final Map<Place, MemorySegment> memory = new HashMap<>();
    private final Map<Value, Buffer> buffers = new HashMap<>();
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private final GivenInput[] inputs;
    private final Copy[] copiesBefore;
    private final Prepared[] steps;
    private final Copy[] copiesAfter;
    private final Workers workers;
    private MemorySegment slab;
    private long allocated;
    private boolean closed;

    /**
     * @param graph  after all passes
     * @param states of the session; those that the graph names exist and fit
     * @param arena  for all memory; closed with the executable, or at once where there comes to be none, as for want of memory
     */
    static VectorExecutable of(Graph graph, Map<String, Tensor> states, WorkerPool pool, Products products, Arena arena) {
        try {
            return new VectorExecutable(graph, states, pool, products, arena);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    private VectorExecutable(Graph graph, Map<String, Tensor> states, WorkerPool pool, Products products, Arena arena) {
        this.graph = graph;
        this.states = states;
        this.arena = arena;
        MemoryPlan plan = MemoryPlan.of(graph);
        slab = allocate(plan.slabBytes());
        graph.outputs().forEach((name, value) -> {
            outputs.put(name, Tensor.allocate(arena, value.dtype(), value.shape()));
            allocated += outputs.get(name).segment().byteSize();
        });
        inputs = graph.inputs().entrySet().stream().map(entry -> new GivenInput(entry.getKey(), entry.getValue().type(),
                locate(plan.place(entry.getValue()), entry.getValue().type()))).toArray(GivenInput[]::new);
        List<Prepared> prepared = new ArrayList<>();
        Workspace.Demand demand = new Workspace.Demand();
        Lowering lowering = new Lowering(value -> buffers.computeIfAbsent(value,
                key -> new Buffer(locate(plan.place(key), key.type()), key.type())), this::allocate, products);
        for (Value value : graph.values()) {
            List<Step> parts = lowering.lower(value);
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).demand(demand);
                prepared.add(new Prepared(parts.get(i), i == parts.size() - 1 ? value : null));
            }
        }
        steps = prepared.toArray(Prepared[]::new);
        copiesBefore = copies(plan.copiesBefore());
        copiesAfter = copies(plan.copiesAfter());
        workers = new Workers(pool, demand.allocate(arena, pool.size()));
        allocated += demand.bytes() * pool.size();
        slab = null;
        memory.clear();
    }

    private MemorySegment allocate(long bytes) {
        allocated += bytes;
        return arena.allocate(Math.max(1, bytes), MemoryPlan.ALIGNMENT).asSlice(0, bytes);
    }

    private MemorySegment locate(Place place, TensorType type) {
        long bytes = type.shape().size() * type.dtype().bytes();
        MemorySegment found = switch (place) {
            case Place.Temporary temporary -> slab.asSlice(temporary.offset(), temporary.bytes());
            case Place.OfOutput output -> outputs.get(output.name()).segment();
            case Place.OfState state -> states.get(state.name()).segment();
            // Inputs are copied into the executable: then no address changes from run to run.
            case Place.OfInput _ -> memory.computeIfAbsent(place, _ -> allocate(bytes));
            case Place.OfConstant constant -> memory.computeIfAbsent(place, _ -> constant(constant.value()));
        };
        return found.asSlice(0, bytes);
    }

    private MemorySegment constant(Value value) {
        Shape shape = value.shape();
        DType dtype = value.dtype();
        Tensor tensor = Tensor.wrap(allocate(shape.size() * dtype.bytes()), dtype, shape);
        long inner = 1;
        if (value.op() instanceof Op.Iota iota) {
            inner = shape.strides()[iota.axis()];
        }
        for (long i = 0; i < shape.size(); i++) {
            tensor.set(i, switch (value.op()) {
                case Op.Fill fill -> fill.value();
                case Op.Literal literal -> literal.values().get((int) i);
                case Op.Iota iota -> i / inner % shape.dim(iota.axis());
                default -> throw new GraphException("%s is no constant".formatted(value));
            });
        }
        return tensor.segment();
    }

    private Copy[] copies(List<MemoryPlan.Copy> copies) {
        return copies.stream().map(copy -> new Copy(locate(copy.from(), copy.type()), locate(copy.to(), copy.type())))
                .toArray(Copy[]::new);
    }

    @Override
    public void run(Map<String, Tensor> given) {
        take(given);
        copy(copiesBefore);
        for (Prepared prepared : steps) {
            prepared.step.run(workers);
        }
        copy(copiesAfter);
    }

    private static void copy(Copy[] copies) {
        for (Copy copy : copies) {
            MemorySegment.copy(copy.from, 0, copy.to, 0, copy.to.byteSize());
        }
    }

    private void take(Map<String, Tensor> given) {
        if (closed) {
            throw new IllegalStateException("this executable is closed");
        }
        for (GivenInput input : inputs) {
            Tensor tensor = given.get(input.name);
            if (tensor == null) {
                throw new GraphException("input '%s' %s is missing".formatted(input.name, input.type));
            }
            if (tensor.dtype() != input.type.dtype() || !tensor.shape().equals(input.type.shape())) {
                throw new GraphException("input '%s' is %s, the graph declares %s".formatted(
                        input.name, new TensorType(tensor.dtype(), tensor.shape()), input.type));
            }
        }
        if (given.size() != inputs.length) {
            throw new GraphException("the graph has inputs %s, given were %s".formatted(graph.inputs().keySet(), given.keySet()));
        }
        for (GivenInput input : inputs) {
            MemorySegment.copy(given.get(input.name).segment(), 0, input.memory, 0, input.memory.byteSize());
        }
    }

    @Override
    public Optional<NonFinite> firstNonFinite(Map<String, Tensor> given) {
        take(given);
        Map<String, MemorySegment> kept = new HashMap<>();
        try (Arena aside = Arena.ofConfined()) {
            for (String name : graph.assignments().keySet()) {
                MemorySegment state = states.get(name).segment();
                kept.put(name, aside.allocate(Math.max(1, state.byteSize())).asSlice(0, state.byteSize()).copyFrom(state));
            }
            try {
                return search();
            } finally {
                kept.forEach((name, segment) -> states.get(name).segment().copyFrom(segment));
            }
        }
    }

    private Optional<NonFinite> search() {
        for (Value value : graph.values()) {
            if (value.op() instanceof Op.Input || value.op() instanceof Op.State) {
                Optional<NonFinite> found = inspect(value);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        copy(copiesBefore);
        for (Prepared prepared : steps) {
            prepared.step.run(workers);
            Optional<NonFinite> found = prepared.finished == null ? Optional.empty() : inspect(prepared.finished);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<NonFinite> inspect(Value value) {
        if (!value.dtype().isFloating()) {
            return Optional.empty();
        }
        Tensor numbers = Tensor.wrap(buffers.get(value).segment(), value.dtype(), value.shape());
        long first = -1;
        long count = 0;
        for (long i = 0; i < numbers.size(); i++) {
            if (!Double.isFinite(numbers.getDouble(i))) {
                first = first < 0 ? i : first;
                count++;
            }
        }
        return count == 0 ? Optional.empty() : Optional.of(new NonFinite(value, first, numbers.getDouble(first), count));
    }

    @Override
    public Tensor output(String name) {
        Tensor output = outputs.get(name);
        if (output == null) {
            throw new GraphException("the graph has no output '%s', it has %s".formatted(name, outputs.keySet()));
        }
        return output;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public long workingBytes() {
        return allocated;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            arena.close();
        }
    }
}
