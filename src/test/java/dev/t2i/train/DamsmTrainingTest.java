package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TextToImage;
import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Example;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.AdapterSettings;
import dev.t2i.gan.DamsmSettings;
import dev.t2i.gan.ModelConversion;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Gpt2Weights;
import dev.t2i.metric.MatchingModel;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import dev.t2i.text.CaptionEncoder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A matching model of words and regions at toy size, with either encoder, and a GAN that is conditioned and guided by it. */
class DamsmTrainingTest {
    private static final String MATCHING = """
            task: matching
            size: 16
            batch: 4
            encoder: unused
            %s
            image: [4, 6, 8]
            damsm: {regions: 8}
            warmup: 8
            schedule: {samples: 400, tick: 8, snapshot: 0, checkpoint: 160, keep: 2}
            """;
    private static final String RECURRENT = """
            recurrent: {embedding: 6, hidden: 5}
            text: {kind: direct, width: 10, tokens: 16}""";
    private static final String GPT2 = """
            text: {width: 10, hidden_width: 12, tokens: 16}""";
    private static final String LOGITS = """
            text: {kind: logits, width: 10, tokens: 16}""";
    private static final List<String> STATISTICS = List.of("adapter/mean", "adapter/deviation", "adapter/whitening");
    private static final String GAN = """
            task: gan
            size: 16
            batch: 4
            text:
              encoder: unused
              adapter: %s
              train: %s
            generator: {kind: attngan, noise_width: 6, augmentation_width: 4, stages: 2, residuals: 1, channels: [8, 4]}
            discriminator: {kind: stacked, width: 4, alone: true, start: orthogonal}
            loss:
              adversarial: nonsaturating
              one_wrong: 0
              penalty: none
              penalty_interval: 1
              augmentation: 1
              matching: 5
              terms: {real: 0.5, mismatched: 0.333, fake: 0.333, real_alone: 0.5, fake_alone: 0.333, generator_alone: 1}
            schedule: {samples: 24, tick: 8, snapshot: 0, checkpoint: 16, keep: 2}
            """;

    @TempDir
    private Path folder;
    private Path encoder;
    private final CaptionedImages data = DataSpec.parse("scenes:?seed=3").open();

    @BeforeEach
    void writeEncoder() {
        encoder = TinyModel.write(folder.resolve("tiny")).resolve(ModelFolder.ENCODER);
    }

    /** Every other caption says nothing, and what is wrong of it no more. */
    private record HalfSilent(CaptionedImages scenes) implements CaptionedImages {
        @Override
        public long size() {
            return scenes.size();
        }

        @Override
        public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
            scenes.load(index, captionSeed, imageSize, pixels);
            return describe(index, captionSeed);
        }

        @Override
        public Example describe(long index, long captionSeed) {
            Example example = scenes.describe(index, captionSeed);
            return index % 2 == 0 ? example : new Example("...", Optional.of(" ?"), example.attributes());
        }
    }

    private MatchingTask matching(String text) {
        return matching(text, data);
    }

    private MatchingTask matching(String text, CaptionedImages data) {
        MatchingSettings settings = Settings.parse(MATCHING.formatted(text.strip()), "test", MatchingSettings.class, List.of());
        return new MatchingTask(settings, encoder, data, Backends.get("vector", 2));
    }

    private Path matchingModel(String text) throws Exception {
        Path model = Files.createDirectory(folder.resolve("matching"));
        try (MatchingTask task = matching(text)) {
            task.initialize();
            task.compile();
            task.step(0);
            task.export(model, "matching", 4);
        }
        return model;
    }

    @ParameterizedTest
    @ValueSource(strings = {RECURRENT, GPT2, LOGITS})
    void theLossFallsAndEverythingLearns(String text) {
        try (MatchingTask task = matching(text)) {
            task.initialize();
            Map<String, float[]> before = TaskRun.states(task);
            task.compile();
            double sum = 0;
            double last = 0;
            for (int step = 0; step < 60; step++) {
                task.step(step);
                sum += step < 10 ? task.statistics().get("loss") : 0;
                last += step >= 50 ? task.statistics().get("loss") : 0;
            }
            assertTrue(last < 0.9 * sum, "from " + sum / 10 + " to " + last / 10);
            Map<String, float[]> after = TaskRun.states(task);
            before.forEach((name, values) -> {
                if (STATISTICS.contains(name)) {
                    // Those of the captions, not what parameters begin with, and nothing that learns.
                    assertTrue(IntStream.range(1, values.length).anyMatch(i -> values[i] != values[0]), name);
                    assertArrayEquals(values, after.get(name), name);
                } else if (!name.startsWith("adam")) {
                    assertFalse(Arrays.equals(values, after.get(name)), name + " never moved");
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {RECURRENT, GPT2, LOGITS})
    void captionsThatSayNothingEndNoTraining(String text) throws Exception {
        Path model = Files.createDirectory(folder.resolve("matching"));
        try (MatchingTask task = matching(text, new HalfSilent(data))) {
            task.initialize();
            task.compile();
            for (int step = 0; step < 3; step++) {
                task.step(step);
                assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
            }
            TaskRun.states(task).forEach((name, values) -> assertTrue(IntStream.range(0, values.length).allMatch(i -> Float.isFinite(values[i])), name));
            task.export(model, "matching", 12);
        }
        try (MatchingModel evaluator = MatchingModel.open(model, Backends.get("vector", 2))) {
            for (float[] vector : evaluator.texts(List.of("...", "a red house", ""))) {
                assertTrue(IntStream.range(0, vector.length).allMatch(i -> Float.isFinite(vector[i])), Arrays.toString(vector));
            }
        }
    }

    @Test
    void anUntiedHeadLearnsAlongAndIsExported() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            Gpt2Files files = Gpt2Files.open(encoder);
            Map<String, Tensor> weights = new LinkedHashMap<>();
            Gpt2Weights.shapes(files.config()).keySet().forEach(name -> weights.put(name, files.weights(arena).tensor(name)));
            weights.put("lm_head.weight", weights.get("wte.weight"));
            Path config = encoder.resolve(Gpt2Files.CONFIG_FILE);
            Files.writeString(config, Files.readString(config).replaceFirst("\"tie_word_embeddings\" : true", "\"tie_word_embeddings\" : false"));
            Path untied = Files.createDirectory(folder.resolve("untied"));
            Gpt2Files.open(encoder).write(untied, weights, DType.F32);
            encoder = untied;
            Gpt2Weights learnt = ModelFolder.gpt2(matchingModel(LOGITS)).weights(arena);
            assertFalse(Arrays.equals(wide(learnt.languageHead(), arena), wide(learnt.tensor("wte.weight"), arena)));
            assertFalse(Arrays.equals(wide(learnt.languageHead(), arena), wide(weights.get("lm_head.weight"), arena)));
        }
    }

    private static float[] wide(Tensor tensor, Arena arena) {
        Tensor wide = Tensor.allocate(arena, DType.F32, tensor.shape());
        wide.copyFrom(tensor);
        return wide.toFloatArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {RECURRENT, GPT2})
    void guidesAnAttnGanWhichThenDraws(String text) throws Exception {
        Path matching = matchingModel(text);
        String adapter = text.substring(text.indexOf('{', text.indexOf("text:")));
        Path model = Files.createDirectory(folder.resolve("model"));
        for (String train : List.of("all", "none")) {
            GanSettings settings = Settings.parse(GAN.formatted(adapter, train), "test", GanSettings.class, List.of());
            try (GanTask task = new GanTask(settings, TextSource.open(matching), Optional.empty(), data, "scenes:", Backends.get("vector", 2))) {
                task.initialize();
                task.compile();
                for (int step = 0; step < 3; step++) {
                    task.step(step);
                    assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
                }
                assertTrue(task.statistics().keySet().containsAll(List.of("g.matching", "g.matched", "g.augmentation")), task.statistics().toString());
                if (train.equals("none")) {
                    task.export(model, "model", 12);
                }
            }
        }
        byte[] first = drawn(model);
        Path halves = folder.resolve("halves");
        ModelConversion.convert(model, halves, DType.F16);
        assertEquals(first.length, drawn(halves).length);
    }

    private static byte[] drawn(Path model) {
        try (TextToImage drawing = TextToImage.open(model, Backends.get("vector", 2))) {
            byte[] red = drawing.draw("a red house", 1).rgb();
            assertNotEquals(Arrays.hashCode(red), Arrays.hashCode(drawing.draw("two small boats on the blue water", 1).rgb()));
            return red;
        }
    }

    @Test
    void captionsThatAnEncoderHearsAlikeAreTheSame() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor same = Tensor.allocate(arena, DType.F32, Shape.of(2, 4));
            SameCaptions.fill(same, List.of("A red house.", "a red  house"), List.of("a blue house", "a red house"));
            assertArrayEquals(new float[] {0, 1, 0, 1, 1, 0, 0, 1}, same.toFloatArray());
        }
    }

    @Test
    void widthsThatDoNotFitAreNamed() {
        String message = assertThrows(BadInputException.class, () -> matching(RECURRENT.replace("width: 10", "width: 12"))).getMessage();
        assertTrue(message.contains("text: width is 12 with kind direct") && message.contains("vectors of 10"), message);
        message = assertThrows(BadInputException.class, () -> matching(GPT2 + "\ndamsm: {regions: 5}")).getMessage();
        assertTrue(message.contains("damsm"), message);
    }

    /** Dropout included: what falls out is a function of the step. */
    @Test
    void twoHalvesAreTheWholeBitForBit() {
        Map<String, float[]> whole = trained(new RunFolder(folder.resolve("whole")), false, Integer.MAX_VALUE);
        RunFolder halves = new RunFolder(folder.resolve("halves"));
        trained(halves, false, 3);
        TaskRun.assertSame(whole, trained(halves, true, Integer.MAX_VALUE));
    }

    private Map<String, float[]> trained(RunFolder run, boolean resume, int stopAfter) {
        MatchingSettings settings = Settings.parse(MATCHING.formatted(RECURRENT), "test", MatchingSettings.class, List.of("schedule.samples=24"));
        int[] asked = {0};
        try (MatchingTask task = new MatchingTask(settings, encoder, data, Backends.get("vector", 2))) {
            Trainer trainer = new Trainer(task, settings.schedule(), run, () -> asked[0]++ >= stopAfter, _ -> {});
            if (resume) {
                trainer.resume();
            } else {
                run.create(settings);
                trainer.start();
            }
            trainer.run();
            return TaskRun.states(task);
        }
    }

    @Test
    void configurationsAreThePapersAndAgree() {
        MatchingSettings matching = Settings.load(Path.of("configs/damsm-64.yaml"), MatchingSettings.class, List.of());
        GanSettings gan = Settings.load(Path.of("configs/attngan-64.yaml"), GanSettings.class, List.of());
        assertEquals(matching.text(), gan.text().adapter());
        assertEquals(matching.size(), gan.size());
        DamsmSettings damsm = matching.config(0).damsm().orElseThrow();
        assertEquals(List.of(4.0, 5.0, 10.0), List.of(damsm.gamma1(), damsm.gamma2(), damsm.gamma3()));
        MatchingSettings.Recurrent recurrent = matching.recurrent().orElseThrow();
        CaptionEncoder lstm = CaptionEncoder.open(encoder).recurrent(recurrent.embedding(), recurrent.hidden(), 1);
        assertEquals(256, lstm.pooledWidth());
        long vocabulary = lstm.tokenizer().vocabSize();
        assertEquals(300 * vocabulary + 2 * 4 * 128 * (300 + 128 + 2), lstm.parameters());
    }

    @Test
    void whatTheConfigurationSaysOfPublishedSizesFitsTogether() throws IOException {
        Path attnGan = Path.of("configs/attngan-64.yaml");
        String image = "image=[16, 24, 48, 96, 160, 192, 192]";
        String channels = "generator.channels=[512, 256, 128, 64, 32]";
        String comments = Files.readString(attnGan);
        assertTrue(comments.contains("--set \"" + image + "\"") && comments.contains("--set \"" + channels + "\""), comments);
        GanSettings gan = Settings.load(attnGan, GanSettings.class, List.of("size=256", channels, "discriminator.width=64"));
        Path damsm = Path.of("configs/damsm-64.yaml");
        for (List<String> image256 : List.of(List.of(image), List.of("image=[]", "damsm.inception=weights.safetensors"))) {
            List<String> changes = new ArrayList<>(image256);
            changes.add("size=256");
            MatchingSettings matching = Settings.load(damsm, MatchingSettings.class, changes);
            assertEquals(gan.size(), matching.size());
            assertEquals(gan.text().adapter(), matching.text());
        }
    }

    @Test
    void aMissingInceptionIsNamedAndTakesThePlaceOfTheImageEncoder() {
        MatchingSettings both = Settings.parse(MATCHING.formatted(GPT2), "test", MatchingSettings.class, List.of());
        assertEquals(List.of(4, 6, 8), both.image());
        String message = assertThrows(BadInputException.class, () -> Settings.parse(MATCHING.formatted(GPT2), "test", MatchingSettings.class,
                List.of("damsm.inception=weights.safetensors"))).getMessage();
        assertTrue(message.contains("leave one of them out"), message);
        MatchingSettings settings = Settings.parse(MATCHING.formatted(GPT2), "test", MatchingSettings.class,
                List.of("image=[]", "damsm.inception=" + folder.resolve("nothing.safetensors"), "batch=2"));
        assertEquals("nothing.safetensors", settings.config(0).damsm().orElseThrow().inception().orElseThrow());
        try (MatchingTask task = new MatchingTask(settings, encoder, data, Backends.get("vector", 2))) {
            message = assertThrows(BadModelException.class, task::initialize).getMessage();
            assertTrue(message.contains("nothing.safetensors"), message);
        }
    }

    @Test
    void aRecurrentEncoderIsNoGpt2AndDamageIsNamed() throws Exception {
        Path matching = matchingModel(RECURRENT);
        String message = assertThrows(BadModelException.class, () -> ModelFolder.gpt2(matching)).getMessage();
        assertTrue(message.contains("model_type is 'lstm'"), message);
        Path config = matching.resolve(ModelFolder.ENCODER).resolve(Gpt2Files.CONFIG_FILE);
        Files.writeString(config, Files.readString(config).replace("\"hidden\" : 5", "\"hidden\" : 6"));
        message = assertThrows(BadInputException.class, () -> TextSource.open(matching).requireAdapter(
                Settings.parse("kind: direct\nwidth: 10\ntokens: 16\n", "test", AdapterSettings.class, List.of()))).getMessage();
        assertTrue(message.contains("vectors of 12"), message);
        Files.writeString(config, "{\"model_type\": \"lstm\", \"vocab_size\": 420}");
        message = assertThrows(BadModelException.class, () -> ModelFolder.encoder(matching)).getMessage();
        assertTrue(message.contains("config.json") && message.contains("embedding"), message);
    }
}
