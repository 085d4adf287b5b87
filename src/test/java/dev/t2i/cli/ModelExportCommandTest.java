package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.TextToImage;
import dev.t2i.TinyModel;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.image.Picture;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelExportCommandTest {

    @TempDir
    Path folder;
    private Path tiny;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void aModel() {
        tiny = TinyModel.write(folder.resolve("run/model"));
    }

    @Test
    void thereAndBackIsTheSameModel() throws Exception {
        Path wide = folder.resolve("wide");
        assertEquals(0, export(folder.resolve("run"), wide, "--type", "f32", "--json"), err::toString);
        var json = new ObjectMapper().readTree(out.toString());
        assertEquals("F32", json.path("type").asText());
        assertTrue(json.path("bytes").asLong() > Files.size(tiny.resolve("model.safetensors")));
        assertEquals(drawn(tiny), drawn(wide));
        assertNotEquals(identity(tiny), identity(wide));
        Path again = folder.resolve("again");
        Files.createDirectory(again);
        assertEquals(0, export(wide, again), err::toString);
        for (String file : List.of("config.json", "model.safetensors", "README.md", "encoder/config.json", "encoder/model.safetensors",
                "encoder/vocab.json", "encoder/merges.txt", "encoder/tokenizer_config.json")) {
            assertArrayEquals(Files.readAllBytes(tiny.resolve(file)), Files.readAllBytes(again.resolve(file)), file);
        }
        assertEquals(List.of("again", "run", "wide"), names(folder));
    }

    @Test
    void anExistingFolderNeedsForce() throws IOException {
        Path taken = Files.createDirectory(folder.resolve("taken"));
        Files.writeString(taken.resolve("config.json"), "mine");
        Files.writeString(taken.resolve("notes"), "mine too");
        Files.writeString(taken.resolve("posterior.safetensors"), "of another model");
        Path tokenizer = Files.writeString(Files.createDirectory(taken.resolve("encoder")).resolve("tokenizer.json"), "of another model");
        assertEquals(3, export(tiny, taken));
        assertTrue(err.toString().contains("--force") && err.toString().lines().count() == 1, err::toString);
        assertEquals("mine", Files.readString(taken.resolve("config.json")));
        assertEquals(0, export(tiny, taken, "--force", "--type", "bf16"), err::toString);
        assertEquals("mine too", Files.readString(taken.resolve("notes")));
        assertFalse(Files.exists(taken.resolve("posterior.safetensors")), "another model's inference network");
        assertFalse(Files.exists(tokenizer), "another model's words");
        assertEquals(16, drawn(taken).width());
        assertEquals(List.of("run", "taken"), names(folder));
    }

    @Test
    void whatIsWrongIsRefusedAndLeavesNothing() throws IOException {
        Path target = folder.resolve("target");
        assertEquals(4, export(folder.resolve("none"), target));
        assertEquals(4, export(tiny.resolve("encoder"), target));
        Files.write(tiny.resolve("encoder/model.safetensors"), new byte[9]);
        assertEquals(4, export(tiny, target));
        assertEquals(2, export(tiny, target, "--type", "f64"));
        assertEquals(3, export(tiny, Files.createFile(folder.resolve("file"))));
        assertFalse(Files.exists(target));
        assertEquals(List.of("file", "run"), names(folder));
        assertEquals(5, err.toString().lines().count(), err::toString);
    }

    private static Picture drawn(Path model) {
        try (TextToImage opened = TextToImage.open(model, new VectorBackend(1))) {
            return opened.draw("a red house", 1);
        }
    }

    private static String identity(Path model) {
        try (TextToImage opened = TextToImage.open(model, new VectorBackend(1))) {
            return opened.identity();
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private int export(Path model, Path target, String... more) {
        String[] args = Stream.concat(Stream.of("model", "export", model.toString(), "--out", target.toString()), Stream.of(more))
                .toArray(String[]::new);
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
