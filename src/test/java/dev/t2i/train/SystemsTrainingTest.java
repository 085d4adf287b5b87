package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TextToImage;
import dev.t2i.TinyModel;
import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.backend.MemoryNeed;
import dev.t2i.backend.PlanningBackend;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.ModelConversion;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every published system as a training run, tiny: it trains, goes on bit for bit, is exported, and draws. */
class SystemsTrainingTest {
    private static final String COMMON = """
            task: gan
            batch: 4
            text: {encoder: unused, adapter: {width: 10, hidden_width: 12, tokens: 16}}
            schedule: {samples: 16, tick: 8, snapshot: 16, checkpoint: 8, keep: 2}
            optimizer: {generator_rate: 0.02, warmup: 0}
            """;
    private static final String STACKGAN = """
            size: 16
            generator: {kind: stackgan, noise_width: 3, augmentation_width: 2, channels: [4, 2, 2]}
            discriminator: {kind: stacked, width: 2}
            loss: {adversarial: nonsaturating, one_wrong: 0, penalty: none, augmentation: 2}
            """;
    private static final String STAGE_TWO = """
            size: 64
            generator: {kind: stackgan, noise_width: 3, augmentation_width: 2, channels: [4, 2, 2], stages: 2, residuals: 1}
            discriminator: {kind: stacked, width: 2, alone: true}
            loss: {adversarial: nonsaturating, one_wrong: 0, penalty: none, augmentation: 2, terms: {real_alone: 1, fake_alone: 1, generator_alone: 1}}
            """;
    private static final String TREE = """
            size: 32
            generator: {kind: stackgan_tree, noise_width: 3, augmentation_width: 2, channels: [4, 4], stages: 3, residuals: 1}
            discriminator: {kind: stacked, width: 2, alone: true}
            loss: {adversarial: nonsaturating, one_wrong: 0, penalty: none, colours: 50, terms: {real_alone: 2, fake_alone: 1, generator_alone: 1}}
            """;
    private static final String ATTNGAN = """
            size: 16
            generator: {kind: attngan, noise_width: 3, augmentation_width: 2, channels: [4, 4], stages: 2, residuals: 1}
            discriminator: {kind: stacked, width: 2, alone: true, start: orthogonal}
            loss: {adversarial: nonsaturating, one_wrong: 0.5, penalty: none, augmentation: 1, terms: {real_alone: 1, fake_alone: 1, generator_alone: 1}}
            """;
    private static final String TRANSFORMER = """
            size: 16
            generator: {kind: transformer, noise_width: 3, style_width: 8, patches: 4, patch: 4, patch_noise: 2, blocks: 1, detail: 3}
            discriminator: {channels: [4, 6, 6], head_width: 6}
            loss: {penalty: noise_r1, penalty_weight: 10, penalty_interval: 3}
            """;
    private static final String DF_GAN = """
            size: 16
            generator: {kind: df_gan, noise_width: 3, affine_width: 0, channels: [6, 6, 4]}
            discriminator: {channels: [4, 6, 6], head_width: 6, plain_shortcuts: true}
            loss: {one_wrong: 0, mismatches: rolled, penalty: matching_aware, penalty_weight: 2, penalty_interval: 1}
            """;
    private static final String TUTORIAL = """
            size: 16
            generator: {kind: dcgan, noise_width: 4, channels: [6, 4]}
            discriminator: {kind: stacked, width: 4}
            loss: {adversarial: wasserstein, one_wrong: 0, penalty: wgan_gp, penalty_weight: 10, penalty_interval: 2, clip: 0.01}
            critic_iterations: 2
            """;
    private static final String BY_LOGITS = "text.adapter={kind: logits, width: 7, tokens: 16}";

    /** Parameters that DF-GAN's released program makes at 256 pixels. */
    private static final long DF_GAN_GENERATOR = 9_744_131;
    private static final long DF_GAN_DISCRIMINATOR = 6_915_142;

    @TempDir
    private Path folder;
    private Path tiny;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();

    @BeforeEach
    void writeModel() {
        tiny = TinyModel.write(folder.resolve("tiny"));
    }

    private static GanSettings settings(String system, String... overrides) {
        return Settings.parse(COMMON + system, "test", GanSettings.class, List.of(overrides));
    }

    private GanTask task(GanSettings settings, Path encoder, Backend backend) {
        return new GanTask(settings, TextSource.open(encoder), settings.start().map(start -> ModelStart.open(Path.of(start))), data, "scenes:", backend);
    }

    private Map<String, float[]> train(GanSettings settings, Path encoder, String run, boolean resume, int stopAfter, int threads) {
        try (GanTask task = task(settings, encoder, Backends.get("vector", threads))) {
            Map<String, float[]> states = TaskRun.train(task, settings, new RunFolder(folder.resolve(run)), resume, stopAfter);
            assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
            return states;
        }
    }

    private MemoryNeed planned(String... overrides) {
        PlanningBackend planning = new PlanningBackend(Backends.get("vector"));
        try (GanTask task = task(settings(TUTORIAL, overrides), tiny, planning)) {
            task.compileAll();
            return planning.need();
        }
    }

    /** Its average is settled by graphs of their own before it is exported. */
    @Test
    void aPlanCountsWhatAnExportCompiles() {
        assertEquals(planned().programs(), planned("schedule.snapshot=0").programs());
        assertTrue(planned("schedule.snapshot=0", "average.half_life=0").programs() < planned().programs());
    }

    /** Trains a whole run and one in two halves; gives the exported model. */
    private Path trained(GanSettings settings, Path encoder) throws Exception {
        Map<String, float[]> whole = train(settings, encoder, "whole", false, Integer.MAX_VALUE, 2);
        Map<String, float[]> half = train(settings, encoder, "halves", false, 2, 1);
        assertEquals(whole.keySet(), half.keySet());
        TaskRun.assertSame(whole, train(settings, encoder, "halves", true, Integer.MAX_VALUE, 1));
        Path model = Files.createDirectory(folder.resolve("model"));
        try (GanTask task = task(settings, encoder, Backends.get("vector", 2))) {
            RunFolder run = new RunFolder(folder.resolve("whole"));
            Trainer trainer = new Trainer(task, settings.schedule(), run, () -> false, _ -> {});
            trainer.resume();
            task.export(model, "model", 16);
        }
        requireDrawing(model, settings.size(), !settings.generator().kind().name().startsWith("STACKGAN"));
        return model;
    }

    /** A picture is its prompt's and seed's, whatever is drawn with it, and statistics are no halves. */
    private void requireDrawing(Path model, int size, boolean listens) throws Exception {
        try (TextToImage drawing = TextToImage.open(model, Backends.get("vector", 2))) {
            byte[] alone = drawing.draw("a red house", 1).rgb();
            assertEquals(size * size * 3, alone.length);
            List<TextToImage.Request> four = List.of(new TextToImage.Request("two small boats", 2), new TextToImage.Request("a red house", 1),
                    new TextToImage.Request("a green tree", 1), new TextToImage.Request("a red house", 4));
            byte[][] drawn = new byte[four.size()][];
            drawing.draw(four, 1, (picture, i) -> drawn[i] = picture.rgb());
            assertArrayEquals(alone, drawn[1]);
            // StackGAN's start draws what is almost grey; within a few steps no level of it changes with text or noise.
            if (listens) {
                assertFalse(Arrays.equals(drawn[1], drawn[3]), "the seed counts");
                assertFalse(Arrays.equals(drawn[1], drawn[2]), "the text counts");
            }
            try (TextToImage other = TextToImage.open(model, Backends.get("scalar"))) {
                byte[] slow = other.draw("a red house", 1).rgb();
                for (int i = 0; i < slow.length; i++) {
                    assertTrue(Math.abs((slow[i] & 255) - (alone[i] & 255)) <= 1, "backends agree in each pixel");
                }
            }
        }
        Path again = folder.resolve("again");
        ModelConversion.convert(model, again, DType.F16);
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(again.resolve(Weights.SINGLE), arena);
            for (String name : weights.names()) {
                boolean statistic = name.contains(".running_") || name.matches("adapter[.](mean|deviation|whitening)");
                assertEquals(statistic ? DType.F32 : DType.F16, weights.tensor(name).dtype(), name);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DF_GAN, TREE, ATTNGAN, TRANSFORMER})
    void trainsGoesOnAndDraws(String system) throws Exception {
        trained(settings(system, "text.train=adapter"), tiny);
    }

    @Test
    void theTutorialReadsLogitsAndTrainsTheEncoder() throws Exception {
        Path encoder = tiny.resolve(ModelFolder.ENCODER);
        GanSettings settings = settings(TUTORIAL, BY_LOGITS, "text.train=all");
        Map<String, float[]> before;
        try (GanTask task = task(settings, encoder, Backends.get("vector", 2))) {
            task.initialize();
            before = TaskRun.states(task);
        }
        // By what these captions' logits are, not by the zeros that parameters begin with.
        float[] whitening = before.get("adapter/whitening");
        int logits = before.get("adapter/mean").length;
        assertEquals(7 * logits, whitening.length);
        for (int i = 0; i < logits; i++) {
            assertTrue(before.get("adapter/mean")[i] != 0 && whitening[7 * i] != 0, "logit " + i);
        }
        trained(settings, encoder);
        Map<String, float[]> after = train(settings, encoder, "more", false, Integer.MAX_VALUE, 2);
        for (String name : List.of("encoder/wte.weight", "adapter/out.weight", "generator/up.0.norm.running_var", "average/up.0.norm.running_mean")) {
            assertFalse(Arrays.equals(before.get(name), after.get(name)), name + " did not move");
        }
        assertArrayEquals(after.get("generator/up.0.norm.running_mean"), after.get("average/up.0.norm.running_mean"));
        after.forEach((name, values) -> {
            if (name.startsWith("discriminator/") && !name.contains(".running_")) {
                for (float value : values) {
                    assertTrue(Math.abs(value) <= 0.01f, name + " holds " + value);
                }
            }
        });
    }

    /** An average that never moves has the statistics of the generator as it began, however far that has come since. */
    @Test
    void whatDrawsIsNormalisedByItsOwnStatistics() throws Exception {
        Path encoder = tiny.resolve(ModelFolder.ENCODER);
        List<float[]> drawing = new ArrayList<>();
        Map<String, float[]> states = Map.of();
        GanSettings settings = settings(TUTORIAL, BY_LOGITS, "text.train=adapter", "text.learning_rate=0", "optimizer.generator_rate=0.01",
                "average={half_life: 1e15, ramp: 1e15}");
        for (int steps : new int[] {2, 20}) {
            try (GanTask task = task(settings, encoder, Backends.get("vector", 2)); Arena arena = Arena.ofConfined()) {
                Path model = TaskRun.export(task, folder.resolve("after-" + steps), steps);
                states = TaskRun.states(task);
                drawing.add(Weights.open(model.resolve(Weights.SINGLE), arena).tensor("generator.up.1.norm.running_var").toFloatArray());
            }
        }
        float[] training = states.get("generator/up.1.norm.running_var");
        assertArrayEquals(training, states.get("average/up.1.norm.running_var"), "training goes on with its own");
        double moved = 0;
        for (int i = 0; i < training.length; i++) {
            assertEquals(drawing.get(0)[i], drawing.get(1)[i], 0.01 * drawing.get(0)[i]);
            moved = Math.max(moved, Math.abs(training[i] / drawing.get(1)[i] - 1));
        }
        assertTrue(moved > 0.1, "the generator's own are off by " + moved);
    }

    @Test
    void stageTwoIsBuiltOnStageOneWhichStays() throws Exception {
        GanSettings first = settings(STACKGAN, "text.train=adapter");
        Path stageOne = folder.resolve("stage-one");
        Files.move(trained(first, tiny), stageOne);
        Files.walk(folder).filter(path -> path.getFileName().toString().matches("whole|halves|again")).sorted().forEach(path ->
                path.toFile().renameTo(folder.resolve("first-" + path.getFileName()).toFile()));
        assertTrue(assertThrows(BadInputException.class, () -> settings(STAGE_TWO)).getMessage().contains("start"));
        GanSettings second = settings(STAGE_TWO, "start=" + stageOne);
        trained(second, stageOne);
        Map<String, float[]> after = train(second, stageOne, "more", false, Integer.MAX_VALUE, 2);
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(stageOne.resolve(Weights.SINGLE), arena);
            weights.names().stream().filter(name -> name.startsWith("generator.")).forEach(name ->
                    assertArrayEquals(weights.tensor(name).toFloatArray(), after.get("generator/" + name.substring(10)), name));
        }
        assertFalse(after.containsKey("adam2/generator/stem.fc.weight"));
        assertTrue(after.containsKey("adam2/generator/refine.out.weight"));
    }

    @Test
    void whatDoesNotFitIsNamed() {
        assertRefused("one_wrong", TREE, "loss.one_wrong=0.5");
        assertRefused("discriminator.alone", TREE, "discriminator.alone=false");
        assertRefused("colours", ATTNGAN.replace("stages: 2", "stages: 1"), "size=8", "loss.colours=50");
        assertRefused("augmentation", DF_GAN, "loss.augmentation=1");
        assertRefused("kind stacked", TREE, "discriminator={channels: [4, 4, 4, 4]}");
        assertRefused("normalization is layer", DF_GAN, "discriminator.normalization=layer");
        assertRefused("stages", DF_GAN, "generator.stages=2");
        assertRefused("size is 32", TRANSFORMER, "size=32");
        assertRefused("size is 64", TREE, "size=64");
    }

    private static void assertRefused(String word, String system, String... overrides) {
        String message = assertThrows(BadInputException.class, () -> settings(system, overrides)).getMessage();
        assertTrue(message.contains(word), message);
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void aModelWithoutItsStatisticsIsRefused() throws Exception {
        Path model = trained(settings(TREE), tiny);
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"stages\" : 3", "\"stages\" : 2"));
        assertThrows(BadModelException.class, () -> TextToImage.open(model, Backends.get("vector", 1)));
    }

    @Test
    void dfGanHasAsManyParametersAsReleased() throws Exception {
        GanSettings settings = Settings.load(Path.of("configs/df-gan-256.yaml"), GanSettings.class, List.of());
        assertEquals(GeneratorSettings.Kind.DF_GAN, settings.generator().kind());
        Graph graph = new Graph();
        Parameters generator = Parameters.of(graph, "generator");
        Value text = graph.fill(0, Shape.of(1, 256));
        Value picture = settings.buildGenerator().paint(generator, graph.fill(0, Shape.of(1, 100)), new TextCondition(text, Optional.empty()));
        Parameters discriminator = Parameters.of(graph, "discriminator");
        settings.buildDiscriminators().forEach(judge -> judge.logits(discriminator, judge.features(discriminator, picture), text));
        assertEquals(DF_GAN_GENERATOR, generator.count());
        assertEquals(DF_GAN_DISCRIMINATOR, discriminator.count());
    }
}
