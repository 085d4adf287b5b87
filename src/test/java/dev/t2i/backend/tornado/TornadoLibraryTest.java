package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Profiled;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.error.BackendException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Library tasks on the device path, with a {@link StandInLibrary} for cuBLAS: arrays of their own, copies, chains and profiles. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class TornadoLibraryTest {
    private static final String PROPERTY = "t2i.tornado.libraries";

    @BeforeEach
    void requireDevice() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(), "no TornadoVM with a device here: library tasks were run as Java alone");
        assumeTrue(Tornado.devices().getFirst().driver().equals("opencl"), "the stand-in for a library knows OpenCL alone");
    }

    @AfterEach
    void reset() {
        System.clearProperty(PROPERTY);
    }

    private static LibraryRule rule(String asked) {
        System.setProperty(PROPERTY, asked);
        return Libraries.rule(Tornado.devices().getFirst());
    }

    @Test
    void aLibraryIsWhereTornadoVmSaysThatItIs() {
        assertEquals(LibraryRule.NONE, rule("auto"));
        String message = assertThrows(BackendException.class, () -> rule("on")).getMessage();
        assertTrue(message.contains(PROPERTY + "=on") && message.contains("tornado:opencl:0 has no nvidia/cublas"), message);
        assertTrue(assertThrows(BackendException.class, () -> rule("perhaps")).getMessage().contains("auto, on or off"));
        System.clearProperty(PROPERTY);
        assertFalse(TestDevice.backend().description().contains("cublas"));
        try (StandInLibrary _ = new StandInLibrary(UnaryOperator.identity())) {
            assertEquals(LibraryRule.ALL, rule("on"));
            assertEquals(LibraryRule.NONE, rule("off"));
            assertEquals(LibraryRule.LARGE, rule("auto"));
            assertTrue(TestDevice.backend().description().contains("nvidia/cublas"));
        }
    }

    /** TornadoVM's module for a library is there with any SDK for its driver, the library itself is a thing to install. */
    @Test
    void aLibraryThatDoesNotStartIsNotThere() {
        try (StandInLibrary _ = new StandInLibrary(UnaryOperator.identity(), Optional.of("[ERROR] Unable to load libtornado-cublas: libcublas.so.12: cannot open"))) {
            assertEquals(LibraryRule.NONE, rule("auto"));
            String message = assertThrows(BackendException.class, () -> rule("on")).getMessage();
            assertTrue(message.contains("has no nvidia/cublas") && message.contains("libcublas.so.12: cannot open"), message);
        }
    }

    /** A training whose products all go to the library, and a program without any, in any order on the same states. */
    @Test
    void programsWithLibraryTasksComputeWhatOthersDo() {
        System.setProperty(PROPERTY, "on");
        Shape shape = Shape.of(5, 7);
        Graph step = new Graph();
        Value w = step.state("w", DType.F32, shape);
        Value x = step.input("x", DType.F32, Shape.of(6, 5));
        Value y = x.matMul(w).tanh(); // [6, 7]
        Value pairs = y.reshape(2, 3, 7).matMul(y.reshape(2, 3, 7), false, true); // [2, 3, 3]
        step.assign(w, w.sub(x.matMul(y, true, false).mul(0.05)));
        step.output("pairs", pairs.add(pairs.sum(2).reshape(2, 3, 1).broadcastTo(pairs.shape())));
        Graph halve = new Graph();
        Value again = halve.state("w", DType.F32, shape);
        halve.assign(again, again.mul(0.5));
        halve.output("sum", again.sum());
        Random random = new Random(3);
        Tensor start = GraphRun.uniform(random, DType.F32, shape, -1, 1);
        try (StandInLibrary library = new StandInLibrary(UnaryOperator.identity()); Session device = TestDevice.backend().open(); Session scalar = new ScalarBackend().open()) {
            int tested = library.calls();
            device.put("w", start);
            scalar.put("w", start);
            Executable[] onDevice = {device.compile(step), device.compile(halve)};
            Executable[] onScalar = {scalar.compile(step), scalar.compile(halve)};
            int steps = 0;
            for (int run = 0; run < 60; run++) {
                int program = run < 2 ? run : random.nextInt(2);
                Map<String, Tensor> inputs = program == 0 ? Map.of("x", GraphRun.uniform(random, DType.F32, Shape.of(6, 5), -1, 1)) : Map.of();
                onDevice[program].run(inputs);
                onScalar[program].run(inputs);
                steps += program == 0 ? 1 : 0;
                String output = program == 0 ? "pairs" : "sum";
                requireClose(GraphRun.numbers(onScalar[program].output(output)), GraphRun.numbers(onDevice[program].output(output)), output + " of run " + run);
            }
            assertEquals(3 * steps, library.calls() - tested);
            Tensor mine = GraphRun.tensor(DType.F32, shape);
            Tensor known = GraphRun.tensor(DType.F32, shape);
            device.get("w", mine);
            scalar.get("w", known);
            requireClose(GraphRun.numbers(known), GraphRun.numbers(mine), "w");
            Profiled.RunProfile profile = ((Profiled) onDevice[0]).profile(Map.of("x", GraphRun.uniform(random, DType.F32, Shape.of(6, 5), -1, 1)));
            assertEquals(2, profile.kernels().stream().filter(kernel -> kernel.operations() == 2 * 6 * 5 * 7).count(), profile::toString);
        }
    }

    @Test
    void aLibraryThatComputesWrongIsRefused() {
        try (StandInLibrary _ = new StandInLibrary(UnaryOperator.identity())) {
            Libraries.test(Tornado.devices().getFirst());
        }
        Tornado.Device device = Tornado.devices().getFirst();
        // Under another name, for what has passed once is not asked again.
        Tornado.Device other = new Tornado.Device("opencl-again", device.driverIndex(), device.index(), device.name(), device.memory(), device.largestArray(),
                device.localMemory(), device.groupSize(), device.handle());
        try (StandInLibrary _ = new StandInLibrary(result -> {
            result[0] += 1;
            return result;
        })) {
            String message = assertThrows(BackendException.class, () -> Libraries.test(other)).getMessage();
            assertTrue(message.contains("come out wrong") && message.contains("-D" + PROPERTY + "=off"), message);
        }
        try (StandInLibrary _ = new StandInLibrary(_ -> {
            throw new IllegalStateException("CUBLAS_STATUS_NOT_INITIALIZED");
        })) {
            String message = assertThrows(BackendException.class, () -> Libraries.test(other)).getMessage();
            assertTrue(message.contains("that fails") && message.contains("does not say why") && message.contains("-D" + PROPERTY + "=off"), message);
        }
    }

    private static void requireClose(double[] expected, double[] found, String what) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], 1e-4, what + " at " + i);
        }
    }
}
