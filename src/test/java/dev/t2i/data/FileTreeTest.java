package dev.t2i.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileTreeTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"folder:folder", "flickr30k:flickr30k", "cub:birds", "flowers:flowers", "coco:attngan-coco", "coco:coco2017"})
    void aSetBehindALinkIsTheSet(String spec) throws IOException {
        String kind = spec.substring(0, spec.indexOf(':') + 1);
        Path set = DataLayoutsTest.ROOT.resolve(spec.substring(kind.length())).toAbsolutePath();
        Path link = Files.createSymbolicLink(folder.resolve("link"), set);
        Catalogue there = DataSpec.parse(kind + set).catalogue();
        assertSame(there, DataSpec.parse(kind + link).catalogue());
        Path parts = Files.createDirectory(folder.resolve("parts"));
        for (String name : Lines.list(set)) {
            Files.createSymbolicLink(parts.resolve(name), set.resolve(name));
        }
        assertSame(there, DataSpec.parse(kind + parts).catalogue());
        // Left to JUnit, each would be a line of warning.
        Files.delete(link);
        for (String name : Lines.list(parts)) {
            Files.delete(parts.resolve(name));
        }
    }

    private static void assertSame(Catalogue expected, Catalogue actual) {
        assertTrue(actual.problems().isEmpty(), () -> actual.problems().first().toString());
        assertEquals(expected.size(), actual.size());
        for (long i = 0; i < expected.size(); i++) {
            assertEquals(expected.name(i), actual.name(i));
            assertEquals(expected.captions(i), actual.captions(i));
        }
    }

    @Test
    void linksThatLeadRoundAreAProblem() throws IOException {
        Files.createDirectory(folder.resolve("more"));
        Png.write(Picture.blank(40, 40), Map.of(), folder.resolve("more/a.png"), false);
        Files.writeString(folder.resolve("more/a.txt"), "a night");
        assertEquals(List.of(folder.resolve("more/a.png"), folder.resolve("more/a.txt")), FileTree.sorted(folder));
        Path hidden = Files.createSymbolicLink(folder.resolve("more/.hidden"), folder);
        Files.createSymbolicLink(folder.resolve("more/nowhere.png"), folder.resolve("none"));
        assertTrue(check().ok());
        Files.delete(hidden);
        Files.createSymbolicLink(folder.resolve("more/round"), folder);
        DataReport report = check();
        assertFalse(report.ok());
        assertEquals("more/round: this link leads back to a folder above it; remove it", report.problems().first().toString());
        String message = assertThrows(DataException.class, () -> DataSpec.parse("folder:" + folder).open()).getMessage();
        assertTrue(message.contains("more/round: this link leads back") && message.lines().count() == 1, message);
        assertEquals(1, DataSpec.parse("folder:" + folder + "?faults=skip").open().size());
        assertThrows(FileSystemLoopException.class, () -> FileTree.sorted(folder));
    }

    private DataReport check() {
        return DataCheck.check(List.of(DataSpec.parse("folder:" + folder)), DataCheck.Limits.USUAL, _ -> { });
    }
}
