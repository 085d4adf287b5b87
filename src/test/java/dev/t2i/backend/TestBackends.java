package dev.t2i.backend;

import dev.t2i.backend.nativelib.NativeBackends;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.tornado.JvmBackend;
import dev.t2i.backend.tornado.TestDevice;
import dev.t2i.backend.vector.UnfusedVectorBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.passes.Passes;
import java.util.List;
import java.util.function.Supplier;

/**
 * The backends that must agree with the scalar one; a new backend is one more line here. Where one can't run, its supplier
 * aborts the test with the reason.
 *
 * @param slack how much coarser than a careful CPU its arithmetic may be
 */
record TestBackends(String name, Supplier<Backend> backend, double slack) {
    private static final double DEVICE_SLACK = 30;

    static List<TestBackends> all() {
        if (Boolean.getBoolean("t2i.tornado")) {
            // Devices have functions of their own, and sums in their own order: 1e-4 instead of 3e-6.
            return List.of(new TestBackends("tornado", TestDevice::backend, DEVICE_SLACK));
        }
        return List.of(
                new TestBackends("scalar after passes", OptimizingScalarBackend::new, 1),
                new TestBackends("vector", VectorBackend::new, 1),
                new TestBackends("vector on 3 threads", () -> new VectorBackend(3), 1),
                new TestBackends("vector as traced", UnfusedVectorBackend::new, 1),
                new TestBackends("native", () -> NativeBackends.best(2), 1),
                new TestBackends("native on 3 threads", () -> NativeBackends.best(3), 1),
                new TestBackends("tornado's kernels as Java", JvmBackend::new, 1));
    }

    @Override
    public String toString() {
        return name;
    }

    /** Plain loops over the optimised graph: what differs here is the fault of a pass. */
    private static final class OptimizingScalarBackend implements Backend {
        private final Backend scalar = new ScalarBackend();

        @Override
        public String name() {
            return "scalar after passes";
        }

        @Override
        public String description() {
            return scalar.description();
        }

        @Override
        public Session open() {
            Session session = scalar.open();
            return new DelegatingSession(session) {
                @Override
                public Executable compile(Graph graph) {
                    return session.compile(Passes.optimize(graph));
                }
            };
        }
    }
}
