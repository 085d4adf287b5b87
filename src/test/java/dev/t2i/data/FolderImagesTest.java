package dev.t2i.data;

import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FolderImagesTest {
    @TempDir
    Path folder;

    @Test
    void jsonLinesWithSeveralCaptions() throws IOException {
        picture("a.png", 20, 10, 255);
        picture("sub/b.png", 8, 8, 0);
        write("metadata.jsonl", """
                {"file_name": "a.png", "text": "first"}
                {"file_name": "sub/b.png", "text": ["one", "two", "three"]}

                {"file_name": "a.png", "text": "  second\\n line "}
                """);
        CaptionedImages images = DataSpec.parse("folder:" + folder).open();
        assertEquals(2, images.size());
        assertEquals(Set.of("first", "second line"), captions(images, 0));
        assertEquals(Set.of("one", "two", "three"), captions(images, 1));
        assertEquals(List.of("first", "second line"), images.captions(0).orElseThrow());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(16 * 16 * 3 * 4, 4);
            Example example = images.load(0, 1, 16, pixels);
            assertEquals(1f, pixels.getAtIndex(ValueLayout.JAVA_FLOAT, 100), 1e-6f);
            assertTrue(example.wrongCaption().isEmpty());
            images.load(1, 1, 16, pixels);
            assertEquals(-1f, pixels.getAtIndex(ValueLayout.JAVA_FLOAT, 100), 1e-6f);
        }
        DataReport report = check("");
        assertTrue(report.ok(), report.summary());
        assertEquals(5, report.captions());
    }

    @Test
    void csvWithQuotesAndAnotherColumn() throws IOException {
        picture("a.png", 8, 8, 9);
        write("metadata.csv", "\ufefffile_name,caption,text\r\na.png,\"a \"\"red\"\" house,\nbig\",no\r\n");
        CaptionedImages images = DataSpec.parse("folder:" + folder + "?text=caption").open();
        assertEquals("a \"red\" house, big", images.describe(0, 0).caption());
    }

    @Test
    void sidecars() throws IOException {
        picture("x.png", 8, 8, 9);
        picture("deep/y.PNG", 8, 8, 9);
        write("x.txt", "a house\n\na home\n");
        write("deep/y.txt", "a tree");
        CaptionedImages images = DataSpec.parse("folder:" + folder).open();
        assertEquals(Set.of("a tree"), captions(images, 0));
        assertEquals(Set.of("a house", "a home"), captions(images, 1));
    }

    @Test
    void endingsAreReadInEitherCase() throws IOException {
        picture("CAT.PNG", 8, 8, 9);
        write("CAT.TXT", "a cat");
        picture("dog.png", 8, 8, 9);
        write("dog.Txt", "a dog");
        for (String options : new String[] {"", "?extension=TXT"}) {
            CaptionedImages images = DataSpec.parse("folder:" + folder + options).open();
            assertEquals(Set.of("a cat"), captions(images, 0));
            assertEquals(Set.of("a dog"), captions(images, 1));
        }
    }

    @Test
    void aLineOfTwoObjectsIsNotALineOfJson() throws IOException {
        picture("a.png", 8, 8, 9);
        write("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"x\"} \n{\"file_name\": \"a.png\", \"text\": \"y\"}{\"file_name\": \"b.png\", \"text\": \"z\"}\n");
        assertOpenFails("", "metadata.jsonl:2: not a line of JSON");
    }

    @Test
    void everyDefectIsReported() throws IOException {
        picture("good.png", 8, 8, 9);
        picture("alone.png", 8, 8, 9);
        picture("long.png", 8, 8, 90);
        picture("empty.png", 8, 8, 9);
        picture("cut.png", 30, 30, 9);
        byte[] whole = Files.readAllBytes(folder.resolve("cut.png"));
        Files.write(folder.resolve("cut.png"), Arrays.copyOf(whole, whole.length / 2));
        write("metadata.jsonl", """
                {"file_name": "good.png", "text": "fine"}
                {"file_name": "cut.png", "text": "half"}
                {"file_name": "gone.png", "text": "where"}
                {"file_name": "empty.png", "text": "  "}
                {"file_name": "long.png", "text": "%s"}
                {"file_name": "../evil.png", "text": "out"}
                {"file_name": 7, "text": "number"}
                {"text": "nameless"}
                {"file_name": "good.png"}
                nonsense
                """.formatted("word ".repeat(10_000)));
        DataReport report = check("");
        assertFalse(report.ok());
        Map<Problem.Type, Long> counts = report.problems().counts();
        assertEquals(1, counts.get(Problem.Type.PICTURE_WITHOUT_CAPTION));
        assertEquals(1, counts.get(Problem.Type.CORRUPT_PICTURE));
        assertEquals(1, counts.get(Problem.Type.MISSING_PICTURE));
        assertEquals(1, counts.get(Problem.Type.EMPTY_CAPTION));
        assertEquals(1, counts.get(Problem.Type.LONG_CAPTION));
        assertEquals(4, counts.get(Problem.Type.BAD_METADATA));
        assertEquals(1, counts.get(Problem.Type.UNSAFE_NAME));
        for (Problem.Type type : counts.keySet()) {
            assertTrue(report.problems().examples(type).stream().noneMatch(problem -> problem.toString().contains("\n")));
        }
        assertTrue(report.problems().examples(Problem.Type.BAD_METADATA).stream().anyMatch(problem -> problem.file().equals("metadata.jsonl:10")));
        assertFalse(report.toJson(10).get("ok").asBoolean());
        String message = assertThrows(DataException.class, () -> DataSpec.parse("folder:" + folder).open()).getMessage();
        assertTrue(message.contains("more problems") && !message.contains("\n"), message);
    }

    @Test
    void otherFoldersAreRefused() throws IOException {
        assertOpenFails("?text=text", "no pictures here");
        assertEquals(EnumSet.of(Problem.Type.MISSING_PICTURE), EnumSet.copyOf(check("").problems().counts().keySet()));
        picture("a.png", 8, 8, 9);
        assertOpenFails("", "no caption");
        write("a.txt", "");
        assertOpenFails("", "empty");
        write("a.txt", "x");
        write("b.txt", "x");
        assertOpenFails("", "no picture belongs");
        write("metadata.csv", "name,text\na.png,x\n");
        assertOpenFails("", "no column file_name or image, only name, text");
        write("metadata.jsonl", "");
        assertOpenFails("", "several kinds");
        String message = assertThrows(DataException.class, () -> DataSpec.parse("folder:" + folder + "/none").open()).getMessage();
        assertTrue(message.contains("no such folder"), message);
    }

    @Test
    void aPictureThatIsDamagedLaterIsReportedWhenLoaded() throws IOException {
        picture("a.png", 8, 8, 9);
        write("a.txt", "x");
        CaptionedImages images = DataSpec.parse("folder:" + folder).open();
        write("a.png", "damage");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(8 * 8 * 3 * 4, 4);
            String message = assertThrows(DataException.class, () -> images.load(0, 0, 8, pixels)).getMessage();
            assertTrue(message.contains("a.png"), message);
        }
    }

    private void assertOpenFails(String options, String reason) {
        String message = assertThrows(DataException.class, () -> DataSpec.parse("folder:" + folder + options).open()).getMessage();
        assertTrue(message.contains(reason), message);
    }

    private DataReport check(String options) {
        return DataCheck.check(List.of(DataSpec.parse("folder:" + folder + options)), new DataCheck.Limits(8, 100, true), _ -> { });
    }

    private static Set<String> captions(CaptionedImages images, long index) {
        Set<String> captions = new HashSet<>();
        for (int seed = 0; seed < 50; seed++) {
            captions.add(images.describe(index, seed).caption());
        }
        return captions;
    }

    private void picture(String name, int width, int height, int value) throws IOException {
        byte[] rgb = new byte[width * height * 3];
        Arrays.fill(rgb, (byte) value);
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Png.write(Picture.wrap(width, height, rgb), Map.of(), file, true);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }
}
