package dev.t2i.backend;

import com.sun.management.OperatingSystemMXBean;
import dev.t2i.error.BackendException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.MemoryPlan;
import dev.t2i.graph.passes.Passes;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;

/**
 * What states and graphs take of a memory, known before anything is allocated. The JVM itself, its heap and the packing room of kernels come on
 * top; neither grows with batch or pictures as these do.
 *
 * @param place       whose memory, for people
 * @param states      bytes of states, lent ones included
 * @param temporaries bytes of values between: activations, gradients
 * @param programs    bytes of graphs' inputs, outputs and constants
 * @param available   bytes that the place has in all
 */
public record MemoryNeed(String place, long states, long temporaries, long programs, long available) {
    /** The place of backends that run on the processor. */
    public static final String HOST = "this machine";

    /** On the host, where each graph has temporaries of its own. */
    static MemoryNeed onHost(Map<String, TensorType> states, List<Graph> graphs) {
        long temporaries = 0;
        long programs = 0;
        for (Graph graph : graphs) {
            Graph optimized = Passes.optimize(graph);
            temporaries += MemoryPlan.of(optimized).slabBytes();
            for (Value value : optimized.values()) {
                boolean constant = value.op() instanceof Op.Fill || value.op() instanceof Op.Literal || value.op() instanceof Op.Iota;
                programs += constant || value.op() instanceof Op.Input ? bytes(value.type()) : 0;
            }
            programs += optimized.outputs().values().stream().mapToLong(value -> bytes(value.type())).sum();
        }
        return new MemoryNeed(HOST, bytes(states), temporaries, programs, hostBytes());
    }

    public long total() {
        return states + temporaries + programs;
    }

    /** @throws BackendException if there is too little for this, or on the host for {@code feed} bytes of batches beside it */
    public void require(long feed) {
        long besides = place.equals(HOST) ? feed : 0;
        if (total() + besides > available) {
            throw new BackendException("this takes %.0f MB of memory, %s has %.0f MB; take a smaller batch (--set batch=N), --set recompute=true or --set accumulate=K"
                    .formatted((total() + besides) / 1e6, place, available / 1e6));
        }
    }

    public static long bytes(TensorType type) {
        return type.shape().size() * type.dtype().bytes();
    }

    public static long bytes(Map<String, TensorType> types) {
        return types.values().stream().mapToLong(MemoryNeed::bytes).sum();
    }

    /** Physical memory of this machine, or what its container may use. */
    public static long hostBytes() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }
}
