package dev.t2i.backend.tornado;

import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.backend.tornado.Tornado.Transfer;
import dev.t2i.error.BackendException;
import dev.t2i.error.OneLine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The task graphs of a session and the arrays between them: a hub that owns {@link Room#STATES} and {@link Room#TEMPORARIES}, two small graphs that
 * carry blocks of states in and out, and a chain of graphs for each program. Where programs call a library, the hub owns its {@link LibraryArray}s, too.
 *
 * <p>A graph of TornadoVM finds an array on the device only through the graph that ran before it. So every run begins with the hub and goes down one chain,
 * each graph consuming from its neighbour; programs may then alternate in any order, on the same states.
 */
final class DevicePlan implements DevicePrograms {
    /** Elements of states that are carried at a time; small enough for indices within to be exact as F32. */
    static final int BLOCK = 1 << 18;
    private static final String HUB = "hub";
    private static final int LONGEST = 80;
    private static final int SMALL = 16;
    /** Tasks are this letter and a number that grows. */
    static final String TASK = "t";
    private static final int HUB_GRAPH = 0;
    private static final int IN_GRAPH = 1;
    private static final int OUT_GRAPH = 2;

    /** Reads and writes some of each array, so that the hub knows them; what it writes nobody reads. */
    private static final KernelClass TOUCH = KernelClass.of(code -> {
        code.id("globalIdx");
        int item = code.newInt();
        code.ifLess(item, 1, () -> {
            code.get(new Spot(Room.STATES, 0), () -> code.integer(0));
            int state = code.newFloat();
            code.get(new Spot(Room.INPUTS, 0), () -> code.integer(0));
            int input = code.newFloat();
            code.set(new Spot(Room.TEMPORARIES, 0), () -> code.integer(0), () -> {
                code.loadFloat(state);
                code.loadFloat(input);
                code.raw().fadd();
            });
        });
    });
    private static final KernelClass CARRY_IN = blockKernel(true);
    private static final KernelClass CARRY_OUT = blockKernel(false);

    /** Of all arrays, which devices copy from and to. */
    private final Arena arena = Arena.ofShared();
    private final Object context = Tornado.context();
    private final Object states;
    /** Of {@link Room#OF_TEMPORARIES} those that there are, the first always. */
    private final List<Object> temporaries = new ArrayList<>();
    private final int rooms;
    private final Object stage = Tornado.array(arena, BLOCK);
    /** Number of a block, and from where to where in it. */
    private final Object control = Tornado.array(arena, SMALL);
    private final Object nothing = Tornado.array(arena, SMALL);
    /** Comes home at the end of what would else bring nothing home. */
    private final Object receipt = Tornado.array(arena, SMALL);
    private final Object scheduler = Tornado.scheduler();
    /** Empty if no program calls a library. */
    private final Map<LibraryArray, Object> libraryArrays = new EnumMap<>(LibraryArray.class);
    private final Object plan;
    private final CompileProgress progress;
    private int ids;
    /** What tasks are for, by the names that TornadoVM knows them by. */
    private final Map<String, String> tasks = new HashMap<>();
    private final Tornado.Device device;
    private final DeviceMemory memory;
    /** A run broke off: a driver may still read what it was to copy. */
    private boolean failed;

    /** A program's graphs in the plan, and its arrays. */
    private static final class Chain {
        final int first;
        final List<List<Task>> chunks;
        final Object inputs;
        final Object outputs;
        /** Of the first run, when all kernels are compiled; 0 before. */
        long firstNanos;

        Chain(int first, List<List<Task>> chunks, Object inputs, Object outputs) {
            this.first = first;
            this.chunks = chunks;
            this.inputs = inputs;
            this.outputs = outputs;
        }
    }

    private final List<Chain> chains = new ArrayList<>();

    DevicePlan(Tornado.Device device, int stateSize, List<DeviceProgram> programs) {
        this.device = device;
        memory = DeviceMemory.of(stateSize, programs);
        try {
            memory.require(device);
            states = Tornado.array(arena, Math.ceilDiv(Math.max(1, stateSize), BLOCK) * BLOCK);
            rooms = DeviceMemory.rooms(programs);
            for (Room room : Room.OF_TEMPORARIES.subList(0, rooms - Room.ALWAYS.size() + 1)) {
                temporaries.add(Tornado.array(arena, Math.max(SMALL, DeviceMemory.size(room, programs))));
            }
            for (LibraryArray array : LibraryArray.values()) {
                int size = DeviceMemory.librarySize(array, programs);
                if (size > 0) {
                    libraryArrays.put(array, Tornado.array(arena, Math.max(SMALL, size)));
                }
            }
            List<Object> graphs = new ArrayList<>();
            graphs.add(hub());
            graphs.add(carrier("carryIn", CARRY_IN, true));
            graphs.add(carrier("carryOut", CARRY_OUT, false));
            for (DeviceProgram program : programs) {
                chains.add(chain(program, graphs));
            }
            plan = Tornado.plan(graphs, device);
            progress = new CompileProgress(programs.stream().mapToInt(program -> program.tasks().size()).sum(), graphs.size(), device.name());
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    private Object[] arguments(Object inputs, Object constants, Object outputs) {
        List<Object> all = new ArrayList<>(List.of(context, states, temporaries.getFirst(), inputs, constants, outputs));
        all.addAll(temporaries.subList(1, temporaries.size()));
        return all.toArray();
    }

    /** What all graphs hand on, and {@code more}. */
    private Object[] shared(Object... more) {
        List<Object> all = new ArrayList<>(List.of(context, states, nothing));
        all.addAll(temporaries);
        all.addAll(libraryArrays.values());
        all.addAll(List.of(more));
        return all.toArray();
    }

    /** @param arguments of kernels, rooms' arrays in order behind the context */
    private void addTask(Object graph, String graphName, Task task, Object[] arguments) {
        String id = TASK + ids++;
        String name = graphName + "." + id;
        tasks.put(name, task.what());
        try {
            switch (task) {
                case Kernel kernel -> {
                    Object[] own = arguments.clone();
                    kernel.stands().forEach((room, array) -> own[1 + room.ordinal()] = libraryArrays.get(array));
                    Tornado.task(graph, id, KernelLoader.task(kernel, rooms, device), own);
                    Tornado.schedule(scheduler, name, kernel.grid());
                }
                case LibraryCall call -> Tornado.libraryTask(graph, id, call.function(), call.parameters(libraryArrays::get));
            }
        } catch (BackendException e) {
            throw about(name, e);
        }
    }

    private Object hub() {
        Object graph = Tornado.taskGraph(HUB);
        Tornado.toDevice(graph, Transfer.FIRST_EXECUTION, context, nothing);
        Tornado.toDevice(graph, Transfer.UNDER_DEMAND, states);
        Tornado.toDevice(graph, Transfer.UNDER_DEMAND, temporaries.toArray());
        addTask(graph, HUB, new Kernel("hub", TOUCH, Grid.items(1), Work.NONE), arguments(nothing, nothing, nothing));
        for (int i = 1; i < temporaries.size(); i++) {
            Object[] arguments = arguments(nothing, nothing, nothing);
            // Changed over, for TornadoVM waits for ever for a task that is given twice what it writes.
            arguments[1 + Room.OF_TEMPORARIES.get(i).ordinal()] = temporaries.getFirst();
            arguments[1 + Room.TEMPORARIES.ordinal()] = temporaries.get(i);
            addTask(graph, HUB, new Kernel("hub of temporaries", TOUCH, Grid.items(1), Work.NONE), arguments);
        }
        libraryArrays.forEach((array, object) -> {
            Tornado.toDevice(graph, Transfer.UNDER_DEMAND, object);
            addTask(graph, HUB, new Kernel("hub of " + array, TOUCH, Grid.items(1), Work.NONE), arguments(object, nothing, nothing));
        });
        Tornado.persist(graph, shared());
        return Tornado.snapshot(graph);
    }

    private Object carrier(String name, KernelClass code, boolean in) {
        Object graph = Tornado.taskGraph(name);
        Tornado.consume(graph, HUB, shared());
        Tornado.toDevice(graph, Transfer.EVERY_EXECUTION, control);
        if (in) {
            Tornado.toDevice(graph, Transfer.EVERY_EXECUTION, stage);
        } else {
            Tornado.toDevice(graph, Transfer.UNDER_DEMAND, stage);
        }
        Tornado.toDevice(graph, Transfer.UNDER_DEMAND, receipt);
        addTask(graph, name, new Kernel(name, code, Grid.items(BLOCK), Work.NONE), arguments(control, receipt, stage));
        // TornadoVM copies to the device without waiting, and a graph is over when it is queued: until something has come back, what was sent may not change.
        Tornado.toHost(graph, Transfer.EVERY_EXECUTION, in ? receipt : stage);
        Tornado.persist(graph, shared());
        return Tornado.snapshot(graph);
    }

    private static KernelClass blockKernel(boolean in) {
        return KernelClass.of(code -> {
            Spot control = new Spot(Room.INPUTS, 0);
            code.id("globalIdx");
            int item = code.newInt();
            int[] numbers = new int[3];
            for (int i = 0; i < numbers.length; i++) {
                int index = i;
                code.get(control, () -> code.integer(index));
                code.raw().f2i();
                numbers[i] = code.newInt();
            }
            code.loadInt(numbers[0]);
            code.integer(BLOCK);
            code.raw().imul();
            code.loadInt(item);
            code.raw().iadd();
            int element = code.newInt();
            code.ifLess(item, 1, () -> code.set(new Spot(Room.CONSTANTS, 0), () -> code.loadInt(item), () -> {
                code.loadInt(numbers[0]);
                code.raw().i2f();
            }));
            code.ifLess(item, BLOCK, () -> {
                java.lang.classfile.Label outside = code.raw().newLabel();
                code.loadInt(item);
                code.loadInt(numbers[1]);
                code.raw().if_icmplt(outside);
                code.loadInt(item);
                code.loadInt(numbers[2]);
                code.raw().if_icmpge(outside);
                Spot block = new Spot(Room.OUTPUTS, 0);
                Spot all = new Spot(Room.STATES, 0);
                code.get(in ? block : all, () -> code.loadInt(in ? item : element));
                int value = code.newFloat();
                code.set(in ? all : block, () -> code.loadInt(in ? element : item), () -> code.loadFloat(value));
                code.raw().labelBinding(outside);
            });
        });
    }

    private Chain chain(DeviceProgram program, List<Object> graphs) {
        int first = graphs.size();
        Object inputs = Tornado.array(arena, Math.max(SMALL, program.size(Room.INPUTS)));
        Object outputs = Tornado.array(arena, Math.max(SMALL, program.size(Room.OUTPUTS)));
        float[] numbers = program.constants();
        Object constants = Tornado.array(arena, Math.max(SMALL, numbers.length));
        MemorySegment.copy(numbers, 0, Tornado.segment(constants), java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 0, numbers.length);
        String before = HUB;
        // A graph without tasks would be no graph: a program that only hands on what the host made has none.
        List<List<Task>> chunks = program.tasks().isEmpty() ? List.of() : Chunks.of(program.tasks(), task -> task.arguments(rooms));
        for (int i = 0; i < chunks.size(); i++) {
            String name = "p%dc%d".formatted(chains.size(), i);
            Object graph = Tornado.taskGraph(name);
            if (i == 0) {
                Tornado.consume(graph, before, shared());
                Tornado.toDevice(graph, Transfer.EVERY_EXECUTION, inputs);
                Tornado.toDevice(graph, Transfer.FIRST_EXECUTION, constants);
                Tornado.toDevice(graph, Transfer.UNDER_DEMAND, outputs);
            } else {
                Tornado.consume(graph, before, shared(inputs, constants, outputs));
            }
            for (Task task : chunks.get(i)) {
                addTask(graph, name, task, arguments(inputs, constants, outputs));
            }
            if (i == chunks.size() - 1) {
                Tornado.toHost(graph, Transfer.EVERY_EXECUTION, outputs);
            }
            Tornado.persist(graph, shared(inputs, constants, outputs));
            graphs.add(Tornado.snapshot(graph));
            before = name;
        }
        return new Chain(first, chunks, inputs, outputs);
    }

    @Override
    public MemorySegment inputs(int program) {
        return Tornado.segment(chains.get(program).inputs);
    }

    @Override
    public MemorySegment outputs(int program) {
        return Tornado.segment(chains.get(program).outputs);
    }

    private Object execute(int graph) {
        boolean before = failed;
        failed = true;
        try {
            Object result = Tornado.execute(plan, graph, scheduler);
            failed = before;
            return result;
        } catch (DeviceMemoryException e) {
            throw new DeviceMemoryException("%s; %s, %s has %s, in arrays of %s at most".formatted(e.reason(), memory, device.address(),
                    DeviceMemory.human(device.memory()), DeviceMemory.human(device.largestArray())), e);
        } catch (BackendException e) {
            throw tasks.keySet().stream().filter(task -> Pattern.compile(Pattern.quote(task) + "\\b").matcher(e.getMessage()).find()).findFirst()
                    .map(task -> about(task, e)).orElse(e);
        }
    }

    private BackendException about(String task, BackendException e) {
        return new BackendException("%s (task %s: %s, on %s)".formatted(e.getMessage(), task, OneLine.of(tasks.get(task), LONGEST), device.address()), e);
    }

    @Override
    public void run(int program) {
        Chain chain = chains.get(program);
        boolean first = chain.firstNanos == 0;
        execute(HUB_GRAPH);
        for (int i = 0; i < chain.chunks.size(); i++) {
            long start = System.nanoTime();
            execute(chain.first + i);
            if (first) {
                long nanos = System.nanoTime() - start;
                chain.firstNanos += nanos;
                progress.compiled(chain.chunks.get(i).size(), nanos);
            }
        }
    }

    @Override
    public RunProfile profile(int program) {
        Chain chain = chains.get(program);
        ProfileSum sum = new ProfileSum(Tornado.segment(chain.outputs).byteSize());
        Tornado.profile(plan, true);
        long start = System.nanoTime();
        try {
            sum.add(execute(HUB_GRAPH), List.of());
            for (int i = 0; i < chain.chunks.size(); i++) {
                sum.add(execute(chain.first + i), chain.chunks.get(i));
            }
        } finally {
            Tornado.profile(plan, false);
        }
        return sum.profile(chain.chunks.size(), chain.firstNanos * 1e-9, (System.nanoTime() - start) * 1e-9);
    }

    @Override
    public void write(long from, long to, Cargo cargo) {
        for (long at = from; at < to;) {
            long until = Math.min(to, (at / BLOCK + 1) * BLOCK);
            cargo.move(Tornado.segment(stage), at % BLOCK, at, until);
            carry(IN_GRAPH, at, until);
            at = until;
        }
    }

    @Override
    public void read(long from, long to, Cargo cargo) {
        for (long block = from / BLOCK; block * BLOCK < to; block++) {
            carry(OUT_GRAPH, block * BLOCK, (block + 1) * BLOCK);
            cargo.move(Tornado.segment(stage), 0, block * BLOCK, (block + 1) * BLOCK);
        }
    }

    private void carry(int graph, long from, long to) {
        MemorySegment numbers = Tornado.segment(control);
        setNumber(numbers, 0, from / BLOCK);
        setNumber(numbers, 1, from % BLOCK);
        setNumber(numbers, 2, from % BLOCK + to - from);
        execute(HUB_GRAPH);
        execute(graph);
    }

    private static void setNumber(MemorySegment numbers, int index, long value) {
        numbers.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, index, value);
    }

    @Override
    public long deviceBytes() {
        return (long) Tornado.call(plan, "getCurrentDeviceMemoryUsage");
    }

    @Override
    public void close() {
        List<Integer> owners = new ArrayList<>(List.of(HUB_GRAPH, IN_GRAPH, OUT_GRAPH));
        chains.stream().filter(chain -> !chain.chunks.isEmpty()).forEach(chain -> owners.add(chain.first));
        Tornado.close(plan, owners);
        if (!failed) {
            arena.close();
        }
    }
}
