package dev.t2i.backend.scalar;

import dev.t2i.backend.Executable;
import dev.t2i.backend.HostSession;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.util.Map;

/** States in the precision that everything is computed in. */
final class ScalarSession extends HostSession {
    private final Precision precision;

    ScalarSession(Precision precision) {
        this.precision = precision;
    }

    @Override
    protected DType stored(DType given) {
        return precision.stored(given);
    }

    @Override
    protected boolean accepts(TensorType declared, TensorType held) {
        return precision.accepts(declared, held);
    }

    @Override
    protected Executable compile(Graph graph, Map<String, Tensor> states) {
        return new ScalarExecutable(graph, precision, states);
    }
}
