package dev.t2i.train;

import dev.t2i.backend.Session;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Something to train: what one step does, what to show, what to keep. A task keeps all that a step changes in the states
 * of its {@link #session}; everything else about step {@code n} (data, noise, learning rates) is a function of the
 * settings and {@code n}. That is why states and step number are a whole checkpoint.
 */
public interface Task extends AutoCloseable {
    Session session();

    /** Every state that steps change, in the order in which checkpoints hold them. */
    List<Checkpoint.StateType> states();

    /** Puts the first values of all states, for a run that starts anew. */
    void initialize();

    /** One line for people on where first values come from, where that is not chance alone. */
    default Optional<String> origin() {
        return Optional.empty();
    }

    /** One line for people on what they may not expect of their settings. */
    default Optional<String> remark() {
        return Optional.empty();
    }

    /** Compiles what steps need; called once, after states have been put by {@link #initialize} or from a checkpoint. */
    void compile();

    /** As {@link #compile}, and everything else that the whole run will compile, to see what memory it takes. */
    default void compileAll() {
        compile();
    }

    /** Bytes of the batches that are made ahead of the steps. */
    default long feedBytes() {
        return 0;
    }

    /** Step {@code step}, counted from 0. */
    void step(long step);

    /** Samples that a step consumes. */
    int batch();

    /** Losses and other figures of the last step, by name, in the order in which to print them. */
    Map<String, Double> statistics();

    /** Further figures, of the states as they are, that take too long for every step: asked for once a status line. */
    default Map<String, Double> measurements() {
        return Map.of();
    }

    /** Runs {@code step} again without changing any state and names the first value that is not finite, if there is one. */
    Optional<String> firstBadValue(long step);

    /** Writes pictures that show progress into {@code folder}, or nothing where there is nothing to see. */
    void snapshot(Path folder, long step);

    /**
     * Writes the model as it would be used into the empty folder {@code folder}.
     *
     * @param name for people
     * @param samples how many it was trained on
     */
    void export(Path folder, String name, long samples);

    @Override
    void close();
}
