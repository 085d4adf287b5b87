package dev.t2i.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.passes.MemoryPlan;
import dev.t2i.graph.passes.Passes;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is timed of single operations: the operation, and nothing that brings its operands or its result. */
class OperationsTest {
    /** Notes what is compiled with it, and computes nothing. */
    private record Noting(List<Graph> graphs) implements Backend {
        @Override
        public String name() {
            return "noting";
        }

        @Override
        public String description() {
            return "notes graphs";
        }

        @Override
        public Session open() {
            return proxy(Session.class, argument -> {
                if (argument instanceof Graph graph) {
                    graphs.add(graph);
                    return proxy(Executable.class, _ -> null);
                }
                return null;
            });
        }

        private static <T> T proxy(Class<T> type, java.util.function.UnaryOperator<Object> call) {
            return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                    (_, _, arguments) -> call.apply(arguments == null ? null : arguments[0])));
        }
    }

    @Test
    void nothingTravelsAndNothingIsCopied() {
        for (Work work : Operations.works()) {
            List<Graph> graphs = new ArrayList<>();
            work.open().apply(new Noting(graphs)).close();
            Graph graph = Passes.optimize(graphs.getFirst());
            MemoryPlan plan = MemoryPlan.of(graph);
            assertTrue(graph.inputs().isEmpty() && graph.outputs().isEmpty(), work.name());
            assertTrue(plan.copiesBefore().isEmpty() && plan.copiesAfter().isEmpty(), work.name() + " copies " + plan.copiesBefore() + plan.copiesAfter());
        }
    }

    @Test
    void resultsAreThoseOfTheOperation() {
        Work work = Operations.works().getLast();
        assertTrue(work.name().startsWith("affine"), work.name());
        float[] found = result(work, "vector");
        assertArrayEquals(result(work, "scalar"), found, 1e-7f);
        assertTrue(found[0] != 0);
    }

    private static float[] result(Work work, String backend) {
        try (Work.Running running = work.open().apply(Backends.get(backend, 2))) {
            running.run();
            return running.results().getFirst().toFloatArray();
        }
    }
}
