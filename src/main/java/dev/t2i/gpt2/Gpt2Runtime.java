package dev.t2i.gpt2;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;

/** A GPT-2's weights in place in a backend's session, and graphs over them. */
final class Gpt2Runtime implements AutoCloseable {
    private static final String NETWORK = "gpt2";

    private final Gpt2Files files;
    private final Arena arena;
    private final Gpt2Weights weights;
    private final Session session;
    private Tokenizer tokenizer;

    Gpt2Runtime(Gpt2Files files, Backend backend) {
        this.files = files;
        // Shared, because a backend's worker threads read the weights.
        arena = Arena.ofShared();
        try {
            weights = files.weights(arena);
            session = backend.open();
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    Gpt2Config config() {
        return files.config();
    }

    Gpt2Files files() {
        return files;
    }

    Session session() {
        return session;
    }

    /** The folder's tokenizer, read when first needed: ids can be encoded without one. */
    Tokenizer tokenizer() {
        if (tokenizer == null) {
            tokenizer = files.tokenizer();
        }
        return tokenizer;
    }

    /** The place of the parameters in a graph, stored as in the file. */
    Parameters parameters(Graph graph) {
        return Parameters.of(graph, NETWORK, name -> weights.tensor(name).dtype());
    }

    /** Compiles a graph that was traced with {@code place}; each weight is lent when the first graph needs it. */
    Executable compile(Graph graph, Parameters place) {
        for (Parameters.Declaration declaration : place.declarations()) {
            String state = place.stateName(declaration.name());
            if (!session.has(state)) {
                session.lend(state, weights.tensor(declaration.name()));
            }
        }
        return session.compile(graph);
    }

    @Override
    public void close() {
        session.close();
        arena.close();
    }
}
