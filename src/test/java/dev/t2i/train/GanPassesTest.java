package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.passes.Passes;
import dev.t2i.graph.passes.PlannedRun;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A training step is the largest graph there is: passes must not change what it computes, nor its memory plan how. */
class GanPassesTest {
    /** Of each figure, and of each state relative to the largest number in it; passes fold constants and regroup no sums. */
    private static final double TOLERANCE = 2e-6;

    static List<GoldenCase> cases() {
        return GoldenCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void optimizedStepsEqualTracedOnes(GoldenCase golden) {
        try (GoldenRun traced = new GoldenRun(golden, new ScalarBackend(), UnaryOperator.identity());
                GoldenRun optimized = new GoldenRun(golden, new ScalarBackend(), Passes::optimize)) {
            // A step with the penalty, and one without where there is such.
            for (int step = 0; step < 2; step++) {
                Map<String, Double> want = traced.step(step);
                Map<String, Double> got = optimized.step(step);
                assertEquals(want.keySet(), got.keySet());
                want.forEach((name, figure) -> assertEquals(figure, got.get(name), TOLERANCE * Math.max(1, Math.abs(figure)), name));
            }
            Map<String, Tensor> got = optimized.states();
            traced.states().forEach((name, want) -> assertClose(name, want, got.get(name)));
        }
    }

    private static void assertClose(String name, Tensor want, Tensor got) {
        double scale = 1e-9;
        double error = 0;
        for (long i = 0; i < want.size(); i++) {
            scale = Math.max(scale, Math.abs(want.getDouble(i)));
            error = Math.max(error, Math.abs(want.getDouble(i) - got.getDouble(i)));
        }
        assertTrue(error <= TOLERANCE * scale, name + " is off by " + error + " of " + scale);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void plannedMemoryHoldsEveryValueWhileItIsNeeded(GoldenCase golden) {
        GanProgram program = golden.program();
        Map<String, Tensor> states = new LinkedHashMap<>();
        golden.initialStates().forEach((name, tensor) -> {
            Tensor own = Tensor.allocate(Arena.ofAuto(), DType.F32, tensor.shape());
            own.copyFrom(tensor);
            states.put(name, own);
        });
        try (GoldenRun run = new GoldenRun(golden, new ScalarBackend(), Passes::optimize)) {
            for (int step = 0; step < 2; step++) {
                Graph graph = Passes.optimize(program.step(golden.penalized(step), golden.drawing(step)).graph());
                Map<String, Tensor> outputs = new PlannedRun(graph, states).run(golden.inputs(step, program, graph));
                run.step(step).forEach((name, figure) -> assertEquals(figure, outputs.get(name).getDouble(0), name));
                run.states().forEach((name, want) -> assertEquals(-1, want.segment().mismatch(states.get(name).segment()), name));
            }
        }
    }
}
