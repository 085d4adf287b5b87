package dev.t2i.gpt2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Gpt2FilesTest {
    private static final BpeVocabulary VOCABULARY = BpeTrainer.train(Stream.of("a red house, a red car, a blue balloon under a tree"), 270, 1);
    private static final Gpt2Config CONFIG = Gpt2Config.of(270, 16, 8, 2, 2);
    private static final Gpt2Config UNTIED = new Gpt2Config(270, 16, 8, 2, 2, 20, Activation.GELU, 1e-5, true, false, false,
            OptionalInt.empty(), OptionalInt.of(269));

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    @AfterEach
    void free() {
        arena.close();
    }

    private Map<String, Tensor> weights(Gpt2Config config) {
        Random random = new Random(3);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        Gpt2Weights.shapes(config).forEach((name, shape) -> {
            Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
            for (int i = 0; i < tensor.size(); i++) {
                tensor.set(i, random.nextInt(-8, 8) / 16.0); // exact in half precision
            }
            weights.put(name, tensor);
        });
        return weights;
    }

    private void save(Map<String, Tensor> weights, String prefix) {
        SafetensorsWriter writer = new SafetensorsWriter();
        weights.forEach((name, tensor) -> writer.add(name.equals("lm_head.weight") ? name : prefix + name, tensor));
        writer.write(folder.resolve("model.safetensors"));
    }

    private Gpt2Weights open(Gpt2Config config) {
        config.write(folder.resolve("config.json"));
        return Gpt2Files.open(folder).weights(arena);
    }

    private String refusal(Gpt2Config config) {
        String message = assertThrows(BadModelException.class, () -> open(config)).getMessage();
        assertEquals(1, message.lines().count());
        return message.substring(folder.toString().length() + 1);
    }

    @Test
    void aWrittenFolderIsReadAgain() {
        Map<String, Tensor> weights = weights(CONFIG);
        Gpt2Files.write(folder, CONFIG, VOCABULARY, weights, DType.F16);
        Gpt2Files files = Gpt2Files.open(folder);
        assertEquals(CONFIG, files.config());
        Gpt2Weights read = files.weights(arena);
        weights.forEach((name, tensor) -> {
            assertEquals(DType.F16, read.tensor(name).dtype());
            assertArrayEquals(tensor.toFloatArray(), read.tensor(name).toFloatArray());
        });
        assertArrayEquals(weights.get("wte.weight").toFloatArray(), read.languageHead().toFloatArray());
        assertEquals("a red house", files.tokenizer().decode(files.tokenizer().encode("a red house")));
        assertEquals(CONFIG.endOfText(), files.tokenizer().endOfText());
    }

    @Test
    void aFolderIsWrittenAgainWithItsVocabularyOrWithout() throws IOException {
        Path with = Files.createDirectory(folder.resolve("with"));
        // Many a model ends texts with another token than the one of that name.
        Gpt2Config ending = new Gpt2Config(270, 16, 8, 2, 2, 32, Activation.GELU_TANH, 1e-5, true, false, true, OptionalInt.empty(), OptionalInt.of(3));
        ending.write(with.resolve("config.json"));
        VOCABULARY.write(with);
        Gpt2Config whole = Gpt2Config.of(Gpt2TableTokenizer.VOCAB_SIZE, 4, 2, 1, 1);
        Path without = Files.createDirectory(folder.resolve("without"));
        whole.write(without.resolve("config.json"));
        for (Path source : new Path[] {with, without}) {
            Gpt2Files files = Gpt2Files.open(source);
            Path target = Files.createDirectory(folder.resolve(source.getFileName() + " again"));
            files.write(target, weights(files.config()), DType.F16);
            Gpt2Files again = Gpt2Files.open(target);
            assertEquals(files.config(), again.config());
            assertArrayEquals(files.tokenizer().encode("a red house"), again.tokenizer().encode("a red house"));
            assertEquals(files.config().embedding(), again.weights(arena).tensor("ln_f.weight").size());
        }
    }

    @Test
    void shapesAreThoseOfHuggingFace() {
        Map<String, Shape> shapes = Gpt2Weights.shapes(Gpt2Config.of(50257, 1024, 768, 12, 12));
        assertEquals(148, shapes.size());
        assertEquals(124_439_808, shapes.values().stream().mapToLong(Shape::size).sum());
        assertEquals(Shape.of(768, 2304), shapes.get("h.11.attn.c_attn.weight"));
        assertEquals(Shape.of(3072, 768), shapes.get("h.0.mlp.c_proj.weight"));
        assertEquals(UNTIED.parameters() - 270 * 8,
                Gpt2Weights.shapes(UNTIED).values().stream().mapToLong(Shape::size).sum());
    }

    @Test
    void prefixAndMasksMakeNoDifference() {
        for (String prefix : new String[] {"", "transformer."}) {
            Map<String, Tensor> weights = weights(CONFIG);
            Tensor expected = weights.get("h.1.attn.c_attn.weight");
            weights.put("h.0.attn.bias", Tensor.allocate(arena, DType.U8, Shape.of(1, 1, 16, 16)));
            weights.put("h.1.attn.masked_bias", Tensor.of(arena, Shape.SCALAR, -1e4f));
            weights.put("lm_head.weight", weights.get("wte.weight"));
            save(weights, prefix);
            assertArrayEquals(expected.toFloatArray(), open(CONFIG).tensor("h.1.attn.c_attn.weight").toFloatArray());
        }
    }

    @Test
    void anUntiedHeadIsNeededOnlyToWriteText() {
        Map<String, Tensor> weights = weights(UNTIED);
        save(weights, "");
        Gpt2Weights headless = open(UNTIED);
        assertEquals(Shape.of(8, 20), headless.tensor("h.0.mlp.c_fc.weight").shape());
        assertTrue(assertThrows(BadModelException.class, headless::languageHead).getMessage().contains("there is no lm_head.weight"));
        weights.put("lm_head.weight", Tensor.allocate(arena, DType.F32, Shape.of(270, 8)));
        save(weights, "transformer.");
        assertEquals(0f, open(UNTIED).languageHead().getFloat(7));
        weights.put("lm_head.weight", Tensor.allocate(arena, DType.F32, Shape.of(8, 270)));
        save(weights, "transformer.");
        assertEquals("model.safetensors: tensor 'lm_head.weight' has shape [8, 270], the config needs [270, 8]", refusal(UNTIED));
    }

    @Test
    void weightsThatDoNotFitAreRefusedInOneLine() {
        CONFIG.write(folder.resolve("config.json"));
        assertEquals(folder + ": the folder holds neither model.safetensors nor model.safetensors.index.json",
                assertThrows(BadModelException.class, () -> Gpt2Files.open(folder).weights(arena)).getMessage());
        Map<String, Tensor> weights = weights(CONFIG);
        save(weights, "");
        assertEquals("model.safetensors: tensor 'wte.weight' has shape [270, 8], the config needs [271, 8]",
                refusal(Gpt2Config.of(271, 16, 8, 2, 2)));
        assertTrue(refusal(Gpt2Config.of(270, 16, 8, 3, 2)).startsWith(
                "model.safetensors: not the tensors that the config needs: missing 'h.2.ln_1.weight', 'h.2.ln_1.bias'"));
        assertTrue(refusal(Gpt2Config.of(270, 16, 8, 1, 2)).contains("unexpected 'h.1.attn.c_attn.bias'"));
        weights.remove("ln_f.bias");
        weights.put("wte.weight", Tensor.allocate(arena, DType.I32, Shape.of(270, 8)));
        save(weights, "");
        assertEquals("model.safetensors: not the tensors that the config needs: missing 'ln_f.bias'", refusal(CONFIG));
        weights.put("ln_f.bias", Tensor.allocate(arena, DType.F32, Shape.of(8)));
        save(weights, "");
        assertTrue(refusal(CONFIG).contains("tensor 'wte.weight' is stored as I32, weights must be"));
    }

    @Test
    void theVocabularyMustFitTheConfig() {
        Gpt2Config.of(50257, 16, 8, 1, 1).write(folder.resolve("config.json"));
        assertInstanceOf(Gpt2TableTokenizer.class, Gpt2Files.open(folder).tokenizer());
        Gpt2Config.of(300, 16, 8, 1, 1).write(folder.resolve("config.json"));
        assertEquals(folder + ": there is no vocab.json with merges.txt, and vocab_size 300 is not GPT-2's own 50257; add them, or pass ids",
                assertThrows(BadModelException.class, () -> Gpt2Files.open(folder).tokenizer()).getMessage());
        VOCABULARY.write(folder);
        assertEquals(270, Gpt2Files.open(folder).tokenizer().vocabSize());
        Gpt2Config.of(269, 16, 8, 1, 1).write(folder.resolve("config.json"));
        assertEquals(folder + ": the vocabulary has 270 tokens, but vocab_size in config.json is 269",
                assertThrows(BadModelException.class, () -> Gpt2Files.open(folder).tokenizer()).getMessage());
    }

    @Test
    void writingChecksTheWeightsFirst() throws IOException {
        Map<String, Tensor> weights = weights(CONFIG);
        weights.remove("wpe.weight");
        assertThrows(IllegalArgumentException.class, () -> Gpt2Files.write(folder, CONFIG, VOCABULARY, weights, DType.F32));
        Gpt2Config larger = Gpt2Config.of(271, 16, 8, 2, 2); // whose end of text the vocabulary has elsewhere
        assertThrows(IllegalArgumentException.class,
                () -> Gpt2Files.write(folder, larger, VOCABULARY, weights(larger), DType.F32));
        Map<String, Tensor> more = weights(CONFIG);
        more.put("h.9.ln_1.weight", more.get("ln_f.bias"));
        assertThrows(IllegalArgumentException.class, () -> Gpt2Files.write(folder, CONFIG, VOCABULARY, more, DType.F32));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }
}
