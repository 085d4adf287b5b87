package dev.t2i.backend.scalar;

import dev.t2i.backend.Executable;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph as it was traced, one buffer for each value, computed in order. Values that neither an output nor a state
 * depends on are left out; nothing else is optimised.
 */
final class ScalarExecutable implements Executable {
    private final Graph graph;
    private final Precision precision;
    private final Map<String, Tensor> states;
    private final Map<Value, Buffer> buffers = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private boolean closed;

    private record Step(Value value, List<Buffer> inputs, Buffer out) {}

    ScalarExecutable(Graph graph, Precision precision, Map<String, Tensor> states) {
        this.graph = graph;
        this.precision = precision;
        this.states = states;
        boolean[] needed = needed(graph);
        for (Value value : graph.values()) {
            if (needed[value.id()]) {
                Buffer out = Buffer.of(value.type());
                buffers.put(value, out);
                steps.add(new Step(value, value.inputs().stream().map(buffers::get).toList(), out));
            }
        }
        graph.outputs().forEach((name, value) ->
                outputs.put(name, Tensor.allocate(arena, precision.stored(value.dtype()), value.shape())));
    }

    private static boolean[] needed(Graph graph) {
        boolean[] needed = new boolean[graph.values().size()];
        graph.outputs().values().forEach(value -> needed[value.id()] = true);
        graph.assignments().values().forEach(value -> needed[value.id()] = true);
        for (Value value : graph.values().reversed()) {
            if (needed[value.id()]) {
                value.inputs().forEach(input -> needed[input.id()] = true);
            }
        }
        return needed;
    }

    @Override
    public void run(Map<String, Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("this executable is closed");
        }
        requireInputs(inputs);
        for (Step step : steps) {
            compute(step, inputs);
            precision.round(step.out.values(), step.value.dtype());
        }
        outputs.forEach((name, tensor) -> buffers.get(graph.outputs().get(name)).store(tensor));
        graph.assignments().forEach((name, value) -> buffers.get(value).store(states.get(name)));
    }

    private void requireInputs(Map<String, Tensor> inputs) {
        graph.inputs().forEach((name, value) -> {
            Tensor given = inputs.get(name);
            if (given == null) {
                throw new GraphException("input '%s' %s is missing".formatted(name, value.type()));
            }
            TensorType type = new TensorType(given.dtype(), given.shape());
            if (!precision.accepts(value.type(), type)) {
                throw new GraphException("input '%s' is %s, the graph declares %s".formatted(name, type, value.type()));
            }
        });
        for (String name : inputs.keySet()) {
            if (!graph.inputs().containsKey(name)) {
                throw new GraphException("the graph has no input '%s', it has %s".formatted(name, graph.inputs().keySet()));
            }
        }
    }

    private void compute(Step step, Map<String, Tensor> tensors) {
        List<Buffer> in = step.inputs;
        Buffer out = step.out;
        switch (step.value.op()) {
            case Op.Input input -> out.load(tensors.get(input.name()));
            case Op.State state -> out.load(states.get(state.name()));
            case Op.Fill op -> Sources.fill(op, out);
            case Op.Literal op -> Sources.literal(op, out);
            case Op.Iota op -> Sources.iota(op, out);
            case Op.Random op -> Sources.random(op, in.get(0), out);
            case Op.Unary op -> Elementwise.unary(op, in.get(0), out);
            case Op.Binary op -> Elementwise.binary(op, in.get(0), in.get(1), out);
            case Op.Select _ -> Elementwise.select(in.get(0), in.get(1), in.get(2), out);
            // A cast is the rounding that follows every operation.
            case Op.Cast _, Op.StopGradient _, Op.Barrier _, Op.Reshape _ -> Movement.copy(in.get(0), out);
            case Op.Transpose op -> Movement.transpose(op, in.get(0), out);
            case Op.Broadcast _ -> Movement.broadcast(in.get(0), out);
            case Op.Slice op -> Movement.slice(op, in.get(0), out);
            case Op.Pad op -> Movement.pad(op, in.get(0), out);
            case Op.Concat op -> Movement.concat(op, in, out);
            case Op.Reduce op -> Reduction.reduce(op, in.get(0), out);
            case Op.MatMul op -> {
                MatrixProduct.matMul(op, in.get(0), in.get(1), out);
                FusedExpression.epilogue(op.epilogue(), in.subList(2, in.size()), precision, out);
            }
            case Op.Conv2d op -> {
                Convolution.forward(op.window(), in.get(0), in.get(1), out);
                FusedExpression.epilogue(op.epilogue(), in.subList(2, in.size()), precision, out);
            }
            case Op.Conv2dInputGradient op -> {
                Convolution.inputGradient(op.window(), in.get(0), in.get(1), out);
                FusedExpression.epilogue(op.epilogue(), in.subList(2, in.size()), precision, out);
            }
            case Op.Conv2dWeightGradient op -> Convolution.weightGradient(op.window(), in.get(0), in.get(1), out);
            case Op.Gather _ -> Lookup.gather(in.get(0), in.get(1), out);
            case Op.ScatterAdd _ -> Lookup.scatterAdd(in.get(0), in.get(1), out);
            case Op.Fused op -> FusedExpression.fused(op, in, precision, out);
            case Op.FusedReduce op -> FusedExpression.reduce(op, in, precision, out);
        }
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
        long bytes = 0;
        for (Step step : steps) {
            bytes += 8L * step.out.values().length;
        }
        for (Tensor output : outputs.values()) {
            bytes += output.segment().byteSize();
        }
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            arena.close();
        }
    }
}
