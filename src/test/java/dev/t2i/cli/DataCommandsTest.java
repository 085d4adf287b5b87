package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataCommandsTest {

    @TempDir
    Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void whatIsRenderedPassesTheCheck() throws Exception {
        Path scenes = folder.resolve("scenes");
        assertEquals(0, run("data", "scenes", "--out", scenes.toString(), "--count", "3", "--size", "32", "--split", "test", "--json"));
        assertEquals("test", json().path("split").asText());
        assertTrue(Files.exists(scenes.resolve("000002.png")));
        assertEquals(0, run("data", "check", "folder:" + scenes, "--json"), err::toString);
        JsonNode report = json();
        assertTrue(report.path("ok").asBoolean());
        assertEquals(3, report.path("pictures").asInt());
        assertEquals("", err.toString());
    }

    @Test
    void packedScenesAreADataSet() throws Exception {
        String file = folder.resolve("scenes.pack").toString();
        assertEquals(0, run("data", "pack", "scenes:?count=4", "--out", file, "--size", "32", "--licence", "CC0", "--json"), err::toString);
        JsonNode packed = json();
        assertEquals(4, packed.path("pictures").asInt());
        assertEquals(Files.size(Path.of(file)), packed.path("bytes").asLong());
        assertEquals(3, run("data", "pack", "scenes:?count=4", "--out", file, "--size", "32"));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(0, run("data", "pack", "scenes:?count=5", "--out", file, "--size", "32", "--force"), err::toString);
        assertEquals(0, run("data", "check", "pack:" + file), () -> out + " " + err);
        assertEquals(3, run("data", "pack", "scenes:", "--out", folder.resolve("endless").toString(), "--size", "32"));
        assertEquals(2, run("data", "pack", "scenes:?count=4", "--out", folder.resolve("x").toString(), "--size", "3"));
        assertEquals(3, run("data", "pack", "folder:" + folder.resolve("none"), "--out", folder.resolve("x").toString(), "--size", "32"));
        assertFalse(Files.exists(folder.resolve("x")));
    }

    @Test
    void anExportIsReplacedOnlyByForce() {
        String[] command = {"data", "scenes", "--out", folder.resolve("s").toString(), "--count", "1", "--size", "16"};
        assertEquals(0, run(command));
        assertEquals(3, run(command));
        assertEquals(1, err.toString().lines().count(), err::toString);
        String[] forced = java.util.Arrays.copyOf(command, command.length + 1);
        forced[command.length] = "--force";
        assertEquals(0, run(forced), err::toString);
    }

    @Test
    void problemsAreListedAndCodeThree() throws Exception {
        Files.writeString(folder.resolve("a.png"), "not a picture");
        Files.writeString(folder.resolve("a.txt"), "a caption");
        assertEquals(3, run("data", "check", "folder:" + folder, "--json"));
        assertFalse(json().path("ok").asBoolean());
        assertEquals(3, run("data", "check", "folder:" + folder));
        assertTrue(out.toString().contains("a.png: "), out::toString);
        assertEquals("", err.toString());
    }

    @Test
    void everyTypeOfProblemIsCountedAndShownByExamples() throws Exception {
        String spec = "webdataset:src/test/resources/data/hostile/faults.tar";
        assertEquals(3, run("data", "check", spec, "--examples", "1"));
        assertTrue(out.toString().contains("bad shard (2):\n  faults.tar/d: the sample has two members .jpg\n  and 1 more\n"), out::toString);
        assertTrue(out.toString().contains("corrupt picture (1):\n  faults.tar/g.jpg: "), out::toString);
        assertTrue(out.toString().contains("captions a picture: "), out::toString);
        out.getBuffer().setLength(0);
        assertEquals(3, run("data", "check", spec, "--json", "--examples", "0"));
        JsonNode report = json();
        assertEquals(2, report.at("/counts/bad shard").asInt());
        assertEquals(0, report.get("problems").size());
        assertEquals(0, run("data", "check", "coco:src/test/resources/data/coco?splits=karpathy", "flickr30k:src/test/resources/data/flickr30k"), out::toString);
        assertEquals(0, run("data", "check", "flowers:src/test/resources/data/flowers", "--no-decode"), out::toString);
        assertEquals(3, run("data", "check", "flowers:src/test/resources/data/flowers", "--min-side", "41"), out::toString);
        assertEquals(2, run("data", "check", "scenes:", "--min-side", "0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pictures", "folder:", "folder:/no/such/folder", "scenes:?split=all", "scenes:?sead=1", "coco:x",
            "flickr30k:src", "cub:src/test/resources/data/flowers", "webdataset:no-{0..9}.tar", "coco:src/test/resources/data/coco"})
    void aSpecThatNamesNothingIsCodeThreeAndOneLine(String spec) {
        assertEquals(3, run("data", "check", spec));
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().startsWith("t2i data check: "), err::toString);
    }

    @Test
    void anAnnotationFileThatIsCutOffIsCodeThreeAndOneLine() throws Exception {
        Files.createDirectories(folder.resolve("annotations"));
        Files.writeString(folder.resolve("annotations/captions_train2017.json"), "{\"images\": [{\"id\": 1, \"file_na");
        aSpecThatNamesNothingIsCodeThreeAndOneLine("coco:" + folder);
        assertTrue(err.toString().contains("captions_train2017.json: ends in the middle, at line 1"), err::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--count none", "--split all", "--size 1e3"})
    void valuesOfTheWrongTypeAreCodeTwo(String options) {
        String[] words = options.split(" ");
        assertEquals(2, run("data", "scenes", "--out", folder.resolve("s").toString(), words[0], words[1]));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().matches(".*('none' is not a whole number|expected one of train, test, heldout but).*\\R"
                + "|.*'1e3' is not a whole number.*\\R"), err::toString);
        assertTrue(Files.notExists(folder.resolve("s")));
    }

    private JsonNode json() throws Exception {
        assertEquals(1, out.toString().lines().count(), out::toString);
        JsonNode node = new ObjectMapper().readTree(out.toString());
        out.getBuffer().setLength(0);
        return node;
    }

    private int run(String... args) {
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
