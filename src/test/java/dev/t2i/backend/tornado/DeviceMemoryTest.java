package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BackendException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Map;
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
        return DeviceMemory.of(1_000_000, List.of(new DeviceProgram(Passes.optimize(graph()), Map.of("w", 0), LibraryRule.NONE)));
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
        assertEquals(needs(), TornadoSession.need(Map.of("w", TensorType.f32(Shape.of(1000, 1000))), List.of(graph()), LibraryRule.NONE));
    }

    /** TornadoVM refuses any array as large as the largest that a driver names, long after the run folder was made. */
    @Test
    void arraysLargerThanTheDeviceGivesAreRefused() {
        DeviceMemory memory = needs();
        assertEquals("states", memory.largest().what());
        assertEquals(memory.states() - 4L * DevicePlan.BLOCK, memory.largest().bytes(), 100);
        memory.requireArrays(largest(memory.largest().bytes() + 1), 1L << 40);
        String message = assertThrows(BackendException.class, () -> memory.requireArrays(largest(memory.largest().bytes()), 1L << 40)).getMessage();
        assertTrue(message.contains("its states are one array of 4.0 MiB, tornado:opencl:3 gives arrays of less than 4.0 MiB; take a smaller network"), message);
        DeviceMemory many = DeviceMemory.of(16, List.of(new DeviceProgram(Passes.optimize(graph()), Map.of("w", 0), LibraryRule.NONE)));
        message = assertThrows(BackendException.class, () -> many.requireArrays(largest(1 << 20), 1L << 40)).getMessage();
        assertTrue(message.contains("its inputs are one array of 1.9 MiB") && message.contains("--set batch=N") && message.contains("recompute")
                && message.contains("accumulate"), message);
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
