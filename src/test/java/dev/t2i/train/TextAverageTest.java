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
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelFolder;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.image.Resize;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import dev.t2i.text.CaptionEncoder;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The moving average of a text side that learns along: what it is, and that whatever draws draws by it. */
class TextAverageTest {
    private static final double HALF_LIFE = 16;
    private static final String SCHEDULE = """
            size: 16
            batch: 4
            schedule: {samples: 12, tick: 8, snapshot: 0, checkpoint: 8, keep: 2}
            average: {half_life: 16, ramp: 100}
            """;
    private static final String GAME = """
            task: gan
            text: {encoder: unused, adapter: {width: 10, hidden_width: 12, tokens: 32}, train: all, learning_rate: 0.01}
            generator: {kind: dcgan, noise_width: 4, channels: [6, 4]}
            discriminator: {kind: stacked, width: 4}
            optimizer: {generator_rate: 0.01, warmup: 0}
            """;
    private static final String RECURRENT = """
            task: gan
            text: {encoder: unused, adapter: {kind: direct, width: 10, tokens: 32}, train: all, learning_rate: 0.01}
            generator: {kind: attngan, noise_width: 3, augmentation_width: 2, channels: [4, 4], stages: 2, residuals: 1}
            discriminator: {kind: stacked, width: 2, alone: true, start: orthogonal}
            loss: {adversarial: nonsaturating, one_wrong: 0.5, penalty: none, augmentation: 1, terms: {real_alone: 1, fake_alone: 1, generator_alone: 1}}
            """;
    private static final String AUTOENCODER = """
            task: autoencoder
            text: {encoder: unused, adapter: {width: 10, hidden_width: 12, tokens: 32}, train: adapter, learning_rate: 0.01}
            generator: {kind: mapped, noise_width: 8, style_width: 12, coordinates: true, channels: [12, 8, 6]}
            posterior: [4, 6, 8]
            warmup: 0
            """;

    /** What trains, and a parameter of each of its averages. */
    enum Training {
        GAME("adapter/hidden.weight", "encoder/wte.weight", "encoder/h.0.mlp.c_fc.bias"),
        RECURRENT("encoder/embedding.weight", "encoder/rnn.weight_hh_l0_reverse"),
        AUTOENCODER("adapter/out.weight", "adapter/out.bias");

        private final List<String> parameters;

        Training(String... parameters) {
            this.parameters = List.of(parameters);
        }
    }

    @TempDir
    private Path folder;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();

    private Path encoder(Training training) throws Exception {
        Path target = folder.resolve("encoder-" + training);
        if (Files.exists(target)) {
            return target;
        }
        Path tiny = new TinyModel(16, 1, 64, List.of(12, 8, 6), DType.F16).writeTo(folder.resolve("tiny-" + training)).resolve(ModelFolder.ENCODER);
        if (training != Training.RECURRENT) {
            return Files.move(tiny, target);
        }
        CaptionEncoder recurrent = CaptionEncoder.open(tiny).recurrent(6, 5, 7);
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> weights = new LinkedHashMap<>();
            recurrent.shapes().keySet().forEach(name -> weights.put(name, recurrent.weights(arena).apply(name)));
            recurrent.write(Files.createDirectory(target), weights, DType.F32);
        }
        return target;
    }

    private static PictureSettings settings(Training training, String... overrides) {
        List<String> changes = List.of(overrides);
        return switch (training) {
            case GAME -> Settings.parse(SCHEDULE + GAME, "test", GanSettings.class, changes);
            case RECURRENT -> Settings.parse(SCHEDULE + RECURRENT, "test", GanSettings.class, changes);
            case AUTOENCODER -> Settings.parse(SCHEDULE + AUTOENCODER, "test", AutoencoderSettings.class, changes);
        };
    }

    private PictureTask task(Training training, int threads, String... overrides) throws Exception {
        TextSource source = TextSource.open(encoder(training));
        return settings(training, overrides) instanceof AutoencoderSettings autoencoder
                ? new AutoencoderTask(autoencoder, source, Optional.empty(), data, "scenes:", Backends.get("vector", threads))
                : new GanTask((GanSettings) settings(training, overrides), source, Optional.empty(), data, "scenes:", Backends.get("vector", threads));
    }

    @ParameterizedTest
    @EnumSource
    void everyStepMovesItByTheGeneratorsDecay(Training training) throws Exception {
        double decay = Math.pow(0.5, 4 / HALF_LIFE);
        try (PictureTask task = task(training, 2)) {
            task.initialize();
            task.compile();
            for (int step = 0; step < 3; step++) {
                Map<String, float[]> before = TaskRun.states(task);
                task.step(step);
                Map<String, float[]> after = TaskRun.states(task);
                for (String parameter : training.parameters) {
                    float[] average = before.get("average." + parameter);
                    float[] now = after.get(parameter);
                    float[] moved = after.get("average." + parameter);
                    assertFalse(Arrays.equals(before.get(parameter), now), parameter + " learns");
                    if (step == 0) {
                        assertArrayEquals(before.get(parameter), average, parameter + " begins where the parameter does");
                    }
                    for (int i = 0; i < now.length; i++) {
                        assertEquals(decay * average[i] + (1 - decay) * now[i], moved[i], 1e-6, parameter);
                    }
                }
            }
        }
    }

    /** Stored numbers are halves; with averages that are such, too, the sheet and the model must agree to a level. */
    @ParameterizedTest
    @EnumSource
    void theExportedModelHoldsItAndDrawsWhatTheSheetShows(Training training) throws Exception {
        try (PictureTask task = task(training, 2); Arena arena = Arena.ofConfined()) {
            task.initialize();
            task.compile();
            for (int step = 0; step < 4; step++) {
                task.step(step);
            }
            for (Checkpoint.StateType state : task.states()) {
                if (state.name().startsWith("average") && !state.name().contains(".running_")) {
                    Tensor wide = Tensor.allocate(arena, DType.F32, state.shape());
                    task.session().get(state.name(), wide);
                    Tensor half = Tensor.allocate(arena, DType.F16, state.shape());
                    half.copyFrom(wide);
                    wide.copyFrom(half);
                    task.session().put(state.name(), wide);
                }
            }
            Map<String, float[]> states = TaskRun.states(task);
            Path grids = Files.createDirectory(folder.resolve("grids"));
            Path model = Files.createDirectory(folder.resolve("model"));
            task.snapshot(grids, 4);
            task.export(model, "model", 16);
            TaskRun.assertSame(states, TaskRun.states(task));
            Weights adapter = Weights.open(model.resolve(Weights.SINGLE), arena);
            CaptionEncoder encoder = CaptionEncoder.open(model.resolve(ModelFolder.ENCODER));
            for (String parameter : training.parameters) {
                Tensor stored = parameter.startsWith("encoder/") ? encoder.weights(arena).apply(parameter.substring(8)) : adapter.tensor(parameter.replace('/', '.'));
                Tensor wide = Tensor.allocate(arena, DType.F32, stored.shape());
                wide.copyFrom(stored);
                assertArrayEquals(states.get("average." + parameter), wide.toFloatArray(), parameter);
            }
            Picture sheet = PictureFiles.read(grids.resolve("step-00000004.png"));
            assertSameFirstPicture(sheet, model, settings(training));
            for (String parameter : training.parameters) {
                negate(task, "average." + parameter, arena);
            }
            task.snapshot(grids, 5);
            assertFalse(Arrays.equals(sheet.rgb(), PictureFiles.read(grids.resolve("step-00000005.png")).rgb()), "the sheet hears by it");
        }
    }

    private static void negate(PictureTask task, String state, Arena arena) {
        Shape shape = task.states().stream().filter(type -> type.name().equals(state)).findFirst().orElseThrow().shape();
        Tensor values = Tensor.allocate(arena, DType.F32, shape);
        task.session().get(state, values);
        for (long i = 0; i < values.size(); i++) {
            values.set(i, -values.getDouble(i));
        }
        task.session().put(state, values);
    }

    private void assertSameFirstPicture(Picture sheet, Path model, PictureSettings settings) {
        int side = 2 * settings.size();
        Picture drawn;
        try (TextToImage drawing = TextToImage.open(model, Backends.get("vector", 2))) {
            drawn = Resize.to(drawing.draw(data.describe(0, 0).caption(), settings.seed()), side, side, Resize.Filter.CUBIC);
        }
        int margin = side / 16;
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < 3 * side; x++) {
                int shown = sheet.rgb()[((margin + y) * sheet.width() + margin) * 3 + x] & 255;
                assertEquals(drawn.rgb()[y * side * 3 + x] & 255, shown, 1, "at %d, %d".formatted(x / 3, y));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GAME", "AUTOENCODER"})
    void aRunGoesOnWithItBitForBit(Training training) throws Exception {
        RunFolder whole = new RunFolder(folder.resolve("whole"));
        RunFolder halves = new RunFolder(folder.resolve("halves"));
        Map<String, float[]> expected = train(training, whole, false, Integer.MAX_VALUE);
        assertTrue(expected.containsKey("average." + training.parameters.getFirst()));
        train(training, halves, false, 2);
        TaskRun.assertSame(expected, train(training, halves, true, Integer.MAX_VALUE));
    }

    private Map<String, float[]> train(Training training, RunFolder run, boolean resume, int stopAfter, String... overrides) throws Exception {
        try (PictureTask task = task(training, 1, overrides)) {
            return TaskRun.train(task, settings(training, overrides), run, resume, stopAfter);
        }
    }

    @Test
    void withoutAverageOrLearningThereAreNoSuchStates() throws Exception {
        for (String change : List.of("average.half_life=0", "text.train=none")) {
            Path source = TinyModel.write(folder.resolve("model-" + change.length()));
            GanSettings settings = Settings.parse(SCHEDULE + GAME, "test", GanSettings.class, List.of(change, "text.adapter.tokens=16"));
            try (GanTask task = new GanTask(settings, TextSource.open(source), Optional.empty(), data, "scenes:", Backends.get("vector", 1))) {
                assertTrue(task.states().stream().noneMatch(state -> state.name().startsWith("average.")), change);
                assertTrue(task.states().stream().anyMatch(state -> state.name().startsWith("average/")), change);
            }
        }
    }

    /** As checkpoints were before text sides had averages. */
    @Test
    void aCheckpointWithoutItIsRefusedInOneLine() throws Exception {
        RunFolder run = new RunFolder(folder.resolve("run"));
        train(Training.GAME, run, false, 2, "average.half_life=0");
        BadModelException refusal = assertThrows(BadModelException.class, () -> train(Training.GAME, run, true, 2));
        assertTrue(refusal.getMessage().contains("'average.adapter/"), refusal.getMessage());
        assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
    }
}
