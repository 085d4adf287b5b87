package dev.t2i.backend.scalar;

import dev.t2i.backend.Backend;
import dev.t2i.backend.MemoryNeed;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The truth that other backends are measured by: one plain loop for each operation, computed in double precision,
 * without passes or fusion. With {@link Precision#F32} each result is rounded to its element type as it is stored;
 * with {@link Precision#F64} floating-point results keep all their bits, for gradient checks by finite differences.
 */
public final class ScalarBackend implements Backend {
    private final Precision precision;

    public ScalarBackend() {
        this(Precision.F32);
    }

    public ScalarBackend(Precision precision) {
        this.precision = Objects.requireNonNull(precision);
    }

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String description() {
        return "plain Java loops on one thread, results in " + precision;
    }

    /** Every value of a graph has a place of its own here, in double precision, on the JVM's heap, which is scarcer than where states lie. */
    @Override
    public MemoryNeed need(Map<String, TensorType> states, List<Graph> graphs) {
        long values = graphs.stream().flatMap(graph -> graph.values().stream()).mapToLong(value -> value.shape().size() * Double.BYTES).sum();
        return new MemoryNeed("the JVM's heap (java -Xmx)", 0, values, 0, Runtime.getRuntime().maxMemory());
    }

    @Override
    public Session open() {
        return new ScalarSession(precision);
    }

    @Override
    public String toString() {
        return name() + "/" + precision;
    }
}
