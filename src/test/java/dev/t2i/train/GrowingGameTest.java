package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.gan.Discriminator;
import dev.t2i.gan.ModelConversion;
import dev.t2i.gan.ModelFolder;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Discriminators that a model folder keeps: which later games go on with them, as they are or grown. */
class GrowingGameTest {
    private static final String CONFIG = """
            task: gan
            size: %d
            batch: 4
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
            generator: {kind: mapped, noise_width: 8, style_width: 12, grown: %d, channels: [%s]}
            discriminator: {%s}
            optimizer: {generator_rate: 0.01, discriminator_rate: 0.01}
            schedule: {samples: 400, tick: 8, snapshot: 0, checkpoint: 1000}
            """;
    private static final String JUDGE = "channels: [6, 8, 12], head_width: 8, batch_deviation: true";
    private static final String GROWN_JUDGE = "channels: [4, 6, 8, 12], head_width: 8, batch_deviation: true, grown: 1";
    private static final String TWICE_GROWN_JUDGE = "channels: [4, 4, 6, 8, 12], head_width: 8, batch_deviation: true, grown: 2";
    private static final int WIDTH = 10;

    @TempDir
    private Path folder;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();
    private Path tiny;
    private Path small;

    @BeforeEach
    void playTheSmallGame() {
        tiny = TinyModel.write(folder.resolve("tiny"));
        try (GanTask task = game(settings(16, 0, "12, 8, 6", JUDGE), Optional.empty())) {
            small = export(task, "small", 12);
        }
    }

    private static GanSettings settings(int size, int grown, String channels, String discriminator) {
        return Settings.parse(CONFIG.formatted(size, grown, channels, discriminator), "test", GanSettings.class, List.of());
    }

    private GanTask game(GanSettings settings, Optional<Path> start) {
        return new GanTask(settings, TextSource.open(start.orElse(tiny)), start.map(ModelStart::open), data, "scenes:", Backends.get("vector"));
    }

    private Path export(GanTask task, String name, int steps) {
        return TaskRun.export(task, folder.resolve(name), steps);
    }

    private Map<String, float[]> begun(GanTask task) {
        task.initialize();
        return TaskRun.states(task);
    }

    /** The folder's discriminator, by the names that states have. */
    private static Map<String, float[]> kept(Path model) {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(model.resolve(ModelFolder.companion(ModelFolder.DISCRIMINATOR)), arena);
            return weights.names().stream().collect(Collectors.toMap(name -> name.replaceFirst("\\.", "/"), name -> TaskRun.numbers(weights, name, arena)));
        }
    }

    @Test
    void aGameGoesOnWithTheJudgeThatTheFolderKeeps() {
        try (GanTask fresh = game(settings(16, 0, "12, 8, 6", JUDGE), Optional.empty());
                GanTask task = game(settings(16, 0, "12, 8, 6", JUDGE), Optional.of(small))) {
            Map<String, float[]> states = begun(task);
            Map<String, float[]> others = begun(fresh);
            kept(small).forEach((name, values) -> assertArrayEquals(values, states.get(name), name));
            assertFalse(Arrays.equals(others.get("discriminator/inp.weight"), states.get("discriminator/inp.weight")));
            assertEquals("starts from " + small + "; its discriminator goes on", task.origin().orElseThrow());
        }
    }

    @Test
    void aGrownJudgeBeginsWithTheSmallOnesOpinion() {
        GanSettings first = settings(16, 0, "12, 8, 6", JUDGE);
        GanSettings second = settings(32, 1, "12, 8, 6, 4", GROWN_JUDGE);
        GanSettings third = settings(64, 2, "12, 8, 6, 4, 4", TWICE_GROWN_JUDGE);
        Path large;
        try (GanTask task = game(second, Optional.of(small))) {
            String origin = task.origin().orElseThrow();
            assertTrue(origin.contains("; its discriminator goes on, new in it: skips.0 ("), origin);
            large = export(task, "large", 0);
        }
        Path larger;
        try (GanTask task = game(third, Optional.of(large))) {
            String origin = task.origin().orElseThrow();
            assertTrue(origin.contains("; its discriminator goes on, new in it: skips.1 ("), origin);
            larger = export(task, "larger", 0);
        }
        float[] expected = scores(first, small, 4);
        assertArrayEquals(expected, scores(second, large, 2), 1e-5f);
        assertArrayEquals(expected, scores(third, larger, 1), 1e-5f);
    }

    /** Of four pictures of 64 pixels, averaged over squares of that edge, by the discriminator that a folder keeps. */
    private static float[] scores(GanSettings settings, Path model, int square) {
        Backend backend = Backends.get("vector");
        try (Session session = backend.open(); Arena arena = Arena.ofConfined()) {
            Graph graph = new Graph();
            Parameters place = Parameters.of(graph, "discriminator");
            Value keys = graph.input("keys", DType.I32, Shape.of(4, 4));
            Value pictures = graph.normal(keys, Shape.of(4, 64, 64, 3));
            Value seen = square == 1 ? pictures : Functions.averagePool(pictures, square);
            Discriminator network = settings.buildDiscriminators().getFirst();
            graph.output("scores", network.logits(place, network.features(place, seen), graph.fill(0.5, Shape.of(4, WIDTH))));
            kept(model).forEach((name, values) -> {
                Parameters.Declaration declared = place.declarations().stream().filter(d -> name.equals("discriminator/" + d.name())).findFirst().orElseThrow();
                session.put(name, Tensor.of(arena, declared.shape(), values));
            });
            Tensor rows = Tensor.allocate(arena, DType.I32, Shape.of(4, 4));
            for (int i = 0; i < 16; i++) {
                rows.set(i, i);
            }
            try (Executable executable = session.compile(graph)) {
                executable.run(Map.of("keys", rows));
                return executable.output("scores").toFloatArray();
            }
        }
    }

    @Test
    void whatGrewLearns() {
        try (GanTask task = game(settings(32, 1, "12, 8, 6, 4", GROWN_JUDGE), Optional.of(small))) {
            Map<String, float[]> before = begun(task);
            task.compile();
            for (int step = 0; step < 8; step++) {
                task.step(step);
            }
            Map<String, float[]> after = TaskRun.states(task);
            before.keySet().stream().filter(name -> name.startsWith("discriminator/"))
                    .forEach(name -> assertFalse(Arrays.equals(before.get(name), after.get(name)), name + " did not move"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"channels: [6, 8, 16], head_width: 8, batch_deviation: true", "kind: stacked, width: 4"})
    void anotherJudgeBeginsAnewAndSaysSo(String discriminator) {
        try (GanTask fresh = game(settings(16, 0, "12, 8, 6", discriminator), Optional.empty());
                GanTask task = game(settings(16, 0, "12, 8, 6", discriminator), Optional.of(small))) {
            Map<String, float[]> others = begun(fresh);
            Map<String, float[]> states = begun(task);
            others.keySet().stream().filter(name -> name.startsWith("discriminator/")).forEach(name -> assertArrayEquals(others.get(name), states.get(name), name));
            assertTrue(task.origin().orElseThrow().endsWith("; the discriminator of the configuration has other shapes than the folder's, so it begins anew"));
        }
    }

    @Test
    void runningStatisticsOfAKeptJudgeStayExact() {
        GanSettings settings = settings(16, 0, "12, 8, 6", "kind: stacked, width: 4");
        try (GanTask task = game(settings, Optional.empty()); Arena arena = Arena.ofConfined()) {
            Path model = export(task, "stacked", 1);
            Path halves = folder.resolve("halves");
            ModelConversion.convert(model, halves, DType.BF16);
            for (Path each : List.of(model, halves)) {
                Weights weights = Weights.open(each.resolve(ModelFolder.companion(ModelFolder.DISCRIMINATOR)), arena);
                assertEquals(DType.F32, weights.tensor("discriminator.down.1.norm.running_var").dtype());
                assertEquals(each == model ? DType.F16 : DType.BF16, weights.tensor("discriminator.down.1.norm.weight").dtype());
            }
        }
    }

    @Test
    void withoutOneInTheFolderItBeginsAnewAndSaysSo() throws IOException {
        Files.delete(small.resolve(ModelFolder.companion(ModelFolder.DISCRIMINATOR)));
        try (GanTask task = game(settings(16, 0, "12, 8, 6", JUDGE), Optional.of(small))) {
            begun(task);
            assertTrue(task.origin().orElseThrow().endsWith("; the folder has no discriminator, so that begins anew"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "kind: stacked, width: 4, grown: 1 | grown is 1, but only discriminators of kind one_way grow; set it to 0",
        "channels: [6, 8, 12], head_width: 8, grown: 2 | grown is 2, but of [6, 8, 12] at most 1 can have been added",
    })
    void settingsThatMakeNoNetworkAreRefused(String discriminator, String expected) {
        BadInputException refusal = assertThrows(BadInputException.class, () -> settings(16, 0, "12, 8, 6", discriminator));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    }
}
