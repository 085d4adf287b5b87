package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.config.Settings;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.MemoryPlan;
import dev.t2i.graph.passes.Passes;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A game's batch worked off in parts: the whole one's gradients, in less memory, or a refusal. */
class AccumulatedGameTest {
    /** In F32, of a network's largest gradient: sums in another order, of numbers that partly cancel. */
    private static final double ROUNDED = 1e-5;
    /** In F64 with states in F32, of a parameter's own largest gradient. */
    private static final double PRECISE = 1e-6;
    /** With a second moment of one from the start Adam's steps are smooth in the gradient, where its very first ones know signs alone. */
    private static final String SMOOTH = "optimizer.beta1=0.5";

    /** By an ADA that counts. */
    private static final String AUGMENTED = "diff_augment={parts: [colour, translation, xflip, rotate90], probability: 0.5, target: 0.6, span: 100, interval: 4}";
    private static final String TASK = """
            task: gan
            size: 16
            batch: 4
            accumulate: %d
            text: {encoder: unused, adapter: {width: 10, hidden_width: 12, tokens: 16}, train: all}
            generator: {kind: df_gan, noise_width: 3, affine_width: 0, channels: [6, 6, 4]}
            discriminator: {channels: [4, 6, 6], head_width: 6}
            loss: {penalty_interval: 2}
            schedule: {samples: 16, tick: 8, snapshot: 0, checkpoint: 8, keep: 2}
            """;

    private record Sameness(GoldenCase golden, int parts) {
        @Override
        public String toString() {
            return golden.name() + " in " + parts + " parts";
        }
    }

    private static Sameness of(GoldenCase golden, int parts, String... overrides) {
        return new Sameness(golden.with(overrides), parts);
    }

    /** Between them: every penalty, both ways of mismatched pairs, guide, reconstruction, trained text, groups of four. */
    private static final List<Sameness> CASES = List.of(
            of(SystemsGoldenTest.named("df_gan"), 2),
            of(SystemsGoldenTest.named("df_gan"), 4, "recompute=true"),
            of(SystemsGoldenTest.named("df_gan"), 4, "text.train=adapter", "loss.mismatches=shifted"),
            of(SystemsGoldenTest.named("r3gan"), 2),
            of(SystemsGoldenTest.named("r3gan"), 4, "loss.mismatches=shifted"),
            of(SystemsGoldenTest.named("r3gan"), 2, AUGMENTED),
            of(SystemsGoldenTest.named("noise_r1"), 2),
            of(SystemsGoldenTest.named("df_gan"), 2, "loss.adversarial=wasserstein", "loss.penalty=wgan_gp", "loss.clip=0.3"),
            of(SystemsGoldenTest.named("df_gan"), 4, "loss.adversarial=wasserstein", "loss.penalty=matching_aware_gp", "loss.mismatches=shifted"),
            of(SystemsGoldenTest.named("transformer"), 2),
            of(GoldenCase.YARDSTICK_CASE, 5),
            of(GoldenCase.MAPPED_CASE, 2, "loss.penalty=r1"),
            of(GoldenCase.MAPPED_CASE, 2, "loss.adversarial=relativistic", "loss.mismatches=rolled"),
            of(GoldenCase.JOINT_CASE, 2),
            of(GoldenCase.JOINT_CASE, 2, "critic_iterations=1", "recompute=true"),
            of(GoldenCase.REDRAWN_CASE, 2),
            of(GoldenCase.REDRAWN_CASE, 2, "reconstruction.share=0.7", "text.train=adapter"),
            of(SystemsGoldenTest.named("df_gan"), 4, "reconstruction={weight: 10, channels: [4, 6, 8], share: 0.5}"));

    /** Figures and first moments, which are half of the gradients, after one step of everything. */
    private static Map<String, double[]> step(GoldenCase golden, Backend backend) {
        Map<String, double[]> found = new TreeMap<>();
        try (GoldenRun run = new GoldenRun(golden, backend, UnaryOperator.identity())) {
            Map<String, Tensor> states = golden.initialStates();
            states.forEach((name, tensor) -> {
                if (name.startsWith("adam2/")) {
                    run.session().put(name, filled(tensor.shape(), 1));
                }
            });
            Map<String, Shape> shapes = new TreeMap<>();
            states.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
            // The file has inference networks where PyTorch had one.
            golden.program().step(true, true).posterior().filter(_ -> !states.containsKey("posterior/inp.weight")).ifPresent(place -> {
                Learned network = new Learned(GanProgram.POSTERIOR, place.declarations(), golden.program().generatorAdam());
                network.initialize(run.session(), 1);
                network.states().forEach(state -> shapes.put(state.name(), state.shape()));
            });
            GanProgram program = golden.program();
            program.shown().initialize(run.session(), Arena.ofAuto());
            program.shown().states().keySet().forEach(name -> shapes.put(name, Shape.SCALAR));
            Map<String, Tensor> shown = new HashMap<>();
            program.shown().allocateInputs(shown, Arena.ofAuto());
            program.shown().feed(shown, 1, 0, List.of());
            shown.keySet().retainAll(program.step(true, true).graph().inputs().keySet());
            run.step(0, true, shown).forEach((name, value) -> found.put(name, new double[] {value}));
            shapes.forEach((name, shape) -> {
                if (name.startsWith("adam1/") || name.startsWith("augment/")) {
                    Tensor moment = filled(shape, 0);
                    run.session().get(name, moment);
                    found.put(name, numbers(moment));
                }
            });
        }
        return found;
    }

    private static Tensor filled(Shape shape, double value) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, shape);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, value);
        }
        return tensor;
    }

    private static double[] numbers(Tensor tensor) {
        double[] values = new double[(int) tensor.size()];
        Arrays.setAll(values, tensor::getDouble);
        return values;
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    /** The largest number among states of the network, or of the figure, that {@code name} belongs to. */
    private static double largest(Map<String, double[]> states, String name) {
        String network = name.startsWith("adam1/") ? name.substring(0, name.indexOf('/', 6) + 1) : "";
        return network.isEmpty() ? largest(states.get(name)) : states.entrySet().stream().filter(state -> state.getKey().startsWith(network))
                .mapToDouble(state -> largest(state.getValue())).max().orElse(0);
    }

    @TestFactory
    Stream<DynamicTest> partsMakeTheWholeBatchsUpdate() {
        return CASES.stream().flatMap(same -> Stream.of(
                DynamicTest.dynamicTest(same + ", vector", () -> compare(same, new VectorBackend(), false)),
                DynamicTest.dynamicTest(same + ", scalar in F64", () -> compare(same, new ScalarBackend(Precision.F64), true))));
    }

    private static void compare(Sameness same, Backend backend, boolean precise) {
        Map<String, double[]> whole = step(same.golden.with(SMOOTH), backend);
        Map<String, double[]> parts = step(same.golden.with(SMOOTH, "accumulate=" + same.parts), backend);
        assertEquals(whole.keySet(), parts.keySet());
        assertTrue(whole.keySet().stream().anyMatch(name -> name.startsWith("adam1/generator")), whole.keySet()::toString);
        whole.forEach((name, values) -> assertArrayEquals(values, parts.get(name),
                precise ? PRECISE * largest(values) + 1e-12 : ROUNDED * largest(whole, name), name));
    }

    private static GoldenCase inParts(String golden, int parts) {
        return SystemsGoldenTest.named(golden).with("accumulate=" + parts);
    }

    /** Batch normalisation goes by each part and counts each once, though the generator draws it twice. */
    @Test
    void statisticsFollowEachPartOnce() {
        Map<String, Tensor> critic = afterOne("stackgan_tree", 2, false);
        Map<String, Tensor> both = afterOne("stackgan_tree", 2, true);
        Map<String, Tensor> whole = afterOne("stackgan_tree", 1, true);
        List<String> statistics = both.keySet().stream().filter(name -> name.matches("generator/.*running_.*")).toList();
        assertFalse(statistics.isEmpty());
        for (String name : statistics) {
            assertArrayEquals(numbers(critic.get(name)), numbers(both.get(name)), 1e-6, name);
            assertFalse(Arrays.equals(numbers(whole.get(name)), numbers(both.get(name))), name);
            assertArrayEquals(numbers(both.get(name)), numbers(both.get(name.replace("generator", "average"))), 0, name);
        }
    }

    private static Map<String, Tensor> afterOne(String golden, int parts, boolean drawing) {
        try (GoldenRun run = new GoldenRun(inParts(golden, parts), new VectorBackend(), UnaryOperator.identity())) {
            assertTrue(run.step(0, drawing, Map.of()).values().stream().allMatch(Double::isFinite));
            return run.states();
        }
    }

    @Test
    void peopleAreToldWhereThePartsCount() {
        assertTrue(inParts("stackgan_tree", 2).settings().remark().orElseThrow().contains("parts of 2"));
        assertTrue(inParts("stackgan_tree", 1).settings().remark().isEmpty());
        assertTrue(inParts("df_gan", 2).settings().remark().isEmpty());
    }

    /** DF-GAN at 64 pixels with a batch of 16. */
    private static long slab(int parts, boolean recompute) {
        GanSettings settings = Settings.parse("""
                task: gan
                size: 64
                batch: 16
                accumulate: %d
                recompute: %b
                schedule: {samples: 50}
                text: {adapter: {width: 16, hidden_width: 16}}
                generator: {kind: df_gan, noise_width: 16, affine_width: 0, channels: [32, 32, 32, 16, 8]}
                discriminator: {channels: [8, 16, 32, 32, 32], head_width: 16, plain_shortcuts: true}
                loss: {one_wrong: 0, mismatches: rolled, penalty: matching_aware, penalty_weight: 2, penalty_interval: 1}
                """.formatted(parts, recompute), "memory", GanSettings.class, List.of());
        Graph graph = new GanProgram(settings, new GanProgram.TextInput() {
            @Override
            public Value pooled(Graph to, String name, int rows) {
                return to.input(name, DType.F32, Shape.of(rows, 16));
            }

            @Override
            public TextCondition.Words words(Graph to, String name, int rows) {
                throw new AssertionError("DF-GAN hears sentences");
            }

            @Override
            public Optional<Parameters> trained(Graph to) {
                return Optional.empty();
            }
        }, Optional.empty()).step(true, true).graph();
        return MemoryPlan.of(Passes.optimize(graph)).slabBytes();
    }

    @Test
    void partsTakeLessMemory() {
        long whole = slab(1, false);
        long two = slab(2, false);
        long four = slab(4, false);
        assertTrue(two < 0.65 * whole, whole + ", in two parts " + two);
        assertTrue(four < 0.65 * two, two + " in two parts, in four " + four);
        assertTrue(slab(4, true) < four);
    }

    private GanTask task(Path folder, int parts) {
        GanSettings settings = Settings.parse(TASK.formatted(parts), "test", GanSettings.class, List.of());
        Path tiny = folder.resolve("tiny");
        return new GanTask(settings, TextSource.open(Files.exists(tiny) ? tiny : TinyModel.write(tiny)), Optional.empty(),
                DataSpec.parse("scenes:?seed=3").open(), "scenes:", Backends.get("vector", 2));
    }

    @Test
    void snapshotsAreTheSamePicturesWithATrainedEncoder(@TempDir Path folder) throws Exception {
        for (int parts : List.of(1, 2)) {
            try (GanTask task = task(folder, parts)) {
                task.initialize();
                task.compile();
                task.snapshot(Files.createDirectory(folder.resolve("grids" + parts)), 0);
                task.step(0);
                assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
                task.snapshot(folder.resolve("grids" + parts), 1);
            }
        }
        String first = "step-00000000.png";
        assertArrayEquals(Files.readAllBytes(folder.resolve("grids1").resolve(first)), Files.readAllBytes(folder.resolve("grids2").resolve(first)));
    }

    @Test
    void aRunGoesOnInOtherParts(@TempDir Path folder) {
        RunFolder run = new RunFolder(folder.resolve("run"));
        for (int parts : List.of(1, 2)) {
            try (GanTask task = task(folder, parts)) {
                GanSettings settings = Settings.parse(TASK.formatted(parts), "test", GanSettings.class, List.of());
                TaskRun.train(task, settings, run, parts > 1, parts == 1 ? 2 : Integer.MAX_VALUE);
                assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
            }
        }
        assertTrue(Checkpoint.latest(run.checkpoints()).orElseThrow().endsWith("step-00000004"));
    }

    @Test
    void whatCannotMeanTheSameIsRefused() {
        assertRefused("accumulate is 3, which does not divide the batch of 4", SystemsGoldenTest.named("df_gan"), "accumulate=3");
        assertRefused("accumulate is 8, which does not divide the batch of 4", SystemsGoldenTest.named("df_gan"), "accumulate=8");
        assertRefused("accumulate", SystemsGoldenTest.named("df_gan"), "accumulate=0");
        assertRefused("accumulate", SystemsGoldenTest.named("df_gan"), "accumulate=half");
        assertRefused("2 pictures to a part, but discriminator.batch_deviation looks at groups of 4", GoldenCase.MAPPED_CASE, "accumulate=4");
        assertRefused("1 picture to a part, but batch normalisation", SystemsGoldenTest.named("attngan"), "accumulate=4");
        assertRefused("1 picture to a part, but batch normalisation", SystemsGoldenTest.named("tutorial"), "accumulate=4");
    }

    private static void assertRefused(String words, GoldenCase golden, String override) {
        String message = assertThrows(BadInputException.class, () -> golden.with(override)).getMessage();
        assertTrue(message.contains(words), message);
        assertEquals(1, message.lines().count(), message);
    }
}
