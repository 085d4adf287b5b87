package dev.t2i.graph.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a graph one operation at a time, every value exactly where a {@link MemoryPlan} puts it, so that a plan that lets
 * two living values share memory gives wrong numbers. The slab starts as NaN, and what an operation is about to overwrite
 * becomes NaN before its operands are read, except by kernels that read element for element where they write.
 */
public final class PlannedRun {
    private static final byte NOT_A_NUMBER = (byte) 0xff;

    private final Arena arena = Arena.ofAuto();
    private final Backend scalar = new ScalarBackend();
    private final Graph graph;
    private final MemoryPlan plan;
    private final List<MemorySegment> slabs;
    private final Map<String, Tensor> states;
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private final Map<Value, MemorySegment> constants = new HashMap<>();
    private Map<String, Tensor> inputs;

    /** @param states by name; they change in place */
    public PlannedRun(Graph graph, Map<String, Tensor> states) {
        this.graph = graph;
        this.plan = MemoryPlan.of(graph);
        this.slabs = plan.slabs().stream().map(bytes -> arena.allocate(bytes, MemoryPlan.ALIGNMENT)).toList();
        this.states = states;
        graph.outputs().forEach((name, value) -> outputs.put(name, Tensor.allocate(arena, value.dtype(), value.shape())));
    }

    /** Runs once and gives the outputs. */
    public Map<String, Tensor> run(Map<String, Tensor> given) {
        inputs = given;
        slabs.forEach(slab -> slab.fill(NOT_A_NUMBER));
        outputs.values().forEach(output -> output.segment().fill(NOT_A_NUMBER));
        plan.copiesBefore().forEach(this::copy);
        for (Value value : graph.values()) {
            switch (value.op()) {
                case Op.Input _, Op.State _, Op.Reshape _ -> { }
                case Op.Fill _, Op.Literal _, Op.Iota _ -> constants.put(value, compute(value).segment());
                default -> compute(value, memory(plan.place(value), value.type()));
            }
        }
        plan.copiesAfter().forEach(this::copy);
        return outputs;
    }

    private void copy(MemoryPlan.Copy copy) {
        memory(copy.to(), copy.type()).copyFrom(memory(copy.from(), copy.type()));
    }

    private void compute(Value value, MemorySegment target) {
        boolean inPlace = value.op() instanceof Op.Fused;
        if (inPlace) {
            requireElementForElement(value, target);
        } else {
            target.fill(NOT_A_NUMBER);
        }
        target.copyFrom(compute(value).segment());
    }

    private void requireElementForElement(Value value, MemorySegment target) {
        List<View> views = ((Op.Fused) value.op()).views();
        for (int i = 0; i < views.size(); i++) {
            MemorySegment operand = memory(value.input(i));
            if (target.asOverlappingSlice(operand).isPresent()) {
                assertEquals(target.address(), operand.address(), () -> value + " partly overwrites what it reads");
                assertEquals(target.byteSize(), operand.byteSize(), () -> value + " partly overwrites what it reads");
                assertTrue(views.get(i).isContiguous(), value + " overwrites what it reads in another order");
            }
        }
    }

    /** What the scalar backend makes of one operation alone, from its operands where they are. */
    private Tensor compute(Value value) {
        Graph one = new Graph();
        Map<String, Tensor> operands = new HashMap<>();
        Value[] in = new Value[value.inputs().size()];
        for (int i = 0; i < in.length; i++) {
            Value operand = value.input(i);
            String name = "x" + i;
            in[i] = one.input(name, operand.dtype(), operand.shape());
            operands.put(name, Tensor.wrap(memory(operand), operand.dtype(), operand.shape()));
        }
        one.output("y", one.add(value.op(), in));
        try (Session session = scalar.open()) {
            Executable executable = session.compile(one);
            executable.run(operands);
            Tensor result = Tensor.allocate(arena, value.dtype(), value.shape());
            result.copyFrom(executable.output("y"));
            return result;
        }
    }

    private MemorySegment memory(Value value) {
        return memory(plan.place(value), value.type());
    }

    private MemorySegment memory(MemoryPlan.Place place, TensorType type) {
        long bytes = type.shape().size() * type.dtype().bytes();
        return switch (place) {
            case MemoryPlan.Place.OfInput(String name) -> inputs.get(name).segment();
            case MemoryPlan.Place.OfState(String name) -> states.get(name).segment();
            case MemoryPlan.Place.OfOutput(String name) -> outputs.get(name).segment();
            case MemoryPlan.Place.OfConstant(Value constant) -> constants.get(constant);
            case MemoryPlan.Place.Temporary(int slab, long offset, long room) -> {
                assertTrue(bytes <= room && offset + room <= slabs.get(slab).byteSize(), "a place is too small");
                yield slabs.get(slab).asSlice(offset, bytes);
            }
        };
    }
}
