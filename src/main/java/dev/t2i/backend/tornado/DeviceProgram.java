package dev.t2i.backend.tornado;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.graph.passes.MemoryPlan;
import dev.t2i.graph.passes.MemoryPlan.Place;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A device's graph, planned: where everything lies, the tasks in order, and the constants. Knows no device. */
final class DeviceProgram {
    private static final int ELEMENT = 4;
    /** Values begin at multiples of this many elements. */
    static final int ALIGNMENT = MemoryPlan.ALIGNMENT / ELEMENT;

    private final Graph graph;
    private final MemoryPlan plan;
    private final Map<String, Integer> states;
    private final Map<String, Spot> inputs = new LinkedHashMap<>();
    private final Map<String, Spot> outputs = new LinkedHashMap<>();
    private final Map<Value, Spot> constants = new LinkedHashMap<>();
    /** Of {@link Gang}s, among the constants. */
    private final Map<Spot, float[]> tables = new LinkedHashMap<>();
    private final List<Task> tasks = new ArrayList<>();
    /** What was lowered last and may go on. */
    private Stitch stitch = new Stitch();
    private final int[] sizes = new int[Room.values().length];

    /**
     * @param graph  after all passes; every value counts four bytes an element
     * @param states where the session keeps each state, in elements of {@link Room#STATES}
     * @param libraries which products a library computes
     * @param mostTemporaries elements of an array for temporaries at most
     */
    DeviceProgram(Graph graph, Map<String, Integer> states, LibraryRule libraries, long mostTemporaries) {
        this.graph = graph;
        this.states = states;
        plan = MemoryPlan.of(graph, ELEMENT * mostTemporaries);
        graph.inputs().forEach((name, value) -> inputs.put(name, take(Room.INPUTS, value.shape())));
        graph.outputs().forEach((name, value) -> outputs.put(name, take(Room.OUTPUTS, value.shape())));
        Spot scratch = placeTemporaries(mostTemporaries);
        DeviceLowering lowering = new DeviceLowering(value -> locate(plan.place(value)), scratch, libraries);
        copies(plan.copiesBefore(), lowering);
        Gang gang = new Gang(value -> locate(plan.place(value)));
        for (Value value : graph.values()) {
            if (value.op() instanceof Op.Reshape || gang.add(value)) {
                continue;
            }
            finish(gang, lowering);
            gang = new Gang(other -> locate(plan.place(other)));
            if (!gang.add(value)) {
                lower(value, lowering);
            }
        }
        finish(gang, lowering);
        copies(plan.copiesAfter(), lowering);
        finishStitch(lowering);
        sizes[scratch.room().ordinal()] = Math.addExact(scratch.offset(), lowering.scratchSize());
    }

    /**
     * Gives each slab a room.
     *
     * @return where there is room for the kernels' own: behind a slab that leaves half of an array free, else in an array of its own
     */
    private Spot placeTemporaries(long most) {
        List<Long> slabs = plan.slabs();
        boolean small = slabs.size() <= 1 && plan.slabBytes() / ELEMENT <= most / 2;
        int rooms = slabs.size() + (small ? 0 : 1);
        if (rooms > Room.OF_TEMPORARIES.size()) {
            throw new DeviceMemoryException("temporaries would be %d arrays of %s, and there may be %d".formatted(
                    rooms, DeviceMemory.human(ELEMENT * most), Room.OF_TEMPORARIES.size()), DeviceMemory.SMALLER, null);
        }
        for (int i = 0; i < slabs.size(); i++) {
            sizes[Room.OF_TEMPORARIES.get(i).ordinal()] = Math.toIntExact(slabs.get(i) / ELEMENT);
        }
        return small ? new Spot(Room.TEMPORARIES, size(Room.TEMPORARIES)) : new Spot(Room.OF_TEMPORARIES.get(slabs.size()), 0);
    }

    private void finish(Gang gang, DeviceLowering lowering) {
        if (gang.values().size() > 1 && gang.isSmallEnough()) {
            finishStitch(lowering);
            float[] table = gang.table();
            Spot spot = take(Room.CONSTANTS, table.length);
            tables.put(spot, table);
            tasks.add(gang.kernel(spot));
        } else {
            gang.values().forEach(value -> lower(value, lowering));
        }
    }

    private void lower(Value value, DeviceLowering lowering) {
        List<LoopNest> nests = lowering.nests(value);
        if (nests.isEmpty()) {
            List<? extends Task> own = lowering.lower(value);
            if (!own.isEmpty()) {
                finishStitch(lowering);
                tasks.addAll(own);
            }
        } else {
            nests.forEach(nest -> stitchOn(nest, lowering));
        }
    }

    private void stitchOn(LoopNest nest, DeviceLowering lowering) {
        if (!stitch.add(nest)) {
            finishStitch(lowering);
            if (!stitch.add(nest)) {
                tasks.addAll(lowering.lower(nest));
            }
        }
    }

    private void finishStitch(DeviceLowering lowering) {
        if (stitch.nests().size() == 1) {
            tasks.addAll(lowering.lower(stitch.nests().getFirst()));
        } else if (!stitch.nests().isEmpty()) {
            tasks.add(StitchedKernel.of(stitch));
        }
        stitch = new Stitch();
    }

    private Spot take(Room room, Shape shape) {
        return take(room, shape.size());
    }

    private Spot take(Room room, long elements) {
        int offset = sizes[room.ordinal()];
        sizes[room.ordinal()] = Math.toIntExact((offset + elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        return new Spot(room, offset);
    }

    private Spot locate(Place place) {
        return switch (place) {
            case Place.Temporary temporary -> new Spot(Room.OF_TEMPORARIES.get(temporary.slab()), Math.toIntExact(temporary.offset() / ELEMENT));
            case Place.OfInput input -> inputs.get(input.name());
            case Place.OfOutput output -> outputs.get(output.name());
            case Place.OfState state -> new Spot(Room.STATES, states.get(state.name()));
            case Place.OfConstant constant -> constants.computeIfAbsent(constant.value(), value -> take(Room.CONSTANTS, value.shape()));
        };
    }

    private void copies(List<MemoryPlan.Copy> copies, DeviceLowering lowering) {
        for (MemoryPlan.Copy copy : copies) {
            TensorType type = copy.type();
            if (type.shape().size() > 0) {
                View view = View.of(type.shape());
                stitchOn(DeviceLowering.copy("copy of " + type, new Operand(locate(copy.from()), view), new Operand(locate(copy.to()), view), type.shape()), lowering);
            }
        }
    }

    Graph graph() {
        return graph;
    }

    List<Task> tasks() {
        return tasks;
    }

    Map<String, Spot> inputs() {
        return inputs;
    }

    Map<String, Spot> outputs() {
        return outputs;
    }

    /** Elements that the program needs of a room; of {@link Room#STATES} the session knows. */
    int size(Room room) {
        return sizes[room.ordinal()];
    }

    /** How many rooms its kernels need parameters for. */
    int rooms() {
        int last = Room.OUTPUTS.ordinal();
        for (Room room : Room.OF_TEMPORARIES) {
            last = size(room) > 0 ? Math.max(last, room.ordinal()) : last;
        }
        return last + 1;
    }

    /** Elements that its calls of libraries need of an array. */
    int size(LibraryArray array) {
        return tasks.stream().mapToInt(task -> task instanceof LibraryCall call ? call.size(array) : 0).max().orElse(0);
    }

    /** Contents of {@link Room#CONSTANTS}. */
    float[] constants() {
        float[] numbers = new float[size(Room.CONSTANTS)];
        tables.forEach((spot, table) -> System.arraycopy(table, 0, numbers, spot.offset(), table.length));
        constants.forEach((value, spot) -> {
            Shape shape = value.shape();
            long inner = value.op() instanceof Op.Iota iota ? shape.strides()[iota.axis()] : 1;
            for (int i = 0; i < shape.size(); i++) {
                numbers[spot.offset() + i] = switch (value.op()) {
                    case Op.Fill fill -> (float) fill.value();
                    case Op.Literal literal -> literal.values().get(i);
                    case Op.Iota iota -> i / inner % shape.dim(iota.axis());
                    default -> throw new GraphException("%s is no constant".formatted(value));
                };
            }
        });
        return numbers;
    }
}
