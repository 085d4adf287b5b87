package dev.t2i.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.error.BackendException;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said about memory in advance, beside what is taken. */
class PlanningBackendTest {
    /** Packed panels of products, which depend on kernels and threads, not on how many pictures there are. */
    private static final long PACKING = 4L << 20;

    /** The gradient of a small convolutional network. */
    private static Graph network(Parameters[] place, int n) {
        Graph graph = new Graph();
        place[0] = Parameters.of(graph, "network");
        Value x = graph.input("pictures", DType.F32, Shape.of(n, 32, 32, 3));
        for (int i = 0; i < 3; i++) {
            x = Layers.conv2d(place[0].at(i), x, 16, 3, Window.of(1, 1)).tanh();
        }
        Value loss = x.square().sum().reshape(Shape.SCALAR);
        List<Value> gradients = Gradients.of(loss, List.copyOf(place[0].states().values()));
        graph.output("loss", loss);
        graph.output("gradient", gradients.getFirst());
        return graph;
    }

    @Test
    void whatIsPlannedIsWhatIsTaken() {
        Parameters[] place = new Parameters[1];
        Graph graph = network(place, 8);
        PlanningBackend planning = new PlanningBackend(Backends.get("vector", 2));
        try (Session plan = planning.open(); Session real = Backends.get("vector", 2).open(); Arena arena = Arena.ofConfined()) {
            Parameters.initialize(place[0].declarations(), 1, arena).forEach((name, tensor) -> {
                plan.put("network/" + name, tensor);
                real.put("network/" + name, tensor);
            });
            plan.compile(graph);
            MemoryNeed need = planning.need();
            long taken = real.compile(graph).workingBytes();
            long planned = need.temporaries() + need.programs();
            assertTrue(planned <= taken && taken <= planned + PACKING, planned + " planned, " + taken + " taken");
            assertEquals(4 * place[0].count(), need.states());
            assertTrue(need.available() > need.total(), need.toString());
        }
    }

    @Test
    void moreTakesMore() {
        long few = plan(4).temporaries();
        long many = plan(16).temporaries();
        assertTrue(many > 3.5 * few && many < 4.5 * few, few + " and " + many);
    }

    private static MemoryNeed plan(int n) {
        PlanningBackend planning = new PlanningBackend(Backends.get("vector", 2));
        try (Session session = planning.open()) {
            session.compile(network(new Parameters[1], n));
        }
        return planning.need();
    }

    /** Whoever writes graphs down as they are compiled plans with the memory of the backend that runs them. */
    @Test
    void aDumpedBackendNeedsWhatItNeedsItself(@TempDir Path folder) {
        Backend scalar = new ScalarBackend();
        Graph graph = network(new Parameters[1], 4);
        PlanningBackend planning = new PlanningBackend(new DumpingBackend(scalar, folder));
        try (Session session = planning.open()) {
            session.compile(graph);
        }
        assertEquals(scalar.need(Map.of(), List.of(graph)), planning.need());
    }

    @Test
    void tooMuchIsRefused() {
        MemoryNeed need = new MemoryNeed("this machine", 100_000_000, 200_000_000, 50_000_000, 400_000_000);
        need.require(50_000_000);
        BackendException refusal = assertThrows(BackendException.class, () -> need.require(51_000_000));
        assertEquals("this takes 401 MB of memory, this machine has 400 MB; take a smaller batch (--set batch=N), --set recompute=true or --set accumulate=K", refusal.getMessage());
    }

    @Test
    void nothingIsRun() {
        try (Session session = new PlanningBackend(Backends.get("vector")).open()) {
            Executable executable = session.compile(network(new Parameters[1], 4));
            assertThrows(GraphException.class, () -> executable.run(Map.of()));
        }
    }
}
