package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.Tensor;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;

/** What sessions refuse to do with states, and in which words; the same for all backends. */
public final class StateRules {
    private StateRules() {}

    public static TensorType typeOf(Tensor tensor) {
        return new TensorType(tensor.dtype(), tensor.shape());
    }

    /** @throws GraphException if the state is lent: its memory is not the session's to write */
    public static void requireWritable(String state, boolean lent) {
        if (lent) {
            throw new GraphException("state '%s' is lent and cannot be overwritten".formatted(state));
        }
    }

    /** @throws GraphException if there is such a state already, or its memory is the heap's */
    public static void requireLendable(String state, boolean known, Tensor value) {
        if (known) {
            throw new GraphException("state '%s' exists already and cannot be lent".formatted(state));
        }
        if (!value.segment().isNative()) {
            throw new GraphException("state '%s' is lent from the heap, kernels read native memory".formatted(state));
        }
    }

    /** @throws IllegalStateException if the session was closed */
    public static void requireOpen(boolean closed) {
        if (closed) {
            throw new IllegalStateException("this session is closed");
        }
    }

    /** @throws GraphException if the state has another type already */
    public static void requireSameType(String state, Tensor known, TensorType given) {
        if (known != null && !typeOf(known).equals(given)) {
            throw new GraphException("state '%s' is %s, it cannot become %s".formatted(state, typeOf(known), given));
        }
    }

    /** @throws GraphException if there is no such state, or {@code into} has another shape */
    public static void requireReadable(String state, Tensor known, Tensor into) {
        if (known == null) {
            throw new GraphException("there is no state '%s'".formatted(state));
        }
        if (!known.shape().equals(into.shape())) {
            throw new GraphException("state '%s' has shape %s, not %s".formatted(state, known.shape(), into.shape()));
        }
    }

    /**
     * @param states  the session's tensors by name; null where there is none
     * @param accepts whether a graph may declare the first type for a state that has the second
     * @throws GraphException if the graph names a state that is not there or of another type, or assigns one that is lent
     */
    public static void requireFits(Graph graph, Function<String, Tensor> states, BiPredicate<TensorType, TensorType> accepts, Predicate<String> lent) {
        graph.states().forEach((name, value) -> {
            Tensor known = states.apply(name);
            if (known == null) {
                throw new GraphException("state '%s' %s has not been put".formatted(name, value.type()));
            }
            if (!accepts.test(value.type(), typeOf(known))) {
                throw new GraphException("state '%s' is %s, the graph declares %s".formatted(name, typeOf(known), value.type()));
            }
        });
        for (String name : graph.assignments().keySet()) {
            if (lent.test(name)) {
                throw new GraphException("state '%s' is lent and cannot be assigned".formatted(name));
            }
        }
    }
}
