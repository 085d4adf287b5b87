package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.error.BackendException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Memory is counted before it is taken; no device is needed for that. */
class DeviceMemoryTest {
    private static Tornado.Device device(long memory) {
        return new Tornado.Device("opencl", 0, 3, "small", memory, memory, 1 << 15, 256, null);
    }

    private static Graph graph() {
        Graph graph = new Graph();
        Value weight = graph.state("w", DType.F32, Shape.of(1000, 1000));
        graph.output("y", graph.input("x", DType.F32, Shape.of(500, 1000)).matMul(weight).matMul(weight));
        return graph;
    }

    private static DeviceMemory needs() {
        return DeviceMemory.of(1_000_000, List.of(new DeviceProgram(Passes.optimize(graph()), Map.of("w", 0), LibraryRule.NONE, Integer.MAX_VALUE)));
    }

    @Test
    void allRoomsCount() {
        DeviceMemory memory = needs();
        assertTrue(memory.states() >= 4_000_000 && memory.states() < 4_000_000 + 2L * 4 * DevicePlan.BLOCK, memory::toString);
        assertEquals(2_000_000, memory.temporaries(), 100_000);
        assertEquals(4_000_000, memory.programs(), 1000);
        assertEquals(memory.states() + memory.temporaries() + memory.programs(), memory.total());
    }

    @Test
    void whatASessionNeedsIsKnownWithoutOne() {
        assertEquals(needs(), TornadoSession.need(Map.of("w", TensorType.f32(Shape.of(1000, 1000))), List.of(graph()), LibraryRule.NONE, device(1L << 40)));
    }

    /** TornadoVM refuses any array as large as the largest that a driver names, long after the run folder was made. */
    @Test
    void arraysLargerThanTheDeviceGivesAreRefused() {
        DeviceMemory memory = needs();
        assertEquals("states", memory.largest().what());
        assertEquals(memory.states() - 4L * DevicePlan.BLOCK, memory.largest().bytes(), 100);
        memory.requireArrays(largest(memory.largest().bytes() + 1), 1L << 40);
        String message = assertThrows(BackendException.class, () -> memory.requireArrays(largest(memory.largest().bytes()), 1L << 40)).getMessage();
        assertTrue(message.contains("its states would be one array of 4.0 MiB, tornado:opencl:3 gives arrays of less than 4.0 MiB; take a smaller network"), message);
        DeviceMemory many = DeviceMemory.of(16, List.of(new DeviceProgram(Passes.optimize(graph()), Map.of("w", 0), LibraryRule.NONE, Integer.MAX_VALUE)));
        message = assertThrows(BackendException.class, () -> many.requireArrays(largest(1 << 20), 1L << 40)).getMessage();
        assertTrue(message.contains("its inputs would be one array of 1.9 MiB") && message.contains("--set batch=N") && message.contains("recompute")
                && message.contains("accumulate"), message);
    }

    @Test
    @ResourceLock(Resources.LOCALE)
    void sizesAreWrittenAlikeInAllCountries() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertEquals("1.5 GiB", DeviceMemory.human(3L << 29));
        } finally {
            Locale.setDefault(before);
        }
    }

    private static Tornado.Device largest(long bytes) {
        return new Tornado.Device("opencl", 0, 3, "small", 1L << 40, bytes, 1 << 15, 256, null);
    }

    /** Java's own lack of memory has a line of its own, which does not tell people to look for another device. */
    @Test
    void memoryThatJavaLacksIsNotTheDevices() {
        OutOfMemoryError error = new OutOfMemoryError("Java heap space");
        assertSame(error, assertThrows(OutOfMemoryError.class, () -> Tornado.failure(new InvocationTargetException(error))));
        assertSame(error, assertThrows(OutOfMemoryError.class, () -> Tornado.failure(new InvocationTargetException(new IllegalStateException(error)))));
    }

    /** States beyond what an int counts lie in one array, however small each is, as those of GPT-2 large and its optimizer do. */
    @Test
    void statesBeyondWhatTornadoVmCountsAreRefused() {
        Map<String, TensorType> states = new LinkedHashMap<>();
        for (int i = 0; i < 4; i++) {
            states.put("s" + i, TensorType.f32(Shape.of(1 << 29)));
        }
        String message = assertThrows(DeviceMemoryException.class, () -> TornadoSession.need(states, List.of(), LibraryRule.NONE, device(1L << 40))).getMessage();
        assertTrue(message.contains("states would be one array of more than 2^31 numbers") && message.contains("smaller network"), message);
        states.remove("s3");
        assertEquals(6L << 30, TornadoSession.need(states, List.of(), LibraryRule.NONE, device(1L << 40)).states() - 4L * DevicePlan.BLOCK);
        states.put("almost", TensorType.f32(Shape.of((1 << 29) - 16)));
        assertThrows(DeviceMemoryException.class, () -> TornadoSession.need(states, List.of(), LibraryRule.NONE, device(1L << 40)), "whole blocks are carried");
    }

    @Test
    @SuppressWarnings("restricted") // memory that nobody has, and nobody reads
    void aStateThatDoesNotFitIsNotThere() {
        Shape shape = Shape.of(1 << 30);
        Tensor half = Tensor.wrap(MemorySegment.ofAddress(64).reinterpret(4 * shape.size()), DType.F32, shape);
        try (Session session = new JvmBackend().open()) {
            session.lend("first", half);
            assertThrows(DeviceMemoryException.class, () -> session.lend("second", half));
            assertEquals(Set.of("first"), session.states());
        }
    }

    @Test
    void aRefusedGraphDoesNotCountForLaterOnes() {
        try (Session session = new TornadoSession(device(16 << 20), LibraryRule.NONE, (_, stateSize, programs) -> new JvmDevice(stateSize, programs))) {
            Graph large = new Graph();
            large.output("y", large.input("x", DType.F32, Shape.of(1 << 22)).sum());
            for (int i = 0; i < 3; i++) {
                assertThrows(DeviceMemoryException.class, () -> session.compile(large));
            }
            Graph small = new Graph();
            small.output("y", small.input("x", DType.F32, Shape.of(3)).sum());
            Executable run = session.compile(small);
            run.run(Map.of("x", GraphRun.tensor(DType.F32, Shape.of(3), 1, 2, 4)));
            assertEquals(7, run.output("y").getDouble(0));
        }
    }

    @Test
    void aClosedGraphCountsNoLongerAndTheOthersRunOn() {
        try (Session session = new TornadoSession(device(16 << 20), LibraryRule.NONE, (_, stateSize, programs) -> new JvmDevice(stateSize, programs))) {
            Executable doubled = session.compile(scaled(2, 3));
            Executable tripled = session.compile(scaled(3, 3));
            assertEquals(3, run(tripled, 3));
            doubled.close();
            assertEquals(3, run(tripled, 3), "before the plan is made anew");
            for (int i = 0; i < 3; i++) {
                // Each takes half of what there is, and two more than all of it.
                Executable large = session.compile(scaled(1, 1 << 20));
                assertThrows(DeviceMemoryException.class, () -> session.compile(scaled(1, 1 << 20)));
                large.close();
            }
            Executable tenfold = session.compile(scaled(10, 3));
            assertEquals(10, run(tenfold, 3));
            assertEquals(3, run(tripled, 3));
        }
    }

    private static Graph scaled(double factor, int length) {
        Graph graph = new Graph();
        graph.output("y", graph.input("x", DType.F32, Shape.of(length)).mul(factor));
        return graph;
    }

    private static double run(Executable executable, int length) {
        executable.run(Map.of("x", GraphRun.tensor(DType.F32, Shape.of(length), 1, 2, 4)));
        return executable.output("y").getDouble(0);
    }

    @Test
    void whatTheDeviceTakesHasToFitHereToo() {
        DeviceMemory memory = needs();
        memory.requireArrays(largest(1L << 40), memory.total() + memory.states());
        String message = assertThrows(BackendException.class, () -> memory.requireArrays(largest(1L << 40), memory.total())).getMessage();
        assertTrue(message.startsWith("this machine has too little memory: it takes") && message.contains(DeviceMemory.human(memory.total() + memory.states()) + " here")
                && message.contains("--set batch=N"), message);
    }

    @Test
    @ResourceLock(Resources.SYSTEM_PROPERTIES)
    void tooSmallDevicesAreRefusedWithBothNumbersAndTheKnob() {
        String before = System.setProperty("tornado.device.memory", "1024GB");
        try {
            needs().require(device(1L << 24));
            String message = assertThrows(BackendException.class, () -> needs().require(device(5 << 20))).getMessage();
            assertTrue(message.contains("it takes " + DeviceMemory.human(needs().total())) && message.contains("tornado:opencl:3 has 5.0 MiB")
                    && message.contains("--set batch=N"), message);
            System.setProperty("tornado.device.memory", "3MB");
            message = assertThrows(BackendException.class, () -> needs().require(device(1L << 24))).getMessage();
            assertTrue(message.contains("may use 3.0 MiB by -Dtornado.device.memory=3MB") && message.contains("T2I_JAVA_OPTIONS"), message);
            System.setProperty("tornado.device.memory", "much");
            message = assertThrows(BackendException.class, () -> needs().require(device(1L << 24))).getMessage();
            assertTrue(message.contains("-Dtornado.device.memory=much is no size"), message);
        } finally {
            if (before == null) {
                System.clearProperty("tornado.device.memory");
            } else {
                System.setProperty("tornado.device.memory", before);
            }
        }
    }
}
