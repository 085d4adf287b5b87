package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.backend.PlanningBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Sampling;
import dev.t2i.gpt2.TextGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pretraining: texts to batches, learning, resuming bit for bit, and a folder that can be used. */
class LanguageTaskTest {
    private static final String SETTINGS = """
            batch: 8
            schedule: {samples: 320, tick: 80, snapshot: 0, checkpoint: 80}
            vocab_size: 300
            positions: 24
            embedding: 16
            layers: 1
            heads: 2
            held_out: 0.1
            optimizer: {learning_rate: 0.02, warmup: 40}
            """;

    @TempDir
    private Path folder;

    private static LanguageSettings settings(String... overrides) {
        return Settings.parse(SETTINGS, "test", LanguageSettings.class, List.of(overrides));
    }

    private static Texts texts() {
        List<String> lines = new ArrayList<>();
        for (String colour : List.of("red", "green", "blue", "grey")) {
            for (String thing : List.of("house", "tree", "boat", "car and a very long road behind it")) {
                lines.add("a " + colour + " " + thing);
                lines.add("the " + thing + " is " + colour);
            }
        }
        return new Texts(lines);
    }

    private static Trainer trainer(LanguageTask task, LanguageSettings settings, RunFolder run, long stopAfter) {
        long[] asked = {0};
        return new Trainer(task, settings.schedule(), run, () -> asked[0]++ >= stopAfter, _ -> { });
    }

    private Path run(String name, long firstSteps) {
        LanguageSettings settings = settings();
        Texts texts = texts();
        RunFolder run = new RunFolder(folder.resolve(name));
        run.create(settings);
        try (LanguageTask task = new LanguageTask(settings, texts, LanguageTask.vocabulary(settings, texts), new VectorBackend())) {
            Trainer trainer = trainer(task, settings, run, firstSteps);
            trainer.start();
            trainer.run();
        }
        try (LanguageTask task = new LanguageTask(settings, texts, LanguageTask.vocabulary(settings, texts), new VectorBackend())) {
            Trainer trainer = trainer(task, settings, run, Long.MAX_VALUE);
            trainer.resume();
            assertTrue(trainer.run());
            trainer.exportModel(name);
        }
        return run.path();
    }

    @Test
    void aRunThatWasStoppedEndsInTheSameBytes() throws Exception {
        Path whole = run("whole", Long.MAX_VALUE);
        Path stopped = run("stopped", 13);
        for (String file : List.of("checkpoints/step-00000040/state.safetensors", "model/model.safetensors", "model/vocab.json")) {
            assertArrayEquals(Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(stopped.resolve(file)), file);
        }
    }

    @Test
    void aPlanCountsTheGraphsOfAllLengths() {
        LanguageSettings settings = settings();
        PlanningBackend planning = new PlanningBackend(new VectorBackend());
        try (LanguageTask task = new LanguageTask(settings, texts(), LanguageTask.vocabulary(settings, texts()), planning)) {
            task.compile();
            assertEquals(0, planning.need().temporaries());
            task.compileAll();
            assertTrue(planning.need().temporaries() > 0, planning.need()::toString);
        }
    }

    /** A mean over the steps since a line would not be the same where a run was stopped between two lines. */
    @Test
    void heldOutTextsAreMeasuredForALineAndNotForEachStep() throws Exception {
        List<Double> measured = heldOut(run("whole", Long.MAX_VALUE));
        assertEquals(4, measured.size());
        assertTrue(measured.stream().allMatch(loss -> loss > 0), measured::toString);
        assertEquals(measured, heldOut(run("stopped", 13)));
    }

    private static List<Double> heldOut(Path run) throws Exception {
        List<Double> measured = new ArrayList<>();
        for (String line : Files.readAllLines(new RunFolder(run).statistics())) {
            measured.add(new ObjectMapper().readTree(line).path("held_out").asDouble());
        }
        return measured;
    }

    @Test
    void aTrainedModelWritesWhatItHasRead() {
        LanguageSettings settings = settings("schedule.samples=1600", "held_out=0");
        Texts texts = texts();
        Path model = folder.resolve("model");
        double first;
        double last;
        try (LanguageTask task = new LanguageTask(settings, texts, LanguageTask.vocabulary(settings, texts), new VectorBackend())) {
            task.initialize();
            task.compile();
            task.step(0);
            first = task.statistics().get("loss");
            for (int step = 1; step < 200; step++) {
                task.step(step);
            }
            last = task.statistics().get("loss");
            assertTrue(task.measurements().isEmpty());
            assertTrue(task.firstBadValue(200).isEmpty());
            assertEquals(Math.log(task.config().vocabSize()), first, 0.5, "a fresh model knows nothing");
            assertTrue(Files.exists(created(model)));
            task.export(model, "test", 1600);
        }
        assertTrue(last < 0.8, "loss is still " + last);
        try (TextGenerator generator = TextGenerator.open(Gpt2Files.open(model), new VectorBackend())) {
            int[] prompt = generator.tokenizer().encode("a blue car and a very long");
            TextGenerator.Completion completion = generator.complete(prompt, 12, Sampling.GREEDY);
            assertEquals(" road behind it", generator.tokenizer().decode(completion.ids()));
            assertEquals(TextGenerator.Stop.END_OF_TEXT, completion.stop());
        }
    }

    private static Path created(Path path) {
        try {
            return Files.createDirectories(path);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void everyEpochTakesEverySampleOnceAndInAnotherOrder() {
        List<int[]> texts = new ArrayList<>();
        for (int i = 0; i < 101; i++) {
            int[] text = new int[1 + i % 20];
            text[0] = i;
            texts.add(text);
        }
        LanguageFeed feed = new LanguageFeed(texts, 999, 32, 10, 5);
        assertEquals(11, feed.batchesInEpoch());
        List<List<Integer>> orders = new ArrayList<>();
        for (int epoch = 0; epoch < 2; epoch++) {
            Map<Integer, Integer> seen = new HashMap<>();
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < 11; i++) {
                LanguageFeed.Batch batch = feed.batch(epoch * 11 + i);
                assertEquals(10, batch.samples().size());
                for (int[] sample : batch.samples()) {
                    assertEquals(999, sample[0]);
                    assertEquals(999, sample[sample.length - 1]);
                    assertTrue(sample.length - 1 <= batch.tokens());
                    seen.merge(sample[1], 1, Integer::sum);
                    order.add(sample[1]);
                }
            }
            assertEquals(101, seen.size());
            assertEquals(9, seen.values().stream().filter(count -> count == 2).count(), "the last batch is filled up");
            orders.add(order);
        }
        assertFalse(orders.get(0).equals(orders.get(1)));
        LanguageFeed again = new LanguageFeed(texts, 999, 32, 10, 5);
        assertArrayEquals(feed.batch(17).samples().getFirst(), again.batch(17).samples().getFirst());
    }

    @Test
    void longTextsAreCutWithoutLosingATarget() {
        int[] text = new int[10];
        for (int i = 0; i < text.length; i++) {
            text[i] = i + 1;
        }
        LanguageFeed feed = new LanguageFeed(List.<int[]>of(text), 0, 4, 3, 1);
        assertEquals(3, feed.samples());
        List<String> samples = feed.batch(0).samples().stream().map(java.util.Arrays::toString).sorted().toList();
        assertEquals(List.of("[0, 1, 2, 3, 4]", "[4, 5, 6, 7, 8]", "[8, 9, 10, 0]"), samples);
    }

    @Test
    void textsComeFromFilesAndDataSets() throws Exception {
        Path file = Files.writeString(folder.resolve("lines.txt"), "  A House. \n\n\"Quoted\"\n");
        assertEquals(List.of("A House.", "\"Quoted\""), Texts.read(List.of(file.toString()), false).lines());
        assertEquals(List.of("a house", "quoted"), Texts.read(List.of(file.toString()), true).lines());
        Texts captions = Texts.read(List.of("scenes:?count=5", file.toString()), true);
        assertEquals(7, captions.lines().size());
        assertEquals(captions.fingerprint(), Texts.read(List.of("scenes:?count=5", file.toString()), true).fingerprint());
        assertFalse(captions.fingerprint().equals(Texts.read(List.of("scenes:?count=6", file.toString()), true).fingerprint()));
        assertTrue(refused(folder.resolve("none.txt").toString()).contains("no such file"));
        assertTrue(refused(folder.toString()).contains("is a folder"));
        assertTrue(refused(Files.write(folder.resolve("latin"), new byte[] {'a', (byte) 0xe9, '\n'}).toString()).contains("UTF-8"));
        assertTrue(refused(Files.writeString(folder.resolve("empty"), " \n\n").toString()).contains("no text"));
        assertTrue(refused("scenes:").contains("count"));
    }

    private static String refused(String source) {
        return assertThrows(BadInputException.class, () -> Texts.read(List.of(source), true)).getMessage();
    }
}
