package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stands in for another backend to find out what memory something would take there: its session notes which states are put and which graphs are
 * compiled, holds no numbers, and runs nothing.
 */
public final class PlanningBackend implements Backend {
    private final Backend real;
    private final Map<String, TensorType> states = new LinkedHashMap<>();
    private final List<Graph> graphs = new ArrayList<>();

    public PlanningBackend(Backend real) {
        this.real = real;
    }

    @Override
    public String name() {
        return real.name();
    }

    @Override
    public String description() {
        return real.description();
    }

    @Override
    public boolean compilesSlowly() {
        return real.compilesSlowly();
    }

    /** What everything that was put and compiled so far would take. */
    public MemoryNeed need() {
        return real.need(states, graphs);
    }

    /** Notes a state that will be there, without a value for it. */
    public void declare(String state, TensorType type) {
        states.put(state, type);
    }

    @Override
    public Session open() {
        return new PlanningSession();
    }

    private final class PlanningSession implements Session {
        @Override
        public void put(String state, Tensor value) {
            declare(state, StateRules.typeOf(value));
        }

        @Override
        public void lend(String state, Tensor value) {
            declare(state, StateRules.typeOf(value));
        }

        @Override
        public void get(String state, Tensor into) {
            throw new GraphException("state '%s' has no value, for this session only plans".formatted(state));
        }

        @Override
        public boolean has(String state) {
            return states.containsKey(state);
        }

        @Override
        public Set<String> states() {
            return Collections.unmodifiableSet(states.keySet());
        }

        @Override
        public Executable compile(Graph graph) {
            graphs.add(graph);
            return new Planned(graph);
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    private record Planned(Graph graph) implements Executable {
        @Override
        public void run(Map<String, Tensor> inputs) {
            throw new GraphException("this session only plans");
        }

        @Override
        public Tensor output(String name) {
            throw new GraphException("this session only plans");
        }

        @Override
        public long workingBytes() {
            MemoryNeed need = MemoryNeed.onHost(Map.of(), List.of(graph));
            return need.total();
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
