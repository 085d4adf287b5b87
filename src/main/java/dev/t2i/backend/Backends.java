package dev.t2i.backend;

import dev.t2i.backend.nativelib.NativeBackend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.tornado.TornadoBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.config.Names;
import dev.t2i.error.BackendException;
import dev.t2i.error.BadInputException;
import dev.t2i.error.OneLine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
            new Entry("native", threads -> new NativeBackend(threads)),
            new Entry("scalar", threads -> new ScalarBackend()));

    /** Not among those that {@link #AUTO} tries: a device has to be asked for, since it starts slowly and needs a JVM of its own. */
    private static final String TORNADO = "tornado";
    private static final int LONGEST_NAME = 40;

    private Backends() {}

    /** All backends: those that {@link #AUTO} chooses from, fastest first, then those that are asked for by name. */
    public static List<Offer> list() {
        List<Offer> offers = new ArrayList<>();
        ENTRIES.forEach(entry -> offers.add(offer(entry.name, () -> entry.make.apply(processors()))));
        List<String> devices;
        try {
            devices = TornadoBackend.names();
        } catch (BackendException e) {
            offers.add(new Offer(TORNADO, false, e.getMessage()));
            return offers;
        }
        devices.forEach(name -> offers.add(offer(name, () -> new TornadoBackend(name))));
        TornadoBackend.idle().forEach((name, why) -> offers.add(new Offer(name, false, why)));
        return offers;
    }

    private static Offer offer(String name, Supplier<Backend> make) {
        try {
            return new Offer(name, true, make.get().description());
        } catch (BackendException e) {
            return new Offer(name, false, e.getMessage());
        }
    }

    /** The backend of that name on all processors; for {@link #AUTO} the fastest that is available, whose own name tells which. */
    public static Backend get(String name) {
        return get(name, processors());
    }

    /**
     * The backend of that name on so many threads, where it uses threads.
     *
     * @throws BadInputException if there is no such backend
     * @throws BackendException  if it can't run here; nothing else is taken in its stead, and {@link #AUTO} does not take the reference
     *     backend either because a JVM was started without the Vector API that its runtime has
     */
    public static Backend get(String name, int threads) {
        if (name.equals(AUTO)) {
            return fastest(threads);
        }
        if (name.equals(TORNADO) || name.startsWith(TORNADO + ":")) {
            return new TornadoBackend(name);
        }
        return ENTRIES.stream().filter(entry -> entry.name.equals(name)).findFirst()
                .orElseThrow(() -> unknown(name))
                .make.apply(threads);
    }

    private static RuntimeException unknown(String name) {
        List<String> known = Stream.concat(ENTRIES.stream().map(Entry::name), Stream.of(TORNADO)).toList();
        String choices = "take one of %s, or %s".formatted(String.join(", ", known), AUTO);
        String hint = name.length() > LONGEST_NAME ? "" : Names.nearest(name, known).map(near -> " (did you mean '" + near + "'?)").orElse("");
        return new BadInputException("there is no backend '%s'%s: %s".formatted(OneLine.of(name, LONGEST_NAME), hint, choices));
    }

    private static Backend fastest(int threads) {
        BackendException last = null;
        for (Entry entry : ENTRIES) {
            try {
                return entry.make.apply(threads);
            } catch (BackendException e) {
                if (VectorBackend.isLeftOut()) {
                    // A forgotten option would cost a factor of hundreds, and nobody would be told.
                    throw new BackendException(e.getMessage() + ", or ask for the backend 'scalar', which is for reference and slow", e);
                }
                last = e;
            }
        }
        throw new BackendException("no backend can run here", last);
    }

    private static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }
}
