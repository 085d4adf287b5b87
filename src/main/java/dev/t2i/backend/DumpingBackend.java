package dev.t2i.backend;

import dev.t2i.error.BadInputException;
import dev.t2i.graph.Graph;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Another backend that writes down every graph it compiles: {@code 01-traced.txt} as the model traced it,
 * {@code 01-compiled.txt} as it runs after all passes, and so on in the order of compilation.
 */
public final class DumpingBackend implements Backend {
    private final Backend backend;
    private final Path folder;
    private final AtomicInteger count = new AtomicInteger();

    /** @param folder for the dumps; made if it is not there */
    public DumpingBackend(Backend backend, Path folder) {
        this.backend = backend;
        this.folder = folder;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BadInputException(folder + ": cannot be created for graph dumps, " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public String description() {
        return backend.description();
    }

    @Override
    public Session open() {
        Session session = backend.open();
        return new Session() {
            @Override
            public void put(String state, Tensor value) {
                session.put(state, value);
            }

            @Override
            public void lend(String state, Tensor value) {
                session.lend(state, value);
            }

            @Override
            public void get(String state, Tensor into) {
                session.get(state, into);
            }

            @Override
            public boolean has(String state) {
                return session.has(state);
            }

            @Override
            public Set<String> states() {
                return session.states();
            }

            @Override
            public Executable compile(Graph graph) {
                int number = count.incrementAndGet();
                dump(number, "traced", graph);
                Executable executable = session.compile(graph);
                dump(number, "compiled", executable.graph());
                return executable;
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }

    private void dump(int number, String stage, Graph graph) {
        Path file = folder.resolve("%02d-%s.txt".formatted(number, stage));
        try {
            Files.writeString(file, graph.dump());
        } catch (IOException e) {
            throw new BadInputException(file + ": cannot be written, " + e.getMessage(), e);
        }
    }
}
