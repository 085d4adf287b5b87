package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Profiled;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** On a device, where there is one; parity with the scalar backend is among the tests that all backends share. */
class TornadoDeviceTest {
    private static void requireDevice() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(),
                "no TornadoVM with a device here: backend 'tornado' was not run, neither by this test nor by the parity tests");
    }

    @Test
    void unknownDevicesAreRefusedWithTheKnownOnes() {
        String message = assertThrows(BackendException.class, () -> new TornadoBackend("tornado:none:7")).getMessage();
        assertTrue(Tornado.isThere() ? message.contains("tornado:none:7") && message.contains("finds tornado:") : message.contains("TORNADOVM_HOME"), message);
    }

    /** Programs in any order on the same states, looked at and put anew in between: sums stay right, and neither host nor device needs more and more memory. */
    @Test
    void programsAlternate() {
        requireDevice();
        try (Session session = TestDevice.backend().open()) {
            session.put("sum", GraphRun.tensor(DType.F32, Shape.of(3)));
            Executable[] adders = new Executable[3];
            for (int i = 0; i < adders.length; i++) {
                Graph graph = new Graph();
                Value sum = graph.state("sum", DType.F32, Shape.of(3));
                graph.assign(sum, sum.add(graph.input("x", DType.F32, Shape.SCALAR).mul(i + 1).broadcastTo(sum.shape())));
                graph.output("before", sum.sum(0));
                adders[i] = session.compile(graph);
            }
            Random random = new Random(4);
            double expected = 0;
            long heap = 0;
            long device = 0;
            for (int run = 0; run < 4000; run++) {
                int program = random.nextInt(adders.length);
                double x = random.nextInt(5);
                adders[program].run(Map.of("x", GraphRun.tensor(DType.F32, Shape.SCALAR, x)));
                assertEquals(3 * expected, adders[program].output("before").getDouble(0), "run " + run);
                expected += x * (program + 1);
                if (run % 100 == 70) {
                    var now = GraphRun.tensor(DType.F32, Shape.of(3));
                    session.get("sum", now);
                    assertEquals(expected, now.getDouble(2));
                    expected = run;
                    session.put("sum", GraphRun.tensor(DType.F32, Shape.of(3), run, run, run));
                }
                if (run == 500) {
                    heap = usedHeap();
                    device = ((TornadoSession) session).deviceBytes();
                }
            }
            assertTrue(device > 0);
            assertEquals(device, ((TornadoSession) session).deviceBytes());
            long growth = usedHeap() - heap;
            assertTrue(growth < 1_000_000, "3,500 runs left %,d bytes on the heap".formatted(growth));
        }
    }

    /** TornadoVM's own arrays would, and a quarter of the machine's memory is the limit: large models would be refused where there is room for them. */
    @Test
    void arraysDoNotCountAgainstTheLimitForDirectBuffers() {
        requireDevice();
        try (Session session = TestDevice.backend().open()) {
            Shape shape = Shape.of(1 << 22);
            // A direct buffer itself, which has to stay.
            Tensor start = GraphRun.tensor(DType.F32, shape);
            session.put("w", start);
            Graph graph = new Graph();
            graph.output("sum", graph.state("w", DType.F32, shape).sum());
            Executable run = session.compile(graph);
            long before = directBuffers();
            run.run(Map.of());
            long growth = directBuffers() - before;
            assertTrue(growth < 4 * shape.size(), "a run took %,d bytes of direct buffers".formatted(growth));
            assertEquals(start.getDouble(0), run.output("sum").getDouble(0));
        }
    }

    /** Programs, states looked at, and a plan that was made anew in between: nothing of it stays on the device. */
    @Test
    void aClosedSessionLeavesNothingOnTheDevice() {
        requireDevice();
        TornadoBackend backend = TestDevice.backend();
        backend.open().close();
        long before = allocated();
        try (Session session = backend.open()) {
            Shape shape = Shape.of(1 << 16);
            session.put("w", GraphRun.tensor(DType.F32, shape));
            for (int kernels : new int[] {1, 3}) {
                Graph graph = new Graph();
                Value w = graph.state("w", DType.F32, shape);
                Value y = w.add(graph.input("x", DType.F32, shape));
                // Sums over everything in between, so that neither fusing nor stitching makes fewer kernels of them.
                for (int i = 1; i < kernels; i++) {
                    y = w.add(y.sum().broadcastTo(shape));
                }
                graph.assign(w, w.add(1));
                graph.output("y", y);
                session.compile(graph).run(Map.of("x", GraphRun.tensor(DType.F32, shape)));
                session.get("w", GraphRun.tensor(DType.F32, shape));
            }
            assertTrue(allocated() > before);
        }
        assertEquals(before, allocated());
    }

    /** Bytes that TornadoVM has taken of the device and not given back. */
    private static long allocated() {
        try {
            Object provider = invoke(invoke(Tornado.devices().getFirst().handle(), "getDeviceContext"), "getBufferProvider");
            Class<?> type = provider.getClass().getSuperclass();
            long bytes = 0;
            for (String name : List.of("usedBuffers", "freeBuffers")) {
                Field field = type.getDeclaredField(name);
                field.setAccessible(true);
                for (Object buffers : ((Map<?, ?>) field.get(provider)).values()) {
                    for (Object buffer : (List<?>) buffers) {
                        bytes += (long) invoke(buffer, "size");
                    }
                }
            }
            return bytes;
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Object invoke(Object target, String name) throws ReflectiveOperationException {
        Method method = target.getClass().getMethod(name);
        method.setAccessible(true);
        return method.invoke(target);
    }

    private static long directBuffers() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().filter(pool -> pool.getName().equals("direct")).findFirst().orElseThrow().getMemoryUsed();
    }

    private static long usedHeap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Of a step with 100,000 parameters a few numbers travel. */
    @Test
    void parametersStayOnTheDevice() {
        requireDevice();
        try (Session session = TestDevice.backend().open()) {
            Shape shape = Shape.of(100, 1000);
            session.put("w", GraphRun.tensor(DType.F32, shape));
            Graph graph = new Graph();
            Value w = graph.state("w", DType.F32, shape);
            Value x = graph.input("x", DType.F32, Shape.of(30, 100));
            Value y = x.matMul(w);
            graph.assign(w, w.add(graph.input("rate", DType.F32, Shape.SCALAR).broadcastTo(shape)));
            graph.output("mean", y.mean());
            Executable step = session.compile(graph);
            Map<String, Tensor> inputs = Map.of("x", GraphRun.tensor(DType.F32, Shape.of(30, 100)), "rate", GraphRun.tensor(DType.F32, Shape.SCALAR, 0.5));
            step.run(inputs);
            Profiled.RunProfile profile = ((Profiled) step).profile(inputs);
            assertTrue(profile.bytesToDevice() >= 4 * 3001 && profile.bytesToDevice() < 4 * 3001 + 500, profile::toString);
            assertTrue(profile.bytesFromDevice() >= 4 && profile.bytesFromDevice() < 500, profile::toString);
            assertTrue(profile.kernels().size() >= 2 && profile.kernels().stream().anyMatch(kernel -> kernel.operations() == 2L * 30 * 100 * 1000), profile::toString);
            var now = GraphRun.tensor(DType.F32, shape);
            session.get("w", now);
            assertEquals(1, now.getDouble(99_999));
        }
    }
}
