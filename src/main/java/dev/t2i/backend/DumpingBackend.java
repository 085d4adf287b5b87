package dev.t2i.backend;

import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Another backend that writes down every graph it compiles: {@code 01-traced.txt} as the model traced it,
 * {@code 01-compiled.txt} as it runs after all passes, and so on in the order of compilation.
 */
public final class DumpingBackend implements Backend {
    private final Backend backend;
    private final Path folder;
    private final AtomicInteger count = new AtomicInteger();

    /** @param folder for the dumps: a new one, or an empty one */
    public DumpingBackend(Backend backend, Path folder) {
        this.backend = backend;
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            try (Stream<Path> inside = Files.list(folder)) {
                if (inside.findAny().isPresent()) {
                    throw new BadInputException(folder + ": is not empty; choose another folder for graph dumps, nothing is overwritten");
                }
            }
        } catch (FileAlreadyExistsException e) {
            throw new BadInputException(folder + ": is a file; name a folder for graph dumps", e);
        } catch (IOException e) {
            throw new BadInputException(folder + ": cannot be created for graph dumps, " + FileTrouble.reason(e), e);
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
    public boolean compilesSlowly() {
        return backend.compilesSlowly();
    }

    @Override
    public MemoryNeed need(Map<String, TensorType> states, List<Graph> graphs) {
        return backend.need(states, graphs);
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
        AtomicFile.write(folder.resolve(String.format(Locale.ROOT, "%02d-%s.txt", number, stage)), graph.dump());
    }
}
