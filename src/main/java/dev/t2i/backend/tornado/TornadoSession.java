package dev.t2i.backend.tornado;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.StateRules;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * States on a device. Each has a home on the host too, which is brought up to date when somebody asks: parameters do not travel from step to step.
 *
 * <p>The plan of task graphs is made when something runs first, and anew when graphs or states have come since.
 */
final class TornadoSession implements Session {
    /** Elements that states are apart at least, for reads that begin at cache lines. */
    private static final int ALIGNMENT = 16;

    /**
     * @param home on the host
     * @param offset in {@link Room#STATES}
     */
    private static final class State {
        final Tensor home;
        final boolean lent;
        final int offset;
        /** Which of the two is newer; at most one. */
        boolean homeIsNewer = true;
        boolean deviceIsNewer;

        State(Tensor home, boolean lent, int offset) {
            this.home = home;
            this.lent = lent;
            this.offset = offset;
        }

        long end() {
            return offset + home.size();
        }

        interface Range {
            void of(long low, long high);
        }

        /** Hands over what of the state lies between two places in the room, if anything. */
        void overlap(long from, long to, Range range) {
            long low = Math.max(from, offset);
            long high = Math.min(to, end());
            if (low < high) {
                range.of(low, high);
            }
        }
    }

    private final Tornado.Device device;
    private final LibraryRule libraries;
    private final Place place;
    private final long mostTemporaries;
    private final Arena arena = Arena.ofShared();
    private final Session host = new ScalarBackend().open();
    private final Map<String, State> states = new LinkedHashMap<>();
    private final Map<String, Integer> offsets = new LinkedHashMap<>();
    private final List<TornadoExecutable> executables = new ArrayList<>();
    private int size;
    private DevicePrograms plan;
    private boolean outdated = true;
    private boolean closed;

    /** Where programs go to run. */
    interface Place {
        DevicePrograms of(Tornado.Device device, int stateSize, List<DeviceProgram> programs);
    }

    /** @param libraries which products a library computes; the device must have one */
    TornadoSession(Tornado.Device device, LibraryRule libraries) {
        this(device, libraries, DevicePlan::new);
    }

    TornadoSession(Tornado.Device device, LibraryRule libraries, Place place) {
        this(device, libraries, place, DeviceMemory.mostElements(device));
    }

    /** @param mostTemporaries elements of an array for temporaries at most */
    TornadoSession(Tornado.Device device, LibraryRule libraries, Place place, long mostTemporaries) {
        this.device = device;
        this.libraries = libraries;
        this.place = place;
        this.mostTemporaries = mostTemporaries;
    }

    LibraryRule libraries() {
        return libraries;
    }

    /** Elements of an array for temporaries at most. */
    long mostTemporaries() {
        return mostTemporaries;
    }

    @Override
    public void put(String state, Tensor value) {
        requireOpen();
        State known = states.get(state);
        StateRules.requireWritable(state, known != null && known.lent);
        StateRules.requireSameType(state, home(state), StateRules.typeOf(value));
        if (known == null) {
            int next = after(size, value.size());
            known = add(state, Tensor.allocate(arena, value.dtype(), value.shape()), false, next);
        }
        known.home.copyFrom(value);
        known.homeIsNewer = true;
        known.deviceIsNewer = false;
        if (livesOnHost(known)) {
            host.put(state, value);
        }
    }

    @Override
    public void lend(String state, Tensor value) {
        requireOpen();
        StateRules.requireLendable(state, states.containsKey(state), value);
        int next = after(size, value.size());
        host.lend(state, value);
        add(state, value, true, next);
    }

    private Tensor home(String state) {
        State known = states.get(state);
        return known == null ? null : known.home;
    }

    /** @param next the size of the room with it */
    private State add(String name, Tensor home, boolean lent, int next) {
        State state = new State(home, lent, size);
        states.put(name, state);
        offsets.put(name, size);
        size = next;
        outdated = true;
        return state;
    }

    private static boolean livesOnHost(State state) {
        return state.home.dtype() != DType.F32;
    }

    @Override
    public void get(String state, Tensor into) {
        requireOpen();
        State known = states.get(state);
        StateRules.requireReadable(state, home(state), into);
        if (livesOnHost(known) && !known.lent) {
            host.get(state, into);
        } else {
            bringHome(known);
            into.copyFrom(known.home);
        }
    }

    /** Brings the state home, and whatever comes along with it. */
    private void bringHome(State wanted) {
        if (wanted.deviceIsNewer) {
            plan.read(wanted.offset, wanted.end(), (block, at, from, to) -> states.values().stream().filter(state -> state.deviceIsNewer)
                    .forEach(state -> state.overlap(from, to, (low, high) ->
                            MemorySegment.copy(block, 4 * (at + low - from), state.home.segment(), 4 * (low - state.offset), 4 * (high - low)))));
            long from = DevicePlan.BLOCK * (long) (wanted.offset / DevicePlan.BLOCK);
            long to = Math.ceilDiv(wanted.end(), (long) DevicePlan.BLOCK) * DevicePlan.BLOCK;
            states.values().stream().filter(state -> state.offset >= from && state.end() <= to).forEach(state -> state.deviceIsNewer = false);
        }
    }

    @Override
    public boolean has(String state) {
        return states.containsKey(state);
    }

    @Override
    public Set<String> states() {
        return Collections.unmodifiableSet(states.keySet());
    }

    @Override
    public Executable compile(Graph graph) {
        requireOpen();
        StateRules.requireFits(graph, this::home, TensorType::equals, name -> states.get(name).lent);
        GraphSplit split = new GraphSplit(graph, name -> states.get(name).lent);
        TornadoExecutable executable;
        try {
            executable = new TornadoExecutable(this, graph, split, offsets, split.needsHost() ? host.compile(split.host()) : null);
        } catch (ArithmeticException e) {
            throw tooLong(e);
        }
        // Before anything else happens for it: a training that cannot run shall not leave a run folder behind.
        try {
            DeviceMemory.of(size, Stream.concat(executables.stream(), Stream.of(executable)).map(TornadoExecutable::program).toList()).require(device);
        } catch (Throwable e) {
            executable.close();
            throw e;
        }
        executables.add(executable);
        outdated = true;
        return executable;
    }

    /** What a session with those states and graphs would take of a device. */
    static DeviceMemory need(Map<String, TensorType> states, List<Graph> graphs, LibraryRule libraries, Tornado.Device device) {
        Map<String, Integer> offsets = new LinkedHashMap<>();
        int size = 0;
        for (Map.Entry<String, TensorType> state : states.entrySet()) {
            offsets.put(state.getKey(), size);
            size = after(size, state.getValue().shape().size());
        }
        try {
            List<DeviceProgram> programs = new ArrayList<>();
            for (Graph graph : graphs) {
                programs.add(TornadoExecutable.program(new GraphSplit(graph, _ -> true), offsets, libraries, DeviceMemory.mostElements(device)));
            }
            return DeviceMemory.of(size, programs);
        } catch (ArithmeticException e) {
            throw tooLong(e);
        }
    }

    /**
     * The size of the room of states with one more, in elements.
     *
     * @throws DeviceMemoryException if that is more than TornadoVM can count, with the rest of the last block that is carried
     */
    private static int after(int size, long elements) {
        long end = Math.ceilDiv(size + elements, (long) ALIGNMENT) * ALIGNMENT;
        if (end > Integer.MAX_VALUE / DevicePlan.BLOCK * DevicePlan.BLOCK) {
            throw new DeviceMemoryException("states would be one array of more than 2^31 numbers, which TornadoVM cannot count",
                    "take a smaller network, or another backend (--backend vector)", null);
        }
        return (int) end;
    }

    private static DeviceMemoryException tooLong(ArithmeticException e) {
        return new DeviceMemoryException("one array of it would hold more than 2^31 numbers, or one kernel have as many items, which TornadoVM cannot count", e);
    }

    /** The plan, with everything in it that has come so far, and states as they were put. */
    DevicePrograms ready() {
        requireOpen();
        if (outdated) {
            if (plan != null) {
                states.values().forEach(this::bringHome);
                plan.close();
                // Its arrays have gone before others are made.
                plan = null;
                states.values().forEach(state -> state.homeIsNewer = true);
            }
            plan = place.of(device, size, executables.stream().map(TornadoExecutable::program).toList());
            for (int i = 0; i < executables.size(); i++) {
                executables.get(i).planned(i);
            }
            outdated = false;
        }
        List<State> run = new ArrayList<>();
        for (State state : states.values()) {
            if (state.homeIsNewer) {
                run.add(state);
            } else {
                send(run);
            }
        }
        send(run);
        return plan;
    }

    /** Memory that the plan takes on the device, as TornadoVM counts. */
    long deviceBytes() {
        return ready().deviceBytes();
    }

    /** Sends states that follow one another in the room, and empties the list. */
    private void send(List<State> run) {
        if (run.isEmpty()) {
            return;
        }
        plan.write(run.getFirst().offset, run.getLast().end(), (block, at, from, to) -> run.forEach(state -> state.overlap(from, to, (low, high) ->
                copyFloats(state.home, low - state.offset, high - low, block, at + low - from))));
        run.forEach(state -> state.homeIsNewer = false);
        run.clear();
    }

    /** Widens halves a block at a time: all of a large model at once would need as much heap again as it has weights. */
    private static void copyFloats(Tensor from, long start, long count, MemorySegment to, long at) {
        if (from.dtype() == DType.F32) {
            MemorySegment.copy(from.segment(), 4 * start, to, 4 * at, 4 * count);
            return;
        }
        for (long i = 0; i < count; i++) {
            to.setAtIndex(ValueLayout.JAVA_FLOAT, at + i, from.getFloat(start + i));
        }
    }

    /** Leaves a closed one out of the next plan; the present one still has its number. */
    void forget(TornadoExecutable closed) {
        executables.remove(closed);
    }

    /** Notes that the device has assigned these states. */
    void assigned(Set<String> names) {
        names.forEach(name -> states.get(name).deviceIsNewer = true);
    }

    /** A copy of all states in another session, to look into a run there. */
    Session copy() {
        Session copy = new VectorBackend().open();
        states.forEach((name, state) -> {
            try (Arena passing = Arena.ofConfined()) {
                Tensor value = Tensor.allocate(passing, state.home.dtype(), state.home.shape());
                get(name, value);
                copy.put(name, value);
            }
        });
        return copy;
    }

    private void requireOpen() {
        StateRules.requireOpen(closed);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            List.copyOf(executables).forEach(Executable::close);
            if (plan != null) {
                plan.close();
            }
            host.close();
            arena.close();
        }
    }
}
