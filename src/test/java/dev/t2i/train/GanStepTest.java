package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a training step changes, and when it must change nothing. */
class GanStepTest {
    static Stream<Backend> backends() {
        return Stream.of(new ScalarBackend(), new VectorBackend());
    }

    private static GoldenRun start(GoldenCase golden, Backend backend) {
        return new GoldenRun(golden, backend, UnaryOperator.identity());
    }

    /** Networks, or moments of networks, of which some state changed. */
    private static TreeSet<String> changed(Map<String, Tensor> before, Map<String, Tensor> after) {
        TreeSet<String> networks = new TreeSet<>();
        before.forEach((name, tensor) -> {
            if (tensor.segment().mismatch(after.get(name).segment()) >= 0) {
                networks.add(name.substring(0, name.lastIndexOf('/')));
            }
        });
        return networks;
    }

    @ParameterizedTest
    @MethodSource("backends")
    void criticOnlyStepsTouchNothingButTheDiscriminator(Backend backend) {
        try (GoldenRun run = start(GoldenCase.JOINT_CASE, backend)) {
            Map<String, Tensor> before = run.states();
            Map<String, Double> figures = run.step(0, false, Map.of());
            assertFalse(figures.containsKey("g.loss"), figures::toString);
            assertEquals(new TreeSet<>(List.of("adam1/discriminator", "adam2/discriminator", "discriminator")),
                    changed(before, run.states()));
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aStepOfBothChangesAllThatIsTrained(Backend backend) {
        try (GoldenRun run = start(GoldenCase.JOINT_CASE, backend)) {
            Map<String, Tensor> before = run.states();
            run.step(1);
            assertEquals(new TreeSet<>(List.of("adam1/adapter", "adam1/discriminator", "adam1/generator",
                    "adam2/adapter", "adam2/discriminator", "adam2/generator", "adapter", "average", "average.adapter", "discriminator", "generator")),
                    changed(before, run.states()));
        }
    }

    /** A picture with a hole reaches the discriminator's gradient, and through its update the generator's. */
    @ParameterizedTest
    @MethodSource("backends")
    void aBadPictureChangesNoState(Backend backend) {
        GoldenCase golden = GoldenCase.JOINT_CASE;
        try (GoldenRun run = start(golden, backend)) {
            run.step(0);
            run.step(1);
            Map<String, Tensor> before = run.states();
            GanProgram program = golden.program();
            Tensor pictures = golden.inputs(3, program, program.step(false, true).graph()).get(GanProgram.PICTURES);
            pictures.set(pictures.size() / 2, Double.NaN);
            Map<String, Double> figures = run.step(3, true, Map.of(GanProgram.PICTURES, pictures));
            assertTrue(figures.get("d.norm").isNaN(), figures::toString);
            assertEquals(new TreeSet<>(), changed(before, run.states()));
            assertTrue(run.step(3).values().stream().allMatch(Double::isFinite), "the same step with good pictures goes on");
        }
    }

    /** The generator's gradient alone is bad: the discriminator's own update waits for it. */
    @ParameterizedTest
    @MethodSource("backends")
    void aBadGuideChangesNoState(Backend backend) {
        try (GoldenRun run = start(GoldenCase.MAPPED_CASE, backend)) {
            run.step(0);
            String bias = GanProgram.MATCHING + "/hidden.bias";
            Tensor good = run.states().get(bias);
            Tensor bad = Tensor.allocate(Arena.ofAuto(), good.dtype(), good.shape());
            bad.set(0, Double.POSITIVE_INFINITY);
            run.session().put(bias, bad);
            Map<String, Tensor> before = run.states();
            Map<String, Double> figures = run.step(1);
            assertTrue(Double.isFinite(figures.get("d.norm")), figures::toString);
            assertFalse(Double.isFinite(figures.get("g.norm")), figures::toString);
            assertEquals(new TreeSet<>(), changed(before, run.states()));
        }
    }
}
