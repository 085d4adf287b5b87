package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where every value of a graph lives while its operations run in order: in an input, a state, a constant, an output, or at
 * an offset of a slab of temporaries, of which there are several only where none may be large enough. Reshapes share their input's place; a temporary's bytes are reused once its last
 * reader has run; an operation that reads an operand element for element may write its result over it; a state's new
 * value is computed in the state itself where nobody reads the old one afterwards.
 */
public final class MemoryPlan {
    /** Temporaries start at multiples of a cache line. */
    public static final int ALIGNMENT = 64;

    /** Where a value lives. */
    public sealed interface Place {
        record OfInput(String name) implements Place {}

        record OfState(String name) implements Place {}

        record OfOutput(String name) implements Place {}

        /** A fill, literal or iota, made once. */
        record OfConstant(Value value) implements Place {}

        /** Bytes {@code offset} to {@code offset + bytes} of a slab, counted from 0. */
        record Temporary(int slab, long offset, long bytes) implements Place {}
    }

    /** A copy of whole values. */
    public record Copy(Place from, Place to, TensorType type) {}

    private final Graph graph;
    private final Map<Value, Place> places = new HashMap<>();
    private final Map<Value, Integer> lastUse = new HashMap<>();
    private final Map<Value, List<Value>> readers = new HashMap<>();
    private final List<Copy> copiesBefore = new ArrayList<>();
    private final List<Copy> copiesAfter = new ArrayList<>();
    private final Map<Value, Place> asides = new HashMap<>();
    private final Slabs slabs;

    private MemoryPlan(Graph graph, long limit) {
        this.graph = graph;
        slabs = new Slabs(limit);
    }

    /** With one slab. */
    public static MemoryPlan of(Graph graph) {
        return of(graph, Long.MAX_VALUE);
    }

    /** @param limit bytes of a slab at most, for memory that is given in pieces; a value that is larger has a slab of its own, which is as large */
    public static MemoryPlan of(Graph graph, long limit) {
        MemoryPlan plan = new MemoryPlan(graph, limit);
        plan.measureLives();
        plan.placeOutputsAndStates();
        plan.setAsideOldStates();
        plan.placeTemporaries();
        plan.planCopies();
        return plan;
    }

    /** The place of a value; a reshape's is its input's. */
    public Place place(Value value) {
        return places.get(base(value));
    }

    /** Size of all slabs of temporaries in bytes. */
    public long slabBytes() {
        return slabs().stream().mapToLong(Long::longValue).sum();
    }

    /** Sizes of the slabs of temporaries in bytes; none if there is nothing in them. */
    public List<Long> slabs() {
        return slabs.all.stream().map(slab -> slab.peak).toList();
    }

    /** Copies to make before the first operation: old states whose buffers are overwritten while still needed. */
    public List<Copy> copiesBefore() {
        return List.copyOf(copiesBefore);
    }

    /** Copies to make after the last operation: outputs and states that could not be computed in place. */
    public List<Copy> copiesAfter() {
        return List.copyOf(copiesAfter);
    }

    private static Value base(Value value) {
        Value base = value;
        while (base.op() instanceof Op.Reshape) {
            base = base.input(0);
        }
        return base;
    }

    private static boolean isLeaf(Value value) {
        return switch (value.op()) {
            case Op.Input _, Op.State _, Op.Fill _, Op.Literal _, Op.Iota _ -> true;
            default -> false;
        };
    }

    private void measureLives() {
        for (Value value : graph.values()) {
            if (value.op() instanceof Op.Reshape) {
                continue;
            }
            lastUse.put(value, value.id());
            for (Value input : value.inputs()) {
                lastUse.merge(base(input), value.id(), Math::max);
                readers.computeIfAbsent(base(input), _ -> new ArrayList<>()).add(value);
            }
        }
        graph.outputs().values().forEach(value -> lastUse.put(base(value), Integer.MAX_VALUE));
        graph.assignments().values().forEach(value -> lastUse.put(base(value), Integer.MAX_VALUE));
    }

    private void placeOutputsAndStates() {
        for (Value value : graph.values()) {
            switch (value.op()) {
                case Op.Input input -> places.put(value, new Place.OfInput(input.name()));
                case Op.State state -> places.put(value, new Place.OfState(state.name()));
                case Op.Fill _, Op.Literal _, Op.Iota _ -> places.put(value, new Place.OfConstant(value));
                default -> { }
            }
        }
        graph.assignments().forEach((name, value) -> {
            Value made = base(value);
            if (!places.containsKey(made) && canReplace(graph.states().get(name), made)) {
                places.put(made, new Place.OfState(name));
            }
        });
        graph.outputs().forEach((name, value) -> places.putIfAbsent(base(value), new Place.OfOutput(name)));
    }

    /** Whether {@code made} may be computed in the state's own buffer: nobody needs the old content from then on. */
    private boolean canReplace(Value state, Value made) {
        boolean leaves = graph.outputs().values().stream().anyMatch(value -> base(value) == state)
                || graph.assignments().values().stream().anyMatch(value -> base(value) == state);
        if (leaves) {
            return false;
        }
        for (Value reader : readers.getOrDefault(state, List.of())) {
            if (reader.id() > made.id() || (reader == made && !readsInOrder(made, state))) {
                return false;
            }
        }
        return true;
    }

    /** Whether {@code user} reads {@code operand} only at the element that it is about to write. */
    private static boolean readsInOrder(Value user, Value operand) {
        // Not so a product's epilogue: the kernel stores its sums in the result's place before the epilogue reads its operands.
        List<View> views = user.op() instanceof Op.Fused fused ? fused.views() : List.of();
        int first = user.inputs().size() - views.size();
        for (int i = 0; i < user.inputs().size(); i++) {
            if (base(user.input(i)) != operand) {
                continue;
            }
            boolean inOrder = i >= first && views.get(i - first).isContiguous()
                    && views.get(i - first).shape().size() == operand.shape().size();
            if (!inOrder) {
                return false;
            }
        }
        return true;
    }

    private static long bytes(Value value) {
        return value.shape().size() * value.dtype().bytes();
    }

    private void placeTemporaries() {
        Set<Value> reused = new HashSet<>();
        for (Value value : graph.values()) {
            if (value.op() instanceof Op.Reshape || isLeaf(value)) {
                continue;
            }
            if (!places.containsKey(value)) {
                Place.Temporary place = overwritten(value, reused);
                places.put(value, place != null ? place : slabs.take(bytes(value)));
            }
            Set<Value> read = new HashSet<>();
            for (Value input : value.inputs()) {
                Value operand = base(input);
                if (read.add(operand) && lastUse.get(operand) == value.id() && !reused.contains(operand)
                        && places.get(operand) instanceof Place.Temporary temporary) {
                    slabs.give(temporary);
                }
            }
            if (lastUse.get(value) == value.id() && places.get(value) instanceof Place.Temporary unread) {
                slabs.give(unread);
            }
        }
    }

    /** The place of an operand that dies here and is read in order, to be written over; null if there is none. */
    private Place.Temporary overwritten(Value value, Set<Value> reused) {
        for (Value input : value.inputs()) {
            Value operand = base(input);
            if (lastUse.get(operand) == value.id() && !reused.contains(operand) && bytes(operand) == bytes(value)
                    && operand.dtype() == value.dtype()
                    && places.get(operand) instanceof Place.Temporary temporary && readsInOrder(value, operand)) {
                reused.add(operand);
                return temporary;
            }
        }
        return null;
    }

    /** Before temporaries are placed, since what is set aside lives through the whole run. */
    private void setAsideOldStates() {
        List<Value> leaving = new ArrayList<>(graph.outputs().values());
        leaving.addAll(graph.assignments().values());
        for (Value value : leaving) {
            Value state = base(value);
            if (state.op() instanceof Op.State(String name, TensorType type) && graph.assignments().containsKey(name)
                    && base(graph.assignments().get(name)) != state && !asides.containsKey(state)) {
                Place.Temporary aside = slabs.take(bytes(state));
                asides.put(state, aside);
                copiesBefore.add(new Copy(places.get(state), aside, type));
            }
        }
    }

    private void planCopies() {
        graph.outputs().forEach((name, value) -> planCopy(value, new Place.OfOutput(name)));
        graph.assignments().forEach((name, value) -> planCopy(value, new Place.OfState(name)));
    }

    private void planCopy(Value value, Place target) {
        Place source = place(value);
        if (source.equals(target)) {
            return;
        }
        Place aside = asides.get(base(value));
        copiesAfter.add(new Copy(aside != null ? aside : source, target, value.type()));
    }

    /** Growing blocks, the first with room taken first. */
    private static final class Slabs {
        private final long limit;
        private final List<Slab> all = new ArrayList<>();

        Slabs(long limit) {
            this.limit = limit;
        }

        Place.Temporary take(long bytes) {
            long size = Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
            Slab best = null;
            for (Slab slab : all) {
                if (slab.gap(size) != null && (best == null || slab.gap(size).getValue() < best.gap(size).getValue())) {
                    best = slab;
                }
            }
            for (int i = 0; best == null; i++) {
                if (i == all.size()) {
                    all.add(new Slab());
                    best = all.getLast();
                } else if (all.get(i).grown(size) <= limit) {
                    best = all.get(i);
                }
            }
            return new Place.Temporary(all.indexOf(best), best.take(size), size);
        }

        void give(Place.Temporary place) {
            all.get(place.slab()).give(place.offset(), place.bytes());
        }
    }

    /** Free gaps of one growing block, taken by best fit and joined when given back. */
    private static final class Slab {
        private final TreeMap<Long, Long> gaps = new TreeMap<>();
        private long peak;

        /** The smallest gap that is large enough; null if there is none. */
        Map.Entry<Long, Long> gap(long size) {
            Map.Entry<Long, Long> best = null;
            for (Map.Entry<Long, Long> gap : gaps.entrySet()) {
                if (gap.getValue() >= size && (best == null || gap.getValue() < best.getValue())) {
                    best = gap;
                }
            }
            return best;
        }

        /** Where what is free at the end begins. */
        private long tail() {
            Map.Entry<Long, Long> last = gaps.lastEntry();
            return last != null && last.getKey() + last.getValue() == peak ? last.getKey() : peak;
        }

        /** Its size if it has to grow for so many bytes. */
        long grown(long size) {
            return tail() + size;
        }

        long take(long size) {
            Map.Entry<Long, Long> best = gap(size);
            if (best == null) {
                long offset = tail();
                gaps.remove(offset);
                peak = offset + size;
                return offset;
            }
            long offset = best.getKey();
            long gap = best.getValue(); // read before the removal, which may change what the entry holds
            gaps.remove(offset);
            if (gap > size) {
                gaps.put(offset + size, gap - size);
            }
            return offset;
        }

        void give(long offset, long size) {
            long from = offset;
            long length = size;
            Long after = gaps.remove(from + length);
            if (after != null) {
                length += after;
            }
            Map.Entry<Long, Long> before = gaps.lowerEntry(from);
            if (before != null && before.getKey() + before.getValue() == from) {
                from = before.getKey();
                length += before.getValue();
            }
            gaps.put(from, length);
        }
    }
}
