package dev.t2i.pickle;

import java.util.List;
import java.util.Optional;

/**
 * What a pickle may name. A pickle is a program: it names classes and functions of Python's modules and says what to call.
 * {@link PickleReader} calls nothing; where a pickle asks, it asks a whitelist, which makes plain values of the few names it knows.
 */
@FunctionalInterface
public interface PickleWhitelist {
    /** Allows plain values alone: numbers, text, lists, tuples, dictionaries. */
    PickleWhitelist PLAIN = _ -> false;

    /** Whether the pickle may name this. */
    boolean has(PickleName name);

    /**
     * The value of {@code callable(*arguments)}, or empty where that is not allowed.
     *
     * @param callable a name that {@link #has}
     */
    default Optional<Object> call(PickleName callable, List<Object> arguments) {
        return Optional.empty();
    }

    /** What stands for the object outside the pickle that has this identifier, or empty where there is none. */
    default Optional<Object> persistent(Object id) {
        return Optional.empty();
    }
}
