package dev.t2i.backend.tornado;

import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.backend.Profiled;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ObjIntConsumer;

/** A graph in two parts: what the host computes first, and the device's program. */
final class TornadoExecutable implements Executable, FiniteCheck, Profiled {
    private final TornadoSession session;
    private final Graph source;
    private final Map<String, TensorType> handedOver;
    private final Executable host;
    private final DeviceProgram program;
    /** Its number in the session's plan, once it is in one. */
    private int number;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    /** Rows of the table that indices of that name point into, where one is looked up by them. */
    private final Map<String, Integer> tableRows = new HashMap<>();
    private boolean closed;

    /**
     * @param offsets of the session's states
     * @param host the host's part, null if there is none
     */
    TornadoExecutable(TornadoSession session, Graph source, GraphSplit split, Map<String, Integer> offsets, Executable host) {
        this.session = session;
        this.source = source;
        this.handedOver = split.handedOver();
        this.host = host;
        program = program(split, offsets, session.libraries(), session.mostTemporaries());
        program.graph().outputs().forEach((name, value) -> outputs.put(name, Tensor.allocate(arena, value.dtype(), value.shape())));
        for (Value value : program.graph().values()) {
            if (value.op() instanceof Op.Gather) {
                limit(value.input(1), value.input(0).shape().dim(0));
            } else if (value.op() instanceof Op.ScatterAdd scatter) {
                limit(value.input(0), scatter.rows());
            }
        }
    }

    static DeviceProgram program(GraphSplit split, Map<String, Integer> offsets, LibraryRule libraries, long mostTemporaries) {
        return new DeviceProgram(Updates.last(Passes.optimize(split.device())), offsets, libraries, mostTemporaries);
    }

    private void limit(Value indices, int rows) {
        Value leaf = indices;
        while (leaf.op() instanceof Op.Reshape) {
            leaf = leaf.input(0);
        }
        if (leaf.op() instanceof Op.Input(String name, TensorType _)) {
            tableRows.merge(name, rows, Math::min);
        }
    }

    DeviceProgram program() {
        return program;
    }

    void planned(int number) {
        this.number = number;
    }

    @Override
    public void run(Map<String, Tensor> given) {
        run(given, DevicePrograms::run);
    }

    @Override
    public RunProfile profile(Map<String, Tensor> given) {
        if (program.tasks().isEmpty()) {
            throw new GraphException("the device has nothing to do for this graph");
        }
        List<RunProfile> profile = new ArrayList<>();
        run(given, (plan, number) -> profile.add(plan.profile(number)));
        return profile.getFirst();
    }

    private void run(Map<String, Tensor> given, ObjIntConsumer<DevicePrograms> how) {
        check(given);
        if (host != null) {
            Map<String, Tensor> some = new HashMap<>(given);
            some.keySet().retainAll(host.graph().inputs().keySet());
            host.run(some);
        }
        if (program.tasks().isEmpty()) {
            return;
        }
        DevicePrograms plan = session.ready();
        MemorySegment inputs = plan.inputs(number);
        program.inputs().forEach((name, spot) -> store(name, handedOver.containsKey(name) ? host.output(name) : given.get(name), inputs, spot.offset()));
        how.accept(plan, number);
        session.assigned(program.graph().assignments().keySet());
        MemorySegment results = plan.outputs(number);
        program.outputs().forEach((name, spot) -> {
            MemorySegment home = outputs.get(name).segment();
            MemorySegment.copy(results, 4L * spot.offset(), home, 0, home.byteSize());
        });
    }

    private void store(String name, Tensor tensor, MemorySegment inputs, int offset) {
        if (tensor.dtype() == DType.F32) {
            MemorySegment.copy(tensor.segment(), 0, inputs, 4L * offset, tensor.segment().byteSize());
            return;
        }
        Integer rows = tableRows.get(name);
        for (long i = 0; i < tensor.size(); i++) {
            double value = tensor.getDouble(i);
            if (rows != null && !(value >= 0 && value < rows)) {
                throw new GraphException("index %.0f at element %d of '%s' is outside of a table of %d rows".formatted(value, i, name, rows));
            }
            inputs.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, offset + i, (float) value);
        }
    }

    private void check(Map<String, Tensor> given) {
        if (closed) {
            throw new IllegalStateException("this executable is closed");
        }
        source.inputs().forEach((name, value) -> {
            Tensor tensor = given.get(name);
            if (tensor == null) {
                throw new GraphException("input '%s' %s is missing".formatted(name, value.type()));
            }
            if (tensor.dtype() != value.dtype() || !tensor.shape().equals(value.shape())) {
                throw new GraphException("input '%s' is %s, the graph declares %s".formatted(
                        name, new TensorType(tensor.dtype(), tensor.shape()), value.type()));
            }
        });
        if (given.size() != source.inputs().size()) {
            throw new GraphException("the graph has inputs %s, given were %s".formatted(source.inputs().keySet(), given.keySet()));
        }
    }

    @Override
    public Tensor output(String name) {
        Tensor output = outputs.get(name);
        if (output == null && host != null && source.outputs().containsKey(name)) {
            return host.output(name);
        }
        if (output == null) {
            throw new GraphException("the graph has no output '%s', it has %s".formatted(name, source.outputs().keySet()));
        }
        return output;
    }

    /** On the processor, in a session of its own, with the states as they are now. */
    @Override
    public Optional<NonFinite> firstNonFinite(Map<String, Tensor> inputs) {
        try (Session copy = session.copy(); Executable again = copy.compile(source)) {
            return again instanceof FiniteCheck check ? check.firstNonFinite(inputs) : Optional.empty();
        }
    }

    /** As it was traced, for host and device each run a part of it. */
    @Override
    public Graph graph() {
        return source;
    }

    @Override
    public long workingBytes() {
        long elements = 0;
        for (Room room : Room.values()) {
            elements += program.size(room);
        }
        return 4 * elements;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            session.forget(this);
            if (host != null) {
                host.close();
            }
            arena.close();
        }
    }
}
