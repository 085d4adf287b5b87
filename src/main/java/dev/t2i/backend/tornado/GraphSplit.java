package dev.t2i.backend.tornado;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Divides a graph between host and device. Devices compute F32 alone; random numbers are made on the host, where every backend gets the
 * same ones from the same keys, and so is everything with integers or half precision as its result, and whatever that needs. Weights
 * in half precision are widened as they come to the device.
 *
 * <p>What the host has made, the device is given as further inputs.
 */
final class GraphSplit {
    private final Graph source;
    private final Set<Value> onHost = new HashSet<>();
    private final Graph host = new Graph();
    private final Graph device = new Graph();
    private final Map<Value, Value> hostValues = new HashMap<>();
    private final Map<Value, Value> deviceValues = new HashMap<>();
    /** Outputs of the host's graph that are inputs of the device's, by the name that both give them. */
    private final Map<String, TensorType> handedOver = new LinkedHashMap<>();

    /** @param keptOnHost whether a state has its home on the host, or there too */
    GraphSplit(Graph source, java.util.function.Predicate<String> keptOnHost) {
        this.source = source;
        choose();
        for (Value value : source.values()) {
            if (onHost.contains(value)) {
                if (value.op() instanceof Op.State(String name, TensorType type) && type.dtype() == DType.F32 && !keptOnHost.test(name)) {
                    throw new GraphException(("state '%s' lies on the device, but %s needs it on the host: integers and random keys cannot be computed "
                            + "from what a device has trained; run this on --backend vector").formatted(name, reader(value)));
                }
                hostValues.put(value, copy(host, value, value.op(), hostValues));
            }
        }
        for (Value value : source.values()) {
            if (!onHost.contains(value)) {
                value.inputs().forEach(this::bring);
                deviceValues.put(value, copy(device, value, onDevice(value.op()), deviceValues));
            }
        }
        source.outputs().forEach((name, value) -> {
            if (isForHost(value)) {
                host.output(name, hostValues.get(value));
            } else {
                device.output(name, deviceValues.get(value));
            }
        });
        source.assignments().forEach((name, value) -> {
            Value state = source.states().get(name);
            if (state.dtype() == DType.F32) {
                bring(value);
                device.assign(device.state(name, DType.F32, state.shape()), deviceValues.get(value));
            } else {
                host.assign(hostValues.get(state), hostValues.get(value));
            }
        });
    }

    private static Value copy(Graph target, Value value, Op op, Map<Value, Value> values) {
        List<Value> inputs = value.inputs().stream().map(values::get).toList();
        return value.scope().isEmpty() ? target.add(op, inputs) : target.scoped(value.scope(), () -> target.add(op, inputs));
    }

    private static boolean isLeaf(Value value) {
        return switch (value.op()) {
            case Op.Input _, Op.State _, Op.Fill _, Op.Literal _, Op.Iota _ -> true;
            default -> false;
        };
    }

    private void choose() {
        Set<Value> assignedOnHost = new HashSet<>();
        source.assignments().forEach((name, value) -> {
            if (source.states().get(name).dtype() != DType.F32) {
                assignedOnHost.add(source.states().get(name));
                assignedOnHost.add(value);
            }
        });
        Set<Value> handedOut = new HashSet<>(source.outputs().values());
        for (Value value : source.values()) {
            boolean computed = !isLeaf(value) && (value.op() instanceof Op.Random || value.dtype() != DType.F32);
            if (computed || assignedOnHost.contains(value) || handedOut.contains(value) && value.dtype() != DType.F32
                    || value.op() instanceof Op.State(String _, TensorType type) && isWhole(type.dtype())) {
                require(value);
            }
        }
    }

    private static boolean isWhole(DType dtype) {
        return dtype == DType.I32 || dtype == DType.I64 || dtype == DType.U8;
    }

    private void require(Value value) {
        if (onHost.add(value)) {
            value.inputs().forEach(this::require);
        }
    }

    private Value reader(Value state) {
        return source.values().stream().filter(value -> onHost.contains(value) && value.inputs().contains(state)).findFirst().orElse(state);
    }

    private boolean isForHost(Value value) {
        return value.dtype() != DType.F32 || onHost.contains(value) && !(isLeaf(value));
    }


    /** Makes a value that the host computes, or a leaf that both know, known to the device. */
    private void bring(Value value) {
        if (deviceValues.containsKey(value)) {
            return;
        }
        if (!onHost.contains(value)) {
            throw new IllegalStateException(value + " is used before it is made");
        }
        switch (value.op()) {
            case Op.Input _, Op.Fill _, Op.Literal _, Op.Iota _ -> deviceValues.put(value, device.add(onDevice(value.op())));
            case Op.State(String _, TensorType type) when type.dtype() == DType.F32 -> deviceValues.put(value, device.add(value.op()));
            default -> {
                String name = "host." + value.id();
                host.output(name, hostValues.get(value));
                handedOver.put(name, value.type());
                DType dtype = value.dtype() == DType.I32 ? DType.I32 : DType.F32;
                deviceValues.put(value, device.input(name, dtype, value.shape()));
            }
        }
    }

    /** The operation for operands that are all F32, but for indices. */
    private static Op onDevice(Op op) {
        return switch (op) {
            case Op.Input(String name, TensorType type) -> new Op.Input(name, widened(type));
            case Op.State(String name, TensorType type) -> new Op.State(name, widened(type));
            case Op.Fill(double value, TensorType type) -> new Op.Fill(value, widened(type));
            case Op.Iota(int axis, TensorType type) -> new Op.Iota(axis, widened(type));
            default -> op;
        };
    }

    private static TensorType widened(TensorType type) {
        return type.dtype() == DType.I32 ? type : TensorType.f32(type.shape());
    }

    Graph host() {
        return host;
    }

    Graph device() {
        return device;
    }

    /** Outputs of the host's graph that the device takes as inputs of the same names. */
    Map<String, TensorType> handedOver() {
        return handedOver;
    }

    /** Whether the host has anything to do. */
    boolean needsHost() {
        return !host.outputs().isEmpty() || !host.assignments().isEmpty();
    }
}
