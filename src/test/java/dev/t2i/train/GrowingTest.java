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
import dev.t2i.data.SceneExport;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelFolder;
import dev.t2i.image.Picture;
import dev.t2i.safetensors.Weights;
import java.lang.foreign.Arena;
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

/** A generator of 16 pixels that goes on with 32, then 64: what it begins with, what learns, and what is refused. */
class GrowingTest {
    private static final String CONFIG = """
            task: autoencoder
            size: %d
            batch: 4
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
            generator: {kind: mapped, noise_width: 32, style_width: 12, spatial_noise: true, coordinates: true, attention: [8],
              prior_blocks: 1, prior_readers: 1, prior_width: 8, grown: %d, channels: [%s]}
            posterior: [4, 6, 8]
            warmup: 8
            learning_rate: 0.01
            schedule: {samples: %d, tick: 8, snapshot: 0, checkpoint: 1000}
            """;
    private static final String GAN = """
            task: gan
            size: 32
            batch: 4
            start: unused
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
            generator: {kind: mapped, noise_width: 32, style_width: 12, spatial_noise: true, coordinates: true, attention: [8],
              prior_blocks: 1, prior_readers: 1, prior_width: 8, grown: 1, channels: [12, 8, 6, 4]}
            discriminator: {channels: [4, 6, 8, 12], head_width: 8}
            reconstruction: {weight: 10, channels: [4, 6, 8]}
            schedule: {samples: 8, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            """;
    private static final String SMALL = "12, 8, 6";
    private static final String LARGE = "12, 8, 6, 4";

    @TempDir
    private Path folder;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();
    private Path small;

    @BeforeEach
    void trainTheSmallOne() {
        Path tiny = TinyModel.write(folder.resolve("tiny"));
        try (AutoencoderTask task = new AutoencoderTask(settings(16, 0, SMALL, 160), TextSource.open(tiny), Optional.empty(), data, "scenes:", Backends.get("vector"))) {
            small = export(task, "small", 40);
        }
    }

    private static AutoencoderSettings settings(int size, int grown, String channels, long samples) {
        return Settings.parse(CONFIG.formatted(size, grown, channels, samples), "test", AutoencoderSettings.class, List.of());
    }

    private AutoencoderTask growing(Path start, int size, int grown, String channels) {
        return new AutoencoderTask(settings(size, grown, channels, 400), TextSource.open(start), Optional.of(ModelStart.open(start)), data, "scenes:",
                Backends.get("vector"));
    }

    private Path export(Task task, String name, int steps) {
        return TaskRun.export(task, folder.resolve(name), steps);
    }

    @Test
    void whatWasThereIsCarriedBitForBit() {
        try (AutoencoderTask task = growing(small, 32, 1, LARGE); Arena arena = Arena.ofConfined()) {
            task.initialize();
            Map<String, float[]> states = TaskRun.states(task);
            Weights model = Weights.open(small.resolve(Weights.SINGLE), arena);
            Weights posterior = Weights.open(small.resolve(ModelFolder.companion(ModelFolder.POSTERIOR)), arena);
            long generator = model.names().stream().filter(name -> name.startsWith("generator.")).peek(name -> {
                String parameter = name.substring("generator.".length());
                assertArrayEquals(TaskRun.numbers(model, name, arena), states.get("generator/" + parameter), name);
                assertArrayEquals(TaskRun.numbers(model, name, arena), states.get("average/" + parameter), name);
            }).count();
            assertTrue(generator > 40, generator + " parameters");
            posterior.names().forEach(name ->
                    assertArrayEquals(TaskRun.numbers(posterior, name, arena), states.get(name.replaceFirst("\\.", "/")), name));
            long fresh = states.keySet().stream().filter(name -> name.startsWith("generator/")).count() - generator;
            assertEquals(states.keySet().stream().filter(name -> name.startsWith("generator/blocks.2.") || name.startsWith("generator/skips.0.")).count(), fresh);
            String origin = task.origin().orElseThrow();
            assertTrue(origin.contains("new in the generator: blocks.2, skips.0 ("), origin);
        }
    }

    @Test
    void itBeginsWithTheSmallPictureEnlarged() {
        Path large;
        try (AutoencoderTask task = growing(small, 32, 1, LARGE)) {
            large = export(task, "large", 0);
        }
        Path larger;
        try (AutoencoderTask task = growing(large, 64, 2, LARGE + ", 4")) {
            larger = export(task, "larger", 0);
        }
        Picture picture = draw(small);
        assertTrue(Arrays.equals(enlarged(picture), draw(large).rgb()));
        assertTrue(Arrays.equals(enlarged(draw(large)), draw(larger).rgb()));
    }

    private static Picture draw(Path model) {
        try (TextToImage drawing = TextToImage.open(model)) {
            return drawing.draw("a red house", 1);
        }
    }

    /** Each pixel four times. */
    private static byte[] enlarged(Picture picture) {
        int width = 2 * picture.width();
        byte[] rgb = new byte[2 * picture.height() * width * 3];
        for (int i = 0; i < rgb.length; i++) {
            int row = i / 3 / width;
            int column = i / 3 % width;
            rgb[i] = picture.rgb()[(row / 2 * picture.width() + column / 2) * 3 + i % 3];
        }
        return rgb;
    }

    @Test
    void oldAndNewLearnOn() {
        try (AutoencoderTask task = growing(small, 32, 1, LARGE)) {
            task.initialize();
            Map<String, float[]> before = TaskRun.states(task);
            task.compile();
            double first = 0;
            double last = 0;
            for (int step = 0; step < 60; step++) {
                task.step(step);
                double difference = task.statistics().get("difference");
                first += step < 10 ? difference : 0;
                last += step >= 50 ? difference : 0;
            }
            assertTrue(last < first, first / 10 + " at first, " + last / 10 + " in the end");
            Map<String, float[]> after = TaskRun.states(task);
            for (String name : List.of("generator/out.weight", "generator/skips.0.out.weight", "generator/skips.0.last.weight", "generator/blocks.2.c0.weight",
                    "average/skips.0.out.weight", "posterior/inp.weight")) {
                assertFalse(Arrays.equals(before.get(name), after.get(name)), name + " did not move");
            }
        }
    }

    @Test
    void aGamePlaysOnWithIt() {
        GanSettings settings = Settings.parse(GAN, "test", GanSettings.class, List.of());
        try (GanTask task = new GanTask(settings, TextSource.open(small), Optional.of(ModelStart.open(small)), data, "scenes:", Backends.get("vector"))) {
            task.initialize();
            task.compile();
            task.step(0);
            assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "32 | 0 | 12, 8, 6, 4 | set generator.grown to 1, not 0",
        "64 | 1 | 12, 8, 6, 4, 4 | set generator.grown to 2, not 1",
        "16 | 1 | 12, 8, 6 | set generator.grown to 0, not 1",
        "32 | 1 | 12, 8, 8, 4 | its generator.channels are [12, 8, 6], the configuration has [12, 8, 8, 4]",
        "16 | 0 | 12, 8, 8 | grows by more at their end",
    })
    void whatIsNoBeginningIsRefused(int size, int grown, String channels, String expected) {
        try (AutoencoderTask task = growing(small, size, grown, channels)) {
            BadModelException refusal = assertThrows(BadModelException.class, task::initialize);
            assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
            assertTrue(refusal.getMessage().startsWith(small.toString()), refusal.getMessage());
            assertEquals(1, refusal.getMessage().lines().count());
        }
    }

    @Test
    void aSmallerPictureThanItsStartIsRefused() {
        String config = CONFIG.formatted(8, 0, "12, 8", 400).replace("posterior: [4, 6, 8]", "posterior: [6, 8]");
        AutoencoderSettings settings = Settings.parse(config, "test", AutoencoderSettings.class, List.of());
        // Scenes are not rendered as small as that.
        Path pictures = folder.resolve("pictures");
        SceneExport.write(pictures, 4, 16, 1, SceneSampler.Split.TRAIN, false, _ -> { });
        CaptionedImages shrunk = DataSpec.parse("folder:" + pictures).open();
        try (AutoencoderTask task = new AutoencoderTask(settings, TextSource.open(small), Optional.of(ModelStart.open(small)), shrunk, "folder:", Backends.get("vector"))) {
            assertTrue(assertThrows(BadModelException.class, task::initialize).getMessage().contains("keeps its channels"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "kind: mapped | kind: df_gan, spatial_noise: false | grown is 1, which needs kind mapped",
        "grown: 1 | grown: 4 | grown is 4, which needs kind mapped and more channels",
        "posterior: [4, 6, 8] | posterior: [4, 4, 4, 6, 8] | 5 entries need pictures of 64 pixels, but size is 32",
    })
    void settingsThatMakeNoNetworkAreRefused(String from, String to, String expected) {
        String config = CONFIG.formatted(32, 1, LARGE, 400).replace(from, to).replace("spatial_noise: false, noise_width: 32, style_width: 12, spatial_noise: true",
                "noise_width: 32, style_width: 12").replace("prior_blocks: 1, ", to.contains("df_gan") ? "" : "prior_blocks: 1, ");
        BadInputException refusal = assertThrows(BadInputException.class, () -> Settings.parse(config, "test", AutoencoderSettings.class, List.of()));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    }
}
