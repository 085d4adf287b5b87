package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TextToImage;
import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.image.Picture;
import dev.t2i.safetensors.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trainings of a generator with a prior at toy size: with everything else, and alone. */
class PriorTrainingTest {
    private static final String CONFIG = """
            task: autoencoder
            size: 16
            batch: 4
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
              train: %s
            generator: {kind: mapped, noise_width: 32, style_width: 12, spatial_noise: true, prior_blocks: 2, prior_readers: 1, prior_width: 8, prior_reach: 2, channels: [12, 8, 6]}
            posterior: [4, 6, 8]
            warmup: 8
            learning_rate: 0.01
            divergence: 0.00001
            final_divergence: 0.00001
            schedule: {samples: %d, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            %s
            """;
    private static final String GAN = """
            task: gan
            size: 16
            batch: 4
            start: unused
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
            generator: {kind: mapped, noise_width: 32, style_width: 12, spatial_noise: true, prior_blocks: 2, prior_readers: 1, prior_width: 8, prior_reach: 2, channels: [12, 8, 6]}
            discriminator: {channels: [6, 8, 12], head_width: 8}
            reconstruction: {weight: 10, channels: [4, 6, 8]}
            schedule: {samples: 8, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            """;
    private static final String PRIOR_ALONE = "learn: prior\nstart: unused";

    @TempDir
    private Path folder;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();
    private Path first;

    @BeforeEach
    void trainAll() {
        Path tiny = TinyModel.write(folder.resolve("tiny"));
        AutoencoderSettings settings = settings("all", 160, "");
        first = model("first", new AutoencoderTask(settings, TextSource.open(tiny), Optional.empty(), data, "scenes:", Backends.get("vector")), settings);
    }

    private static AutoencoderSettings settings(String train, long samples, String more) {
        return Settings.parse(CONFIG.formatted(train, samples, more), "test", AutoencoderSettings.class, List.of());
    }

    /** Runs to the end and exports. */
    private Path model(String name, Task task, PictureSettings settings) {
        RunFolder run = new RunFolder(folder.resolve(name));
        run.create((Record) settings);
        try (task) {
            Trainer trainer = new Trainer(task, settings.schedule(), run, () -> false, _ -> {});
            trainer.start();
            trainer.run();
            trainer.exportModel(name);
        }
        return run.model();
    }

    private PriorTask priorAlone(AutoencoderSettings settings) {
        return new PriorTask(settings, TextSource.open(first), ModelStart.open(first), data, "scenes:", Backends.get("vector"));
    }

    private static Map<String, float[]> tensors(Path file) {
        Map<String, float[]> tensors = new LinkedHashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(file, arena);
            weights.names().forEach(name -> tensors.put(name, weights.tensor(name).toFloatArray()));
        }
        return tensors;
    }

    @Test
    void aloneItLearnsAndLeavesTheRestAsItIs() {
        AutoencoderSettings settings = settings("none", 64, PRIOR_ALONE);
        Path second = model("second", priorAlone(settings), settings);
        Map<String, float[]> before = tensors(first.resolve(Weights.SINGLE));
        Map<String, float[]> after = tensors(second.resolve(Weights.SINGLE));
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, values) -> {
            if (!name.startsWith("generator.prior.")) {
                assertArrayEquals(values, after.get(name), name);
            }
        });
        String last = "generator.prior.out.weight";
        assertFalse(Arrays.equals(before.get(last), after.get(last)));
        Map<String, float[]> posterior = tensors(second.resolve("posterior.safetensors"));
        tensors(first.resolve("posterior.safetensors")).forEach((name, values) -> assertArrayEquals(values, posterior.get(name), name));
    }

    @Test
    void itFitsWhatTheInferenceNetworkSees() {
        try (PriorTask task = priorAlone(settings("none", 4000, PRIOR_ALONE))) {
            task.initialize();
            task.compile();
            double start = 0;
            double end = 0;
            for (int step = 0; step < 120; step++) {
                task.step(step);
                double divergence = task.statistics().get("divergence");
                start += step < 20 ? divergence : 0;
                end += step >= 100 ? divergence : 0;
            }
            assertTrue(end < start, start / 20 + " nats at first, " + end / 20 + " in the end");
        }
    }

    @Test
    void twoHalvesAreTheWholeBitForBit() {
        AutoencoderSettings settings = settings("none", 32, PRIOR_ALONE);
        Map<String, float[]> whole = learn(settings, new RunFolder(folder.resolve("whole")), false, Integer.MAX_VALUE);
        RunFolder halves = new RunFolder(folder.resolve("halves"));
        Map<String, float[]> half = learn(settings, halves, false, 3);
        TaskRun.assertSame(whole, learn(settings, halves, true, Integer.MAX_VALUE));
        assertFalse(Arrays.equals(half.get("generator/prior.out.weight"), whole.get("generator/prior.out.weight")));
    }

    private Map<String, float[]> learn(AutoencoderSettings settings, RunFolder run, boolean resume, int stopAfter) {
        try (PriorTask task = priorAlone(settings)) {
            return TaskRun.train(task, settings, run, resume, stopAfter);
        }
    }

    @Test
    void whatItDoesNotHaveIsSaid() {
        assertTrue(settings("none", 8, PRIOR_ALONE + "\naccumulate: 2\ncontrast: 0.5").remark().orElseThrow().endsWith("go without accumulate, contrast"));
        assertTrue(settings("none", 8, PRIOR_ALONE).remark().isEmpty());
        assertTrue(settings("all", 8, "accumulate: 2").remark().isEmpty());
    }

    @Test
    void aStartThatHasMoreThanTheGeneratorIsRefused() {
        GanSettings settings = Settings.parse(GAN.replace("prior_blocks: 2", "prior_blocks: 1"), "test", GanSettings.class, List.of());
        try (GanTask task = new GanTask(settings, TextSource.open(first), Optional.of(ModelStart.open(first)), data, "scenes:", Backends.get("vector"))) {
            BadModelException refusal = assertThrows(BadModelException.class, task::initialize);
            assertTrue(refusal.getMessage().contains("generator.prior.blocks.1."), refusal.getMessage());
            assertEquals(1, refusal.getMessage().lines().count());
        }
    }

    @Test
    void itsModelDrawsAndAGameStartsFromIt() {
        try (TextToImage model = TextToImage.open(first)) {
            Picture one = model.draw("a red house", 1);
            assertFalse(Arrays.equals(one.rgb(), model.draw("a red house", 2).rgb()));
        }
        GanSettings settings = Settings.parse(GAN, "test", GanSettings.class, List.of());
        GanTask gan = new GanTask(settings, TextSource.open(first), Optional.of(ModelStart.open(first)), data, "scenes:", Backends.get("vector"));
        Path played = model("played", gan, settings);
        String weight = "generator.prior.out.weight";
        assertFalse(Arrays.equals(tensors(first.resolve(Weights.SINGLE)).get(weight), tensors(played.resolve(Weights.SINGLE)).get(weight)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"none | learn: prior | start", "all | learn: prior\\nstart: x | text.train", "adapter | learn: prior\\nstart: x | text.train"})
    void aPriorLearnsAloneOnlyWhereTheRestIsGiven(String train, String more, String named) {
        BadInputException refusal = assertThrows(BadInputException.class, () -> settings(train, 8, more.replace("\\n", "\n")));
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
        assertEquals(1, refusal.getMessage().lines().count());
    }
}
