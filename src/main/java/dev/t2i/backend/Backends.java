package dev.t2i.backend;

import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.error.BackendException;
import dev.t2i.error.BadInputException;
import java.util.List;
import java.util.function.IntFunction;

/** The backends by name, and which of them can run here. */
public final class Backends {
    /** The name that takes the fastest backend that this machine can run. */
    public static final String AUTO = "auto";

    /**
     * A backend as this machine has it.
     *
     * @param description what it runs on, or, if it is not available, why
     */
    public record Offer(String name, boolean available, String description) {}

    /** Making a backend throws a {@link BackendException} that says why, if it can't run here. */
    private record Entry(String name, IntFunction<Backend> make) {}

    /** Fastest first. The classes of a backend are touched only when it is made, as its modules may be absent. */
    private static final List<Entry> ENTRIES = List.of(
            new Entry("vector", threads -> new VectorBackend(threads)),
            new Entry("scalar", threads -> new ScalarBackend()));

    private Backends() {}

    /** All backends, fastest first. */
    public static List<Offer> list() {
        return ENTRIES.stream().map(entry -> {
            try {
                return new Offer(entry.name, true, entry.make.apply(processors()).description());
            } catch (BackendException e) {
                return new Offer(entry.name, false, e.getMessage());
            }
        }).toList();
    }

    /** The backend of that name on all processors; for {@link #AUTO} the fastest that is available, whose own name tells which. */
    public static Backend get(String name) {
        return get(name, processors());
    }

    /**
     * The backend of that name on so many threads, where it uses threads.
     *
     * @throws BadInputException if there is no such backend
     * @throws BackendException  if it can't run here; nothing else is taken in its stead
     */
    public static Backend get(String name, int threads) {
        if (name.equals(AUTO)) {
            return fastest(threads);
        }
        return ENTRIES.stream().filter(entry -> entry.name.equals(name)).findFirst()
                .orElseThrow(() -> new BadInputException("there is no backend '%s': take one of %s, or %s".formatted(
                        name, String.join(", ", ENTRIES.stream().map(Entry::name).toList()), AUTO)))
                .make.apply(threads);
    }

    private static Backend fastest(int threads) {
        BackendException last = null;
        for (Entry entry : ENTRIES) {
            try {
                return entry.make.apply(threads);
            } catch (BackendException e) {
                last = e;
            }
        }
        throw new BackendException("no backend can run here", last);
    }

    private static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }
}
