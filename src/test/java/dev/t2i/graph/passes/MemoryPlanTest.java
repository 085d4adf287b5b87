package dev.t2i.graph.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.TestGraphs;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.MemoryPlan.Place;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Plays plans through with names in place of numbers: whoever reads a place must find there what he means to read. */
class MemoryPlanTest {
    private static final Shape SHAPE = Shape.of(5, 40);

    @TestFactory
    Stream<DynamicTest> parityGraphs() {
        return TestGraphs.all().entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
            play(entry.getValue());
            play(Passes.optimize(entry.getValue()));
        }));
    }

    @Test
    void oldStateHandedOutSurvivesTheTemporaries() {
        Graph graph = new Graph();
        Value state = graph.state("a", DType.F32, SHAPE);
        graph.output("old", state);
        graph.assign(state, state.sum(1).exp().mul(state.sum(0).tanh()).sin());
        play(graph);
        play(Passes.optimize(graph));
    }

    @Test
    void swappedStatesSurviveTheTemporaries() {
        Graph graph = new Graph();
        Value a = graph.state("a", DType.F32, SHAPE);
        Value b = graph.state("b", DType.F32, SHAPE);
        graph.assign(a, b);
        graph.assign(b, a.reshape(SHAPE));
        graph.output("y", a.sum(1).exp().mul(b.sum(0).tanh()).sin().sum());
        play(graph);
        play(Passes.optimize(graph));
    }

    @Test
    void stateIsUpdatedInPlaceWhereNobodyReadsTheOldValue() {
        Graph graph = new Graph();
        Value state = graph.state("a", DType.F32, SHAPE);
        graph.assign(state, state.mul(0.9).add(graph.input("x", DType.F32, SHAPE)));
        Graph optimized = Passes.optimize(graph);
        play(optimized);
        MemoryPlan plan = MemoryPlan.of(optimized);
        assertEquals(new Place.OfState("a"), plan.place(optimized.assignments().get("a")));
        assertEquals(0, plan.slabBytes());
    }

    private static Value base(Value value) {
        return value.op() instanceof Op.Reshape ? base(value.input(0)) : value;
    }

    /** In one slab, and in as many small ones as it takes, down to one for each value. */
    private static void play(Graph graph) {
        long all = new Play(graph, Long.MAX_VALUE).run();
        for (long limit : new long[] {all, all / 2, all / 5, MemoryPlan.ALIGNMENT}) {
            new Play(graph, limit).run();
        }
    }

    @Test
    void slabsAreNoLargerThanWasAsked() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(16, 16));
        Value[] values = new Value[6];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i == 0 ? x : values[i - 1]).matMul(x);
        }
        graph.output("y", Value.concat(0, values).sum());
        long each = 16 * 16 * DType.F32.bytes();
        assertEquals(List.of(12 * each), MemoryPlan.of(graph).slabs());
        MemoryPlan plan = MemoryPlan.of(graph, 2 * each);
        // The concatenation is larger than that and lies alone.
        assertEquals(List.of(2 * each, 2 * each, 2 * each, 6 * each), plan.slabs());
        assertEquals(12 * each, plan.slabBytes());
        assertEquals(List.of(), MemoryPlan.of(new Graph(), 2 * each).slabs());
    }

    private static final class Play {
        private final Graph graph;
        private final MemoryPlan plan;
        private final List<Object[]> slabs;
        private final long limit;
        private final Map<Place, Object> elsewhere = new HashMap<>();

        Play(Graph graph, long limit) {
            this.graph = graph;
            this.limit = limit;
            this.plan = MemoryPlan.of(graph, limit);
            this.slabs = plan.slabs().stream().map(bytes -> new Object[(int) (bytes / MemoryPlan.ALIGNMENT)]).toList();
        }

        /** Gives the size of the largest slab. */
        long run() {
            requireSlabsWithin();
            for (Value value : graph.values()) {
                switch (value.op()) {
                    case Op.Input _, Op.State _, Op.Fill _, Op.Literal _, Op.Iota _ -> write(plan.place(value), value, value);
                    default -> { }
                }
            }
            plan.copiesBefore().forEach(copy -> write(copy.to(), read(copy.from()), null));
            for (Value value : graph.values()) {
                if (value.inputs().isEmpty() && !(value.op() instanceof Op.Fused) || value.op() instanceof Op.Reshape) {
                    continue;
                }
                for (Value input : value.inputs()) {
                    assertSame(base(input), read(plan.place(input)), () -> value + " reads " + input);
                    requireApart(value, input);
                }
                write(plan.place(value), value, value);
            }
            plan.copiesAfter().forEach(copy -> write(copy.to(), read(copy.from()), null));
            graph.outputs().forEach((name, value) -> assertSame(base(value), read(new Place.OfOutput(name)), "output " + name));
            graph.assignments().forEach((name, value) -> assertSame(base(value), read(new Place.OfState(name)), "state " + name));
            return plan.slabs().stream().mapToLong(Long::longValue).max().orElse(0);
        }

        /** No slab is larger than asked unless a single value is. */
        private void requireSlabsWithin() {
            long largest = graph.values().stream().mapToLong(value -> value.shape().size() * value.dtype().bytes()).max().orElse(0);
            long most = Math.max(limit, largest + MemoryPlan.ALIGNMENT);
            assertTrue(plan.slabs().stream().allMatch(bytes -> bytes > 0 && bytes <= most), () -> plan.slabs() + " with a limit of " + limit);
        }

        /** A value may lie over an operand only exactly, and only if a fused loop or the end of a product reads it in order. */
        private void requireApart(Value value, Value operand) {
            Place written = plan.place(value);
            Place read = plan.place(operand);
            boolean overlap = written instanceof Place.Temporary w && read instanceof Place.Temporary r
                    ? w.slab() == r.slab() && w.offset() < r.offset() + r.bytes() && r.offset() < w.offset() + w.bytes() : written.equals(read);
            if (overlap) {
                assertEquals(written, read, "partial overlap");
                int index = value.inputs().indexOf(operand);
                boolean inOrder = switch (value.op()) {
                    case Op.Fused fused -> fused.views().get(index).isContiguous();
                    case Op.MatMul op -> index >= 2 && op.epilogue().views().get(index - 2).isContiguous();
                    case Op.Conv2d op -> index >= 2 && op.epilogue().views().get(index - 2).isContiguous();
                    case Op.Conv2dInputGradient op -> index >= 2 && op.epilogue().views().get(index - 2).isContiguous();
                    default -> false;
                };
                assertTrue(inOrder, () -> value + " overwrites " + operand + " while it reads it");
            }
        }

        private Object read(Place place) {
            if (!(place instanceof Place.Temporary temporary)) {
                return elsewhere.get(place);
            }
            Object[] cells = cells(temporary);
            assertTrue(Arrays.stream(cells).allMatch(cell -> cell == cells[0]), () -> place + " holds parts of several values");
            return cells[0];
        }

        private void write(Place place, Object content, Value value) {
            if (place instanceof Place.Temporary temporary) {
                if (value != null) {
                    long bytes = value.shape().size() * value.dtype().bytes();
                    assertTrue(bytes <= temporary.bytes(), () -> value + " does not fit");
                }
                int from = (int) (temporary.offset() / MemoryPlan.ALIGNMENT);
                Arrays.fill(slabs.get(temporary.slab()), from, from + (int) (temporary.bytes() / MemoryPlan.ALIGNMENT), content);
            } else {
                elsewhere.put(place, content);
            }
        }

        private Object[] cells(Place.Temporary temporary) {
            int from = (int) (temporary.offset() / MemoryPlan.ALIGNMENT);
            return Arrays.copyOfRange(slabs.get(temporary.slab()), from, from + (int) (temporary.bytes() / MemoryPlan.ALIGNMENT));
        }
    }
}
