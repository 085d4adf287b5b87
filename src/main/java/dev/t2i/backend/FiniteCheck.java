package dev.t2i.backend;

import dev.t2i.graph.Value;
import dev.t2i.tensor.Tensor;
import java.util.Map;
import java.util.Optional;

/** What an {@link Executable} may offer beyond running: to find where a step's first bad number comes from. */
public interface FiniteCheck {
    /**
     * The first value in the order of computation that holds something that is no finite number.
     *
     * @param value of the graph as it runs, which names its operation, type and scope
     * @param index of the first such element, in row-major order
     * @param found that element: NaN or an infinity
     * @param count of such elements in the value
     */
    record NonFinite(Value value, long index, double found, long count) {
        @Override
        public String toString() {
            return "%s at element %d (%d of %d elements are not finite) of %s: %s".formatted(
                    found, index, count, value.shape().size(), value, value.op());
        }
    }

    /**
     * Computes the graph for {@code inputs} as {@link Executable#run} does, and inspects inputs, states and every result
     * on the way. States keep their values; outputs are overwritten.
     */
    Optional<NonFinite> firstNonFinite(Map<String, Tensor> inputs);
}
