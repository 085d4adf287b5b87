package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataException;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Example;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelConfig;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

/** Whole training runs at toy size: what resuming, stopping, checkpoints and exports promise. */
class TrainingRunTest {
    private static final String CONFIG = """
            task: gan
            size: 16
            batch: 4
            text:
              encoder: unused
              adapter: {width: 10, hidden_width: 12, tokens: 16}
              train: %s
            generator: {kind: mapped, noise_width: 8, style_width: 12, channels: [12, 8, 6]}
            discriminator: {channels: [6, 8, 12], head_width: 8, batch_deviation: true}
            loss: {penalty_interval: 3}
            critic_iterations: 2
            schedule: {samples: %d, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            """;

    @TempDir
    private Path folder;
    private Path model;

    @BeforeEach
    void writeModel() {
        model = TinyModel.write(folder.resolve("tiny"));
    }

    static GanSettings settings(String train, long samples, String... overrides) {
        return Settings.parse(CONFIG.formatted(train, samples), "test", GanSettings.class, List.of(overrides));
    }

    private GanTask task(GanSettings settings, Backend backend) {
        return task(settings, model, backend);
    }

    static GanTask task(GanSettings settings, Path model, Backend backend) {
        CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();
        return new GanTask(settings, TextSource.open(model), Optional.empty(), data, "scenes:", backend);
    }

    private Map<String, float[]> train(String train, long samples, RunFolder run, boolean resume, int stopAfter, int threads) {
        GanSettings settings = settings(train, samples);
        try (GanTask task = task(settings, Backends.get("vector", threads))) {
            return TaskRun.train(task, settings, run, resume, stopAfter);
        }
    }

    private void assertResumesExactly(String train) {
        Map<String, float[]> whole = train(train, 40, new RunFolder(folder.resolve("whole")), false, Integer.MAX_VALUE, 2);
        RunFolder halves = new RunFolder(folder.resolve("halves"));
        Map<String, float[]> half = train(train, 40, halves, false, 5, 1);
        assertFalse(Arrays.equals(whole.get("generator/out.weight"), half.get("generator/out.weight")));
        TaskRun.assertSame(whole, train(train, 40, halves, true, Integer.MAX_VALUE, 3));
    }

    @Test
    void twoHalvesAreTheWholeBitForBitWhateverTheThreads() {
        assertResumesExactly("none");
    }

    @Test
    void theSameHoldsWhenAdapterAndEncoderAreTrainedAlong() {
        assertResumesExactly("all");
    }

    @Test
    void everyTrainedNetworkMoves() {
        GanSettings settings = settings("all", 16);
        try (GanTask task = task(settings, Backends.get("vector"))) {
            task.initialize();
            Map<String, float[]> before = TaskRun.states(task);
            task.compile();
            for (int step = 0; step < 4; step++) {
                task.step(step);
            }
            Map<String, float[]> after = TaskRun.states(task);
            for (String name : List.of("generator/out.weight", "discriminator/inp.weight", "average/out.weight",
                    "adapter/out.weight", "encoder/h.0.attn.c_attn.weight", "encoder/wte.weight")) {
                assertFalse(Arrays.equals(before.get(name), after.get(name)), name + " did not move");
            }
            assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
        }
    }

    /** It moves only where the generator learns, then by as much as all samples since the last time ask for. */
    @Test
    void theAveragesHalfLifeIsInSamplesHoweverOftenTheGeneratorLearns() {
        GanSettings settings = settings("none", 16, "average.half_life=8", "average.ramp=1", "optimizer.warmup=0");
        try (GanTask task = task(settings, Backends.get("vector"))) {
            task.initialize();
            float[] before = TaskRun.states(task).get("generator/out.weight");
            task.compile();
            task.step(0);
            task.step(1);
            float[] learnt = TaskRun.states(task).get("generator/out.weight");
            float[] average = TaskRun.states(task).get("average/out.weight");
            assertFalse(Arrays.equals(before, learnt));
            for (int i = 0; i < average.length; i++) {
                assertEquals((before[i] + learnt[i]) / 2, average[i], 1e-6, "number " + i);
            }
        }
    }

    /** Pictures of which each has captions of its own. */
    private record Listed(long size, long unreadable) implements CaptionedImages {
        @Override
        public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
            throw new AssertionError("nobody wants pictures");
        }

        @Override
        public Example describe(long index, long captionSeed) {
            throw new AssertionError("one caption is not all");
        }

        @Override
        public Optional<List<String>> captions(long index) {
            if (index == unreadable) {
                throw new DataException("not text");
            }
            return Optional.of(List.of("a house", "a word%d".formatted(index % 30_000)));
        }
    }

    @Test
    void aModelsWordsAreThoseOfAllCaptionsOrNone() {
        List<String> words = ModelExport.words(new Listed(30_000, -1));
        assertEquals(30_002, words.size());
        assertTrue(words.contains("word29999"));
        assertEquals(List.of(), ModelExport.words(new Listed(2_000_000, -1)));
        assertEquals(List.of(), ModelExport.words(new Listed(30_000, 25_000)), "the model is exported all the same");
    }

    @Test
    void aRunKilledBeforeItsFirstCheckpointStartsItsFiguresAnew() throws IOException {
        GanSettings settings = settings("none", 8);
        RunFolder run = new RunFolder(folder.resolve("run"));
        run.create(settings);
        run.append(Map.of("step", 2));
        try (GanTask task = task(settings, Backends.get("vector"))) {
            new Trainer(task, settings.schedule(), run, () -> false, _ -> {}).resume();
        }
        assertEquals("", Files.readString(run.statistics()));
    }

    @Test
    void aModelIsReplacedWhollyOrNotAtAll() throws IOException {
        RunFolder run = new RunFolder(Files.createDirectory(folder.resolve("run")));
        run.replaceModel(aside -> write(aside, "first"));
        assertThrows(IllegalStateException.class, () -> run.replaceModel(aside -> {
            write(aside, "half of the second");
            throw new IllegalStateException();
        }));
        assertEquals(List.of("model: first"), models(run));
        // As a kill between the two renames leaves it.
        Files.move(run.model(), run.path().resolve(".model.old"));
        assertThrows(IllegalStateException.class, () -> run.replaceModel(_ -> {
            throw new IllegalStateException();
        }));
        assertEquals(List.of("model: first"), models(run));
        run.replaceModel(aside -> write(aside, "second"));
        assertEquals(List.of("model: second"), models(run));
    }

    private static void write(Path model, String text) {
        AtomicFile.write(model.resolve("file"), text);
    }

    private static List<String> models(RunFolder run) throws IOException {
        List<String> found = new ArrayList<>();
        try (var files = Files.list(run.path())) {
            for (Path model : files.sorted().toList()) {
                found.add(model.getFileName() + ": " + Files.readString(model.resolve("file")));
            }
        }
        return found;
    }

    @Test
    void anExportedModelIsAModelFolder() throws IOException {
        GanSettings settings = settings("adapter", 8);
        RunFolder run = new RunFolder(folder.resolve("run"));
        run.create(settings);
        try (GanTask task = task(settings, Backends.get("vector"))) {
            Trainer trainer = new Trainer(task, settings.schedule(), run, () -> false, _ -> {});
            trainer.start();
            assertTrue(trainer.run());
            trainer.exportModel("toy");
            trainer.exportModel("toy");
        }
        ModelConfig config = ModelConfig.read(run.model());
        assertEquals(16, config.size());
        assertEquals(8, config.samples());
        assertTrue(config.words().contains("house"), config.words().toString());
        TextSource.open(run.model()).requireAdapter(settings.text().adapter());
        assertTrue(Files.readString(run.model().resolve("README.md")).contains("\njava -jar t2i.jar sample --model DIR"), "what any java from 8 on understands");
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(run.model().resolve(Weights.SINGLE), arena);
            assertEquals(DType.F16, weights.tensor("adapter.out.weight").dtype());
            assertEquals(DType.F32, weights.tensor("adapter.deviation").dtype(), "half precision ends at 65,504");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"wall", "processor"})
    void aRunWhoseTimeIsUpIsWholeThoughSamplesAreLeft(String clock) {
        GanSettings settings = settings("none", 4_000, "schedule.minutes=0.0000001", "schedule.clock=" + clock);
        RunFolder run = new RunFolder(folder.resolve("run"));
        run.create(settings);
        try (GanTask task = task(settings, Backends.get("vector"))) {
            Trainer trainer = new Trainer(task, settings.schedule(), run, () -> false, _ -> {});
            trainer.start();
            assertTrue(trainer.run());
            assertTrue(trainer.samples() <= settings.batch(), trainer.samples() + " samples");
            assertTrue(Checkpoint.latest(run.checkpoints()).isPresent());
        }
    }

    @Test
    void oldCheckpointsGoAndTheLatestIsNamed() throws IOException {
        RunFolder run = new RunFolder(folder.resolve("run"));
        train("none", 80, run, false, Integer.MAX_VALUE, 2);
        List<String> names = new ArrayList<>();
        try (var files = Files.list(run.checkpoints())) {
            files.forEach(path -> names.add(path.getFileName().toString()));
        }
        names.sort(null);
        assertEquals(List.of("latest", "step-00000016", "step-00000020"), names);
        assertEquals("step-00000020", Files.readString(run.checkpoints().resolve("latest")).strip());
    }

    @Test
    void damagedCheckpointsAreNamed() throws IOException {
        RunFolder run = new RunFolder(folder.resolve("run"));
        train("none", 16, run, false, Integer.MAX_VALUE, 2);
        Path newest = Checkpoint.latest(run.checkpoints()).orElseThrow();
        byte[] whole = Files.readAllBytes(newest.resolve("state.safetensors"));
        Files.write(newest.resolve("state.safetensors"), Arrays.copyOf(whole, whole.length - 7));
        assertRefused(run, "state.safetensors");
        Files.write(newest.resolve("state.safetensors"), whole);
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, damaged.length - 400, damaged.length, (byte) 0xff);
        Files.write(newest.resolve("state.safetensors"), damaged);
        assertRefused(run, "holds NaN");
        Files.write(newest.resolve("state.safetensors"), whole);
        Files.writeString(newest.resolve("progress.json"), "{\"step\": 5, \"seconds\": 1}");
        assertRefused(run, "says step 5, but lies in step-00000004");
        Files.writeString(newest.resolve("progress.json"), "{\"step\": -4, \"seconds\": 1}");
        assertRefused(run, "progress.json");
        Files.writeString(newest.resolve("progress.json"), "{\"step\": 4");
        assertRefused(run, "progress.json");
        Files.writeString(run.checkpoints().resolve("latest"), "../elsewhere");
        assertRefused(run, "latest");
    }

    private void assertRefused(RunFolder run, String file) {
        BadModelException refusal = assertThrows(BadModelException.class, () -> train("none", 16, run, true, Integer.MAX_VALUE, 2));
        assertTrue(refusal.getMessage().contains(file), refusal.getMessage());
        assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
    }

    @Test
    void aCheckpointThatWasNotYetNamedIsFound() throws IOException {
        RunFolder run = new RunFolder(folder.resolve("run"));
        train("none", 24, run, false, Integer.MAX_VALUE, 2);
        Path newest = Checkpoint.latest(run.checkpoints()).orElseThrow();
        Files.delete(run.checkpoints().resolve("latest"));
        assertEquals(newest, Checkpoint.latest(run.checkpoints()).orElseThrow());
        assertTrue(Checkpoint.latest(folder.resolve("none")).isEmpty());
    }

    @Test
    void aRunOfOtherSettingsIsNotResumed() {
        RunFolder run = new RunFolder(folder.resolve("run"));
        train("none", 16, run, false, Integer.MAX_VALUE, 2);
        BadModelException refusal = assertThrows(BadModelException.class, () -> train("all", 16, run, true, Integer.MAX_VALUE, 2));
        assertTrue(refusal.getMessage().contains("the configuration, and the version of t2i, that the run was started with"), refusal.getMessage());
    }
}
