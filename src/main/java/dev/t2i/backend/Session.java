package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.tensor.Tensor;
import java.util.Set;

/**
 * Named states and the graphs compiled against them. Executables of one session share its states: a training step writes
 * the parameters that the sampling graph reads. A session is used by one thread at a time; closing it frees its memory.
 */
public interface Session extends AutoCloseable {
    /** Creates or overwrites a state with a copy of {@code value}; it keeps the type and shape of its first value. */
    void put(String state, Tensor value);

    /**
     * Lends {@code value} as a state without copying, for weights that are read in place and never assigned.
     * The tensor's memory must outlive the session.
     */
    void lend(String state, Tensor value);

    /** Copies a state's present value home into {@code into}, converting types. */
    void get(String state, Tensor into);

    boolean has(String state);

    Set<String> states();

    /**
     * Plans and compiles {@code graph}. States that it names must have been put or lent, with the types it declares.
     *
     * @throws dev.t2i.graph.GraphException if a state is missing or of another type
     */
    Executable compile(Graph graph);

    @Override
    void close();
}
