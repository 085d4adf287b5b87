package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code encode} and {@code complete}: what they print and write, and how they refuse. */
class Gpt2CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path PLAIN = resource("plain");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void encodeWritesWhatTransformersComputes() {
        Path file = folder.resolve("f.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Weights expected = SafetensorsFile.open(PLAIN.resolve("expected.safetensors"), arena);
            assertEquals(0, run("encode", "--encoder", PLAIN.toString(), "--ids", ids(expected, 9), "--pool", "last", "--out", file.toString()));
            Weights written = SafetensorsFile.open(file, arena);
            Tensor features = written.tensor("features");
            assertEquals(Shape.of(1, 24), features.shape());
            Tensor hidden = expected.tensor("hidden_states");
            for (int i = 0; i < 24; i++) {
                assertEquals(hidden.getFloat(8 * 24 + i), features.getFloat(i), 1e-5);
            }
            assertEquals(Shape.of(1, 9), written.tensor("input_ids").shape());
            assertEquals(Shape.of(1, 9), written.tensor("attention_mask").shape());
        }
        assertEquals(3, run("encode", "--encoder", PLAIN.toString(), "--ids", "1", "--out", file.toString()));
        assertTrue(err.toString().contains("--force"), err::toString);
        assertEquals(0, run("encode", "--encoder", PLAIN.toString(), "--ids", "1", "--out", file.toString(), "--force"));
    }

    @Test
    void encodeAsJsonHoldsTheNumbersOrSaysWhereTheyAre() throws Exception {
        for (String[] pool : new String[][] {{"tokens", "[1,2,24]"}, {"mean", "[1,24]"}, {"last-logits", "[1,97]"}}) {
            JsonNode answer = json("encode", "--encoder", PLAIN.toString(), "--ids", "7, 8", "--pool", pool[0], "--json");
            assertEquals(pool[1], answer.get("shape").toString());
            assertEquals("[[7,8]]", answer.get("ids").toString());
            JsonNode innermost = answer.get("features");
            for (JsonNode dimension : answer.get("shape")) {
                assertEquals(dimension.asInt(), innermost.size());
                innermost = innermost.get(0);
            }
            assertTrue(innermost.isNumber());
        }
        Path file = folder.resolve("f.safetensors");
        JsonNode answer = json("encode", "--encoder", PLAIN.toString(), "--ids", "7", "--out", file.toString(), "--json");
        assertEquals(file.toString(), answer.get("out").asText());
        assertTrue(answer.get("features").isNull());
    }

    @Test
    void theEncoderOfAModelFolderServesToo() throws Exception {
        Path encoder = Files.createDirectories(folder.resolve("encoder"));
        copy(PLAIN, encoder);
        JsonNode answer = json("encode", "--model", folder.toString(), "--ids", "7", "--pool", "mean", "--json");
        assertEquals(24, answer.get("features").get(0).size());
    }

    @Test
    void textNeedsAVocabulary() throws Exception {
        assertEquals(4, run("encode", "--encoder", PLAIN.toString(), "a house"));
        assertEquals(1, err.toString().lines().count(), err::toString);
        Path encoder = withVocabulary();
        JsonNode answer = json("encode", "--encoder", encoder.toString(), "--json", "--pool", "mean", "a b", "ba");
        assertEquals("[[0,2,1],[3]]", answer.get("ids").toString());
    }

    @Test
    void completeGoesOnGreedilyAsTransformersDoes() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            Weights expected = SafetensorsFile.open(PLAIN.resolve("expected.safetensors"), arena);
            JsonNode answer = json("complete", "--encoder", PLAIN.toString(), "--ids", ids(expected, 9), "--temperature", "0",
                    "--max-tokens", "8", "--json");
            int[] ids = new int[8];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = answer.get("ids").get(i).asInt();
            }
            float[] greedy = expected.tensor("greedy").toFloatArray();
            for (int i = 0; i < ids.length; i++) {
                assertEquals((int) greedy[i], ids[i]);
            }
            assertEquals("max-tokens", answer.get("stopped_by").asText());
            assertTrue(answer.get("text").isNull());
        }
    }

    @Test
    void completePrintsTextAndRepeatsItselfForASeed() throws Exception {
        Path encoder = withVocabulary();
        List<String> texts = new ArrayList<>();
        for (String seed : new String[] {"1", "1", "2"}) {
            texts.add(json("complete", "ab", "--encoder", encoder.toString(), "--seed", seed, "--max-tokens", "12",
                    "--temperature", "2", "--top-k", "0", "--json").toString());
        }
        assertEquals(texts.get(0), texts.get(1));
        assertFalse(texts.get(0).equals(texts.get(2)));
        assertEquals(0, run("complete", "ab", "--encoder", encoder.toString(), "--max-tokens", "3"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2 | encode --ids 1 | --encoder",
        "2 | encode --encoder E | texts or --ids",
        "2 | encode --encoder E --ids 1 text | texts or --ids",
        "2 | encode --encoder E --ids 1x | 1x' is no token id",
        "2 | encode --encoder E --ids 1 --pool max | max' is none of",
        "3 | encode --encoder E --ids 97 | token id 97",
        "3 | encode --encoder E --ids= | is empty",
        "4 | encode --encoder nowhere --ids 1 | nowhere",
        "4 | encode --model nowhere --ids 1 | encoder",
        "3 | encode --encoder E --ids 1 --backend quick | quick",
        "2 | complete --encoder E | prompt or --ids",
        "2 | complete --encoder E --ids 1 --temperature -1 | temperature",
        "2 | complete --encoder E --ids 1 --top-p 0 | top-p",
        "2 | complete --encoder E --ids 1 --max-tokens 0 | --max-tokens",
        "3 | complete --encoder E --ids= | is empty",
        "3 | complete --encoder E --ids -1 | token id -1",
    })
    void refusalsAreOneLineAndACode(int code, String line, String part) {
        String[] args = line.replace("--ids=", "--ids,").replace(" ", ",").split(",", -1);
        for (int i = 0; i < args.length; i++) {
            args[i] = args[i].equals("E") ? PLAIN.toString() : args[i];
        }
        assertEquals(code, run(args), err::toString);
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(part), err::toString);
    }

    @Test
    void tooLongATextIsRefusedWithTheLimit() {
        assertEquals(3, run("encode", "--encoder", PLAIN.toString(), "--ids", "1 ".repeat(10_000)));
        assertTrue(err.toString().contains("10000 tokens, the encoder takes at most 24"), err::toString);
    }

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }

    private JsonNode json(String... args) throws Exception {
        assertEquals(0, run(args), err::toString);
        assertEquals("", err.toString());
        return JSON.readTree(out.toString());
    }

    /** The plain model with a vocabulary of a few letters. */
    private Path withVocabulary() throws Exception {
        Path encoder = Files.createDirectories(folder.resolve("spelling"));
        copy(PLAIN, encoder);
        Files.writeString(encoder.resolve("vocab.json"), "{\"a\":0,\"b\":1,\"\u0120\":2,\"ba\":3,\"<|endoftext|>\":96}");
        Files.writeString(encoder.resolve("merges.txt"), "#version: 0.2\nb a\n");
        return encoder;
    }

    private static void copy(Path from, Path to) throws Exception {
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
    }

    private static String ids(Weights expected, int count) {
        StringBuilder ids = new StringBuilder();
        for (int i = 0; i < count; i++) {
            ids.append((int) expected.tensor("input_ids").getFloat(i)).append(' ');
        }
        return ids.toString();
    }

    private static Path resource(String name) {
        return Path.of("src/test/resources/gpt2", name);
    }
}
