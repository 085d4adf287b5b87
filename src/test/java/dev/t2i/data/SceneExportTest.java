package dev.t2i.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.CaptionGrammar;
import dev.t2i.data.scene.SceneJson;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.data.scene.SceneSampler.Split;
import dev.t2i.image.Png;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SceneExportTest {
    @TempDir
    Path temp;

    @Test
    void whatIsWrittenIsADataSet() throws IOException {
        Path folder = temp.resolve("scenes");
        SceneExport.write(folder, 12, 32, 5, Split.TRAIN, false, _ -> { });
        DataSpec spec = DataSpec.parse("folder:" + folder);
        DataReport report = DataCheck.check(List.of(spec), new DataCheck.Limits(16, 100, true), _ -> { });
        assertTrue(report.ok(), report.summary());
        assertEquals(12, report.pictures());
        SceneSampler sampler = new SceneSampler(5, Split.TRAIN);
        List<String> lines = Files.readAllLines(folder.resolve("metadata.jsonl"));
        for (int i = 0; i < 12; i++) {
            JsonNode row = new ObjectMapper().readTree(lines.get(i));
            assertEquals(sampler.scene(i), SceneJson.fromJson(row.get("attributes")));
            assertEquals(row.get("text").asText(), Png.readText(folder.resolve(row.get("file_name").asText())).get("caption"));
            assertEquals(row.get("text").asText(), spec.open().describe(i, 0).caption());
        }
        assertNothingElse();
    }

    @Test
    void captionsOfHeldOutScenesNameWhatIsHeldOut() throws IOException {
        int count = 40;
        Path folder = temp.resolve("scenes");
        SceneExport.write(folder, count, 16, 5, Split.HELDOUT, false, _ -> { });
        SceneImages scenes = new SceneImages(5, Split.HELDOUT, count);
        CaptionedImages written = DataSpec.parse("folder:" + folder).open();
        for (int i = 0; i < count; i++) {
            Caption caption = scenes.describe(i, 0).attributes().orElseThrow().caption();
            assertTrue(CaptionGrammar.namesHeldOut(caption), caption.text());
            assertEquals(caption.text(), written.describe(i, 0).caption());
        }
    }

    @Test
    void captionsOfTheOtherSplitsAreTheFirstOfTheirScenes() throws IOException {
        for (Split split : List.of(Split.TRAIN, Split.TEST)) {
            Path folder = temp.resolve(split.name());
            SceneExport.write(folder, 40, 16, 5, split, false, _ -> { });
            CaptionedImages written = DataSpec.parse("folder:" + folder).open();
            SceneSampler sampler = new SceneSampler(5, split);
            for (int i = 0; i < 40; i++) {
                assertEquals(CaptionGrammar.caption(sampler.scene(i), 0).text(), written.describe(i, 0).caption());
            }
        }
    }

    @Test
    void onlyAnEarlierExportIsReplacedAndOnlyWhenAsked() throws IOException {
        Path folder = temp.resolve("scenes");
        Files.createDirectory(folder);
        SceneExport.write(folder, 2, 16, 0, Split.TRAIN, false, _ -> { });
        refuse(folder, 1, 16, false, "not empty");
        SceneExport.write(folder, 1, 16, 0, Split.TRAIN, true, _ -> { });
        assertEquals(1, DataSpec.parse("folder:" + folder).open().size());
        Files.writeString(folder.resolve("thesis.doc"), "precious");
        refuse(folder, 1, 16, true, "not exported scenes");
        assertTrue(Files.exists(folder.resolve("thesis.doc")));
        assertNothingElse();
    }

    @Test
    void faultsLeaveNothingBehind() throws IOException {
        Path folder = temp.resolve("scenes");
        refuse(folder, 0, 16, false, "count is at least 1");
        refuse(folder, 1, 15, false, "size is 16 to 4096");
        refuse(temp.resolve("none/scenes"), 1, 16, false, "no folder");
        assertThrows(IllegalStateException.class, () -> SceneExport.write(folder, 5, 16, 0, Split.TRAIN, false, done -> {
            if (done == 3) {
                throw new IllegalStateException("stopped");
            }
        }));
        assertFalse(Files.exists(folder));
        try (Stream<Path> files = Files.list(temp)) {
            assertEquals(0, files.count());
        }
    }

    private static void refuse(Path folder, long count, int size, boolean overwrite, String reason) {
        String message = assertThrows(DataException.class,
                () -> SceneExport.write(folder, count, size, 0, Split.TRAIN, overwrite, _ -> { })).getMessage();
        assertTrue(message.contains(reason), message);
        assertFalse(message.contains("\n"), message);
    }

    private void assertNothingElse() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            assertEquals(List.of(temp.resolve("scenes")), files.toList());
        }
    }
}
