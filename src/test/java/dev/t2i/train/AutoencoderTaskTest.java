package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An autoencoder's training at toy size, and a GAN that starts from its model. */
class AutoencoderTaskTest {
    private static final String CONFIG = """
            task: autoencoder
            size: 16
            batch: 4
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
              train: %s
            generator: {kind: mapped, noise_width: 8, style_width: 12, coordinates: true, channels: [12, 8, 6]}
            posterior: [4, 6, 8]
            warmup: 8
            schedule: {samples: %d, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            """;
    private static final String GAN = """
            task: gan
            size: 16
            batch: 4
            start: unused
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
            generator: {kind: mapped, noise_width: 8, style_width: 12, coordinates: %b, attention: [8], channels: [12, 8, 6]}
            discriminator: {channels: [6, 8, 12], head_width: 8, batch_deviation: true}
            reconstruction: {weight: 10, channels: [4, 6, 8]}
            schedule: {samples: 8, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            """;

    @TempDir
    private Path folder;
    private Path tiny;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();

    @BeforeEach
    void writeModel() {
        tiny = TinyModel.write(folder.resolve("tiny"));
    }

    private AutoencoderTask task(AutoencoderSettings settings, int threads) {
        return new AutoencoderTask(settings, TextSource.open(tiny), Optional.empty(), data, "scenes:", Backends.get("vector", threads));
    }

    private static AutoencoderSettings settings(String train, long samples) {
        return Settings.parse(CONFIG.formatted(train, samples), "test", AutoencoderSettings.class, List.of());
    }

    private GanTask gan(Path start, boolean coordinates) {
        GanSettings settings = Settings.parse(GAN.formatted(coordinates), "test", GanSettings.class, List.of());
        return new GanTask(settings, TextSource.open(start), Optional.of(ModelStart.open(start)), data, "scenes:", Backends.get("vector"));
    }

    private Map<String, float[]> train(RunFolder run, boolean resume, int stopAfter, int threads) {
        AutoencoderSettings settings = settings("all", 32);
        try (AutoencoderTask task = task(settings, threads)) {
            return TaskRun.train(task, settings, run, resume, stopAfter);
        }
    }

    @Test
    void twoHalvesAreTheWholeBitForBit() {
        Map<String, float[]> whole = train(new RunFolder(folder.resolve("whole")), false, Integer.MAX_VALUE, 2);
        RunFolder halves = new RunFolder(folder.resolve("halves"));
        train(halves, false, 3, 1);
        Map<String, float[]> resumed = train(halves, true, Integer.MAX_VALUE, 3);
        TaskRun.assertSame(whole, resumed);
    }

    @Test
    void everyTrainedNetworkMovesAndTheDifferenceFalls() {
        AutoencoderSettings settings = settings("all", 400);
        try (AutoencoderTask task = task(settings, 2)) {
            task.initialize();
            Map<String, float[]> before = TaskRun.states(task);
            task.compile();
            task.step(0);
            double first = task.statistics().get("difference");
            for (int step = 1; step < 40; step++) {
                task.step(step);
            }
            assertTrue(task.statistics().get("difference") < 0.8 * first, first + " " + task.statistics());
            Map<String, float[]> after = TaskRun.states(task);
            for (String name : List.of("generator/out.weight", "generator/blocks.0.f0.a0.weight", "average/out.weight", "posterior/inp.weight",
                    "posterior/out.weight", "adapter/out.weight", "encoder/wte.weight")) {
                assertFalse(Arrays.equals(before.get(name), after.get(name)), name + " did not move");
            }
        }
    }

    /** States after some steps with a batch in so many parts. */
    private Map<String, float[]> inParts(int parts, boolean recompute, boolean words) {
        AutoencoderSettings settings = Settings.parse(CONFIG.formatted("all", 32), "test", AutoencoderSettings.class,
                List.of("accumulate=" + parts, "recompute=" + recompute, "generator.attention=" + (words ? "[8]" : "[]")));
        try (AutoencoderTask task = task(settings, 2)) {
            task.initialize();
            task.compile();
            task.step(0);
            Map<String, float[]> states = TaskRun.states(task);
            for (String figure : List.of("loss", "difference", "divergence", "norm")) {
                states.put(figure, new float[] {task.statistics().get(figure).floatValue()});
            }
            return states;
        }
    }

    @ParameterizedTest
    @CsvSource({"2, false, false", "4, false, false", "2, true, false", "1, true, false", "2, false, true"})
    void partsOfABatchMakeTheWholeOnesGradient(int parts, boolean recompute, boolean words) {
        Map<String, float[]> whole = inParts(1, false, words);
        Map<String, float[]> accumulated = inParts(parts, recompute, words);
        assertEquals(whole.keySet(), accumulated.keySet());
        // First moments are a tenth of the gradient; parameters would hide it, for Adam's first step knows signs alone.
        whole.forEach((name, values) -> {
            double largest = 1e-6;
            for (float value : values) {
                largest = Math.max(largest, Math.abs(value));
            }
            if (!name.matches("(generator|posterior|adapter|encoder|average(\\.adapter|\\.encoder)?)/.*")) {
                assertArrayEquals(values, accumulated.get(name), (float) (1e-5 * largest), name);
            }
        });
    }

    @Test
    void partsThatDoNotFitAreRefused() {
        BadInputException refusal = assertThrows(BadInputException.class, () ->
                Settings.parse(CONFIG.formatted("all", 32), "test", AutoencoderSettings.class, List.of("accumulate=3")));
        assertTrue(refusal.getMessage().contains("accumulate is 3, which does not divide the batch of 4"), refusal.getMessage());
    }

    private Path export() {
        AutoencoderSettings settings = settings("adapter", 8);
        RunFolder run = new RunFolder(folder.resolve("run"));
        run.create(settings);
        try (AutoencoderTask task = task(settings, 2)) {
            Trainer trainer = new Trainer(task, settings.schedule(), run, () -> false, _ -> {});
            trainer.start();
            trainer.run();
            trainer.exportModel("toy");
        }
        return run.model();
    }

    @Test
    void aGanStartsFromItsModel() {
        Path model = export();
        assertTrue(Files.exists(model.resolve(ModelFolder.companion(ModelFolder.POSTERIOR))));
        try (GanTask task = gan(model, true)) {
            task.initialize();
            Map<String, float[]> before = TaskRun.states(task);
            assertArrayEquals(before.get("generator/stem.weight"), before.get("average/stem.weight"));
            task.compile();
            task.step(0);
            assertTrue(task.statistics().keySet().containsAll(List.of("g.difference", "g.divergence")), task.statistics().toString());
            assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
            assertFalse(Arrays.equals(before.get("posterior/out.weight"), TaskRun.states(task).get("posterior/out.weight")));
        }
    }

    @Test
    void anotherGeneratorIsRefused() {
        Path model = export();
        try (GanTask task = gan(model, false)) {
            BadModelException refusal = assertThrows(BadModelException.class, task::initialize);
            assertEquals(1, refusal.getMessage().lines().count());
            assertTrue(refusal.getMessage().contains("generator.blocks.0.f0.a0"), refusal.getMessage());
        }
    }

    @Test
    void aModelWithoutPosteriorIsRefused() throws Exception {
        Path model = export();
        Files.delete(model.resolve(ModelFolder.companion(ModelFolder.POSTERIOR)));
        try (GanTask task = gan(model, true)) {
            BadInputException refusal = assertThrows(BadInputException.class, task::initialize);
            assertTrue(refusal.getMessage().contains("posterior.safetensors"), refusal.getMessage());
        }
    }
}
