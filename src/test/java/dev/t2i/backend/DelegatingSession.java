package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.tensor.Tensor;
import java.util.Set;

/** Hands every call on to another session, for tests that change one of them. */
class DelegatingSession implements Session {
    private final Session session;

    DelegatingSession(Session session) {
        this.session = session;
    }

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
        return session.compile(graph);
    }

    @Override
    public void close() {
        session.close();
    }
}
