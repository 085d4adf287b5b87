package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.tornado.JvmBackend;
import dev.t2i.backend.tornado.TestDevice;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The steps of {@link SystemsGoldenTest} by the TornadoVM backend beside the vector backend: on a device where {@code -Ptornado} starts a JVM with TornadoVM,
 * else with the device's kernels run as Java. Skipped unless asked for by name, for PoCL compiles each system for minutes:
 * {@code mvn test -Ptornado -Dtest=SystemsDeviceTest -Dt2i.tornado.systems=all}, or {@code =df_gan,attngan}.
 */
@EnabledIfSystemProperty(named = SystemsDeviceTest.PROPERTY, matches = ".+", disabledReason = "takes minutes for each system on PoCL; -Dt2i.tornado.systems=all asks for it")
class SystemsDeviceTest {
    static final String PROPERTY = "t2i.tornado.systems";
    /** How many steps, by default all; the first has the penalty, others may be another program, which takes as long again to compile. */
    private static final String STEPS = "t2i.tornado.steps";
    /** Figures of the first step, relative to the vector backend's. */
    private static final double FIRST_FIGURES = 1e-4;
    /**
     * States after the first step, relative to the largest number of the tensor; the scalar backend is up to 4.2e-4 from the vector one. Without parameters and averages: what Adam makes of a
     * gradient that is nothing but rounding is a whole step. Its moments show what the gradients were.
     */
    private static final double FIRST_STATES = 1e-3;

    @TestFactory
    Stream<DynamicTest> steps() {
        List<String> asked = List.of(System.getProperty(PROPERTY).split(","));
        return SystemsGoldenTest.CASES.stream().filter(golden -> asked.contains("all") || asked.contains(golden.name()))
                .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> compare(golden)));
    }

    private static void compare(GoldenCase golden) {
        long start = System.nanoTime();
        Backend backend = Boolean.getBoolean("t2i.tornado") ? TestDevice.backend() : new JvmBackend();
        try (GoldenRun device = new GoldenRun(golden, backend, UnaryOperator.identity());
                GoldenRun processor = new GoldenRun(golden, new VectorBackend(), UnaryOperator.identity())) {
            int steps = Math.min(golden.steps(), Integer.getInteger(STEPS, golden.steps()));
            device.compile(steps);
            Difference firstFigures = figures(device, processor, 0);
            Difference firstStates = states(device, processor);
            Difference figures = firstFigures;
            for (int step = 1; step < steps; step++) {
                figures = figures.or(figures(device, processor, step));
            }
            Difference states = states(device, processor);
            System.out.printf(Locale.ROOT, "%s by %s: first step's figures %s, states %s; %d steps' figures %s, states %s; %.0f s%n",
                    golden, backend.name(), firstFigures, firstStates, steps, figures, states, (System.nanoTime() - start) * 1e-9);
            assertTrue(firstFigures.size <= FIRST_FIGURES && firstStates.size <= FIRST_STATES, golden + ": " + firstFigures + ", " + firstStates);
        }
    }

    /** The largest, and what it was in. */
    private record Difference(double size, String name) {
        static final Difference NONE = new Difference(0, "nothing");

        /** What is no number counts as larger than any. */
        Difference or(Difference other) {
            return size >= other.size || Double.isNaN(size) ? this : other;
        }

        static Difference of(double got, double want, double scale, String name) {
            double size = got == want ? 0 : Math.abs(got - want) / scale;
            return new Difference(Double.isNaN(size) ? Double.POSITIVE_INFINITY : size, name);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.1e (%s)", size, name);
        }
    }

    private static Difference figures(GoldenRun device, GoldenRun processor, int step) {
        Map<String, Double> got = device.step(step);
        Difference most = Difference.NONE;
        for (Map.Entry<String, Double> want : processor.step(step).entrySet()) {
            most = most.or(Difference.of(got.get(want.getKey()), want.getValue(), Math.abs(want.getValue()), want.getKey() + " of step " + step));
        }
        return most;
    }

    private static Difference states(GoldenRun device, GoldenRun processor) {
        Map<String, Tensor> got = device.states();
        Difference most = Difference.NONE;
        Map<String, Tensor> all = processor.states();
        for (Map.Entry<String, Tensor> want : all.entrySet()) {
            String learnt = want.getKey().replaceFirst("^" + GanProgram.AVERAGE + "/", GanProgram.GENERATOR + "/");
            if (all.keySet().stream().anyMatch(name -> name.startsWith("adam") && name.endsWith("/" + learnt))) {
                continue;
            }
            double scale = 0;
            for (long i = 0; i < want.getValue().size(); i++) {
                scale = Math.max(scale, Math.abs(want.getValue().getDouble(i)));
            }
            for (long i = 0; i < want.getValue().size(); i++) {
                most = most.or(Difference.of(got.get(want.getKey()).getDouble(i), want.getValue().getDouble(i), scale, want.getKey()));
            }
        }
        return most;
    }
}
