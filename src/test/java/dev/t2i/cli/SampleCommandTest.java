package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.Provenance;
import dev.t2i.TextToImage;
import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.image.Png;
import dev.t2i.tensor.DType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleCommandTest {

    @TempDir
    static Path models;
    private static Path tiny;

    @TempDir
    Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void aModel() {
        tiny = TinyModel.write(models.resolve("tiny"));
    }

    @BeforeEach
    void nothingSaid() {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
    }

    @Test
    void onePictureWithWhatItTakesToRepeatIt() {
        Path file = folder.resolve("house.png");
        assertEquals(0, sample("A red house!", "--seed", "7", "--out", file.toString()), err::toString);
        assertEquals(file + "\n", out.toString());
        assertEquals("", err.toString());
        Map<String, String> text = Png.readText(file);
        try (TextToImage model = TextToImage.open(tiny)) {
            assertEquals(model.draw("A red house!", 7), PictureFiles.read(file));
            assertEquals(List.of("prompt", "seed", "truncation", "model", "Software"), List.copyOf(text.keySet()));
            assertEquals(new Provenance("A red house!", 7, 1, model.identity(), Provenance.program()), Provenance.read(file));
        }
    }

    @Test
    void fromRepeatsTheSameBytes() throws IOException {
        Path first = folder.resolve("first.png");
        Path again = folder.resolve("again.png");
        assertEquals(0, sample("tree \u2014 \"\u00e9t\u00e9\"", "--seed", "-3", "--truncation", "0.6", "--out", first.toString()));
        assertEquals(0, sample("--from", first.toString(), "--out", again.toString()), err::toString);
        assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(again));
        nothingSaid();
        Path other = new TinyModel(32, 1, 16, List.of(12, 8, 6), DType.F32).writeTo(folder.resolve("other"));
        assertEquals(0, run("sample", "--from", first.toString(), "--model", other.toString(), "--out", folder.resolve("third.png").toString()));
        assertTrue(err.toString().contains("was drawn by the model tiny ") && err.toString().contains("expect another picture"), err::toString);
    }

    @Test
    void manyPicturesCountTheirSeedsOn() throws IOException {
        Path file = Files.writeString(folder.resolve("prompts.txt"), "\ufeffa house\r\n\n  \na \u00fcber bird\n");
        Path pictures = folder.resolve("new/pictures");
        assertEquals(0, sample("--prompts", file.toString(), "--count", "2", "--seed", "9", "--out", pictures.toString(), "--grid", "--json"), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(1, out.toString().lines().count());
        List<String> names = new ArrayList<>();
        answer.path("images").forEach(image -> names.add(Path.of(image.path("path").asText()).getFileName() + " " + image.path("prompt").asText()
                + " " + image.path("seed").asLong() + " " + image.path("width").asInt() + "x" + image.path("height").asInt()));
        assertEquals(List.of("a-house-9.png a house 9 16x16", "a-house-10.png a house 10 16x16",
                "a-uber-bird-11.png a \u00fcber bird 11 16x16", "a-uber-bird-12.png a \u00fcber bird 12 16x16"), names);
        assertEquals(pictures.resolve("grid.png").toString(), answer.path("grid").asText());
        assertTrue(answer.path("model").asText().startsWith("tiny "));
        assertEquals(Backends.get(Backends.AUTO).name(), answer.path("backend").asText());
        assertTrue(answer.path("seconds").isNumber());
        assertEquals(5, names(pictures).size());
        assertEquals("a house\na \u00fcber bird", Png.readText(pictures.resolve("grid.png")).get("prompts"));
        assertTrue(err.toString().startsWith("never met: '\u00fcber'; the model knows "), err::toString);
    }

    @Test
    void promptsComeFromStandardInputToo() throws IOException {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("a car\n".getBytes(StandardCharsets.UTF_8)));
        try {
            assertEquals(0, sample("--prompts", "-", "--seed", "1", "--out", folder.resolve("pictures").toString()), err::toString);
        } finally {
            System.setIn(before);
        }
        assertEquals(List.of("a-car-1.png"), names(folder.resolve("pictures")));
    }

    @Test
    void aSheetAloneHoldsAll() throws IOException {
        Path file = folder.resolve("sheet.png");
        assertEquals(0, sample("a house", "a tree", "--seed", "1", "--grid", "--out", file.toString()), err::toString);
        assertEquals(List.of("sheet.png"), names(folder));
        assertTrue(PictureFiles.read(file).width() > 256);
        nothingSaid();
        assertEquals(3, sample("--from", file.toString(), "--out", folder.resolve("x.png").toString()));
        assertTrue(err.toString().contains("name no prompt"), err::toString);
    }

    @Test
    void aRandomSeedIsShownAndRepeatsThePicture() throws IOException {
        assertEquals(0, sample("a house", "--out", folder.resolve("a.png").toString()));
        String said = err.toString().strip();
        assertTrue(said.matches("seed \\d+"), said);
        assertEquals(0, sample("a house", "--seed", said.substring(5), "--no-metadata", "--out", folder.resolve("b.png").toString()));
        assertEquals(PictureFiles.read(folder.resolve("a.png")), PictureFiles.read(folder.resolve("b.png")));
        assertEquals(Map.of(), Png.readText(folder.resolve("b.png")));
    }

    @Test
    void wordsItNeverMetAreNamedWithoutFailing() {
        assertEquals(0, sample("a dragon beside a huose", "--seed", "1", "--out", folder.toString()));
        assertTrue(err.toString().startsWith("never met: 'dragon', 'huose' (house?); the model knows "), err::toString);
        assertEquals(1, err.toString().lines().count());
    }

    @Test
    void nothingIsOverwrittenOrHalfWritten() throws IOException {
        Path file = folder.resolve("a.png");
        Png.write(Picture.blank(2, 2), Map.of(), file, false);
        refused(3, "--force", "a house", "--out", file.toString());
        assertEquals(2, PictureFiles.read(file).width());
        assertEquals(0, sample("a house", "--seed", "1", "--out", file.toString(), "--force"));
        assertEquals(16, PictureFiles.read(file).width());
        // The second file of a run is taken: nothing is drawn at all.
        Files.createFile(folder.resolve("a-tree-6.png"));
        refused(3, "a-tree-6.png", "a house", "a tree", "--seed", "5", "--out", folder.toString());
        // A bad prompt among good ones, a missing model: no file, no folder.
        refused(3, "prompt 2 is empty", "a house", "", "--out", folder.resolve("new").toString());
        assertEquals(4, run("sample", "a house", "--model", folder.resolve("none").toString(), "--out", folder.resolve("new").toString()));
        assertEquals(List.of("a-tree-6.png", "a.png"), names(folder));
    }

    @Test
    void placesThatTakeNoFilesAreRefusedFirst() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "text");
        refused(3, "not a folder", "a house", "--out", text.resolve("deeper/a.png").toString());
        refused(3, "not a folder", "a house", "--out", text.toString());
        Files.createDirectory(folder.resolve("b.png"));
        assertEquals(0, sample("a house", "--seed", "1", "--out", folder.resolve("b.png").toString()), err::toString);
        assertTrue(Files.exists(folder.resolve("b.png/a-house-1.png")));
    }

    @Test
    void aFolderWithoutPermissionIsRefused() throws IOException {
        Path locked = Files.createDirectory(folder.resolve("locked"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));
        Assumptions.assumeFalse(Files.isWritable(locked), "root writes anywhere");
        refused(3, "may not be written to", "a house", "--out", locked.toString());
    }

    @Test
    void badPromptsAndPicturesAreCodeThree() throws IOException {
        String to = folder.resolve("new").toString();
        refused(3, "is empty", "", "--out", to);
        refused(3, "takes at most 16", "word ".repeat(10_000), "--out", to);
        refused(3, "there is no such file", "--prompts", folder.resolve("none.txt").toString(), "--out", to);
        refused(3, "it is a folder", "--prompts", folder.toString(), "--out", to);
        refused(3, "holds no prompt", "--prompts", Files.writeString(folder.resolve("blank"), " \n\n").toString(), "--out", to);
        refused(3, "UTF-8", "--prompts", Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, 10}).toString(), "--out", to);
        refused(3, "not a PNG", "--from", folder.resolve("blank").toString(), "--out", to);
        Path odd = folder.resolve("odd.png");
        Png.write(Picture.blank(2, 2), Map.of("prompt", "a house", "seed", "many"), odd, false);
        refused(3, "which are no numbers", "--from", odd.toString(), "--out", to);
        refused(2, "truncation is -1", "a house", "--truncation", "-1", "--out", to);
        assertFalse(Files.exists(Path.of(to)));
    }

    @Test
    void whatMakesNoSenseIsCodeTwo() {
        refused(2, "say what to draw");
        refused(2, "not several", "a house", "--prompts", "-");
        refused(2, "--from repeats", "--from", "x.png", "--seed", "1");
        refused(2, "--count is 0", "a house", "--count", "0");
        refused(2, "holds one picture, these are 2", "a house", "--count", "2", "--out", folder.resolve("a.png").toString());
        refused(2, "--seed", "a house", "--seed", "many");
    }

    @Test
    void fileNamesAreTakenFromThePrompt() {
        assertEquals("a-red-house-under-a-moon", SampleFiles.slug("  A red house, under a moon! "));
        assertEquals("ete", SampleFiles.slug("\u00c9t\u00e9"));
        assertEquals("picture", SampleFiles.slug("\u5bb6"));
        assertEquals("etc-passwd", SampleFiles.slug("../../etc/passwd"));
        assertTrue(SampleFiles.slug("word ".repeat(100)).matches("(word-)+word"));
        assertEquals(60, SampleFiles.slug("w".repeat(500)).length());
    }

    private void refused(int code, String words, String... args) {
        nothingSaid();
        assertEquals(code, sample(args), () -> words + ": " + err);
        assertEquals(1, err.toString().lines().filter(line -> !line.startsWith("seed ") && !line.startsWith("never met")).count(), err::toString);
        assertTrue(err.toString().contains(words), err::toString);
        assertEquals("", out.toString());
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private int sample(String... args) {
        List<String> line = new ArrayList<>(List.of("sample"));
        line.addAll(List.of(args));
        line.addAll(List.of("--model", tiny.toString()));
        return run(line.toArray(String[]::new));
    }

    private int run(String... args) {
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
