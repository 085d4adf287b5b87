package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.tensor.Tensor;
import java.util.Map;

/** A compiled graph with its buffers. Running it allocates nothing; it belongs to its session's thread. */
public interface Executable extends AutoCloseable {
    /**
     * Runs once: reads {@code inputs} (every input that the graph declares, with its type), computes the outputs and
     * assigns the states.
     */
    void run(Map<String, Tensor> inputs);

    /** The named output of the last run. The tensor stays the same object and is overwritten by the next run. */
    Tensor output(String name);

    /** The graph as it runs, after all passes. */
    Graph graph();

    /** Bytes of working memory, states aside. */
    long workingBytes();

    @Override
    void close();
}
