package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.error.BackendException;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Faults that a device's driver or TornadoVM's compiler finds: each is an error in one line, and nothing is computed in another way. */
class TornadoFaultTest {
    private static final float UNTOUCHED = -7;

    @BeforeEach
    void requireDevice() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(), "no TornadoVM with a device here: faults of devices were not tried");
    }

    /** Runs one kernel and returns the first number of its output, which nobody has written before. */
    private static float run(Consumer<Code> code, Grid grid) {
        Object graph = Tornado.taskGraph("fault");
        Object context = Tornado.context();
        Object[] arrays = new Object[5];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = Tornado.array(Arena.ofAuto(), 64);
        }
        Object result = arrays[4];
        Tornado.segment(result).setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, UNTOUCHED);
        Tornado.toDevice(graph, Tornado.Transfer.EVERY_EXECUTION, context, arrays[0], arrays[1], arrays[2], arrays[3], result);
        Object scheduler = Tornado.scheduler();
        Tornado.task(graph, "t0", KernelLoader.task(new Kernel("a fault", KernelClass.of(code), grid, Work.NONE), Room.ALWAYS.size(), Tornado.devices().getFirst()),
                new Object[] {context, arrays[0], arrays[1], arrays[2], arrays[3], result});
        Tornado.schedule(scheduler, "fault.t0", grid);
        Tornado.toHost(graph, Tornado.Transfer.EVERY_EXECUTION, result);
        Object plan = Tornado.plan(List.of(Tornado.snapshot(graph)), Tornado.devices().getFirst());
        try {
            Tornado.execute(plan, 0, scheduler);
        } finally {
            Tornado.close(plan, List.of(0));
        }
        return Tornado.segment(result).getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
    }

    private static void writeTwo(Code code) {
        code.set(new Spot(Room.OUTPUTS, 0), () -> code.integer(0), () -> code.raw().fconst_2());
    }

    @Test
    void aGoodKernelRuns() {
        assertEquals(2, run(TornadoFaultTest::writeTwo, Grid.items(1)));
    }

    /** TornadoVM lets go of no class that it has seen, and plans are made anew whenever a graph comes. */
    @Test
    void aKernelHasOneClassInAllPlans() {
        Kernel kernel = new Kernel("a kernel", KernelClass.of(TornadoFaultTest::writeTwo), Grid.items(1), Work.NONE);
        int rooms = Room.ALWAYS.size();
        Tornado.Device device = Tornado.devices().getFirst();
        assertSame(KernelLoader.task(kernel, rooms, device), KernelLoader.task(kernel, rooms, device));
        assertSame(KernelLoader.task(kernel, rooms, device), KernelLoader.task(kernel.with(Room.INPUTS, LibraryArray.LEFT), rooms, device));
    }

    @Test
    void aKernelThatDoesNotCompileIsAnError() {
        String message = assertThrows(BackendException.class, () -> run(code -> {
            code.raw().invokestatic(ClassDesc.of("java.lang.System"), "getProperties", MethodTypeDesc.of(ClassDesc.of("java.util.Properties"))).pop();
            code.raw().invokestatic(ClassDesc.of("java.lang.System"), "gc", MethodTypeDesc.of(ConstantDescs.CD_void));
            writeTwo(code);
        }, Grid.items(1))).getMessage();
        assertTrue(message.startsWith("TornadoVM failed: Unable to build sketch for method: t2i"), message);
        assertFalse(message.contains("\n"), message);
    }

    /** TornadoVM only prints what a driver says, and goes on. */
    @Test
    void aGroupThatTheDeviceCannotHoldIsAnError() {
        int tooMany = Math.toIntExact(2 * Tornado.devices().getFirst().groupSize());
        String message = assertThrows(BackendException.class, () -> run(TornadoFaultTest::writeTwo, Grid.groups(1, tooMany))).getMessage();
        assertTrue(message.contains("cannot hold a work group"), message);
    }

    /** What native code prints on standard output while it computes does not come out there. */
    @Test
    void aCallThatADriverRefusesIsAnError() {
        String message = assertThrows(BackendException.class, () -> DriverOutput.whileComputing(() -> {
            print("[TornadoVM-OCL-JNI] ERROR : clEnqueueReadBuffer -> Returned: -38\n");
            return "wrong";
        })).getMessage();
        assertTrue(message.contains("clEnqueueReadBuffer returned -38"), message);
        assertEquals("right", DriverOutput.whileLooking(() -> "right"), "an earlier call's lines are not a later one's");
    }

    @SuppressWarnings("restricted") // binding C is what it is for
    private static void print(String text) {
        try (var arena = Arena.ofConfined()) {
            var linker = java.lang.foreign.Linker.nativeLinker();
            var write = linker.downcallHandle(linker.defaultLookup().findOrThrow("write"), java.lang.foreign.FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            assertEquals(text.length(), (long) write.invokeExact(1, arena.allocateFrom(text), (long) text.length()));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
