package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.image.ContactSheet;
import dev.t2i.image.Png;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code bench} prints; how large its figures are is the machine's business. */
class BenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path config;

    @BeforeEach
    void writeSmallConfiguration() throws IOException {
        config = Files.writeString(folder.resolve("small.yaml"), """
                task: gan
                size: 8
                batch: 2
                schedule: {samples: 100}
                text: {adapter: {width: 4, hidden_width: 4}}
                generator: {noise_width: 4, style_width: 4, channels: [4, 4]}
                discriminator: {head_width: 4, channels: [4, 4]}
                loss: {penalty_interval: 2}
                """);
    }

    private int run(String... args) {
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }

    @Test
    void jsonHasOneResultForEachFigureAndBackend() throws IOException {
        assertEquals(ExitCode.DONE, run("bench", "--suite", "train,sample", "--config", config.toString(),
                "--backends", "vector,scalar", "--warmup", "0", "--repeats", "1", "--json"), err::toString);
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertTrue(report.get("machine").asText().contains("Java"), report::toString);
        assertEquals(6, report.get("results").size(), report::toString);
        JsonNode first = report.get("results").get(0);
        assertEquals("train", first.get("suite").asText());
        assertEquals("vector", first.get("backend").asText());
        assertEquals("images/s", first.get("unit").asText());
        report.get("results").forEach(result -> assertTrue(result.get("value").asDouble() > 0, result::toString));
        assertEquals("scalar", report.get("reference").asText(), "plain loops are the reference wherever they take part");
        assertTrue(first.get("agrees").asBoolean(), report::toString);
        assertTrue(first.get("difference").asDouble() <= first.get("tolerance").asDouble(), report::toString);
        assertEquals(0, report.get("disagreements").size(), report::toString);
        assertEquals("vector", report.get("backends").get(0).get("name").asText());
    }

    @Test
    void chartIsAPictureThatNamesItsMachineAndIsNotOverwritten() throws IOException {
        Assumptions.assumeTrue(ContactSheet.hasFonts(), "this system has no fonts");
        Path chart = folder.resolve("chart.png");
        String[] args = {"bench", "--suite", "sample", "--config", config.toString(), "--only", "one picture", "--backends", "vector,scalar",
            "--warmup", "0", "--repeats", "1", "--chart", chart.toString()};
        assertEquals(ExitCode.DONE, run(args), err::toString);
        assertTrue(out.toString().contains("All results agree."), out::toString);
        assertFalse(out.toString().contains("16 at once"), out::toString);
        assertTrue(Png.readText(chart).get("machine").contains("Java"));
        assertTrue(ImageIO.read(chart.toFile()).getWidth() > 0);
        assertEquals(ExitCode.BAD_INPUT, run(args), err::toString);
        assertTrue(err.toString().contains("--force"), err::toString);
    }

    @Test
    void tableNamesMachineAndBackend() {
        assertEquals(ExitCode.DONE, run("bench", "--suite", "train", "--config", config.toString(), "--backends", "vector",
                "--threads", "1", "--warmup", "0", "--repeats", "1"), err::toString);
        assertTrue(out.toString().contains("1 thread, "), out::toString);
        assertTrue(out.toString().contains("vector: Vector API"), out::toString);
        assertTrue(out.toString().contains("images/s"), out::toString);
    }

    @Test
    void wrongUsageIsOneLine() {
        assertEquals(ExitCode.USAGE, run("bench", "--suite", "training"));
        assertEquals(ExitCode.USAGE, run("bench", "--suite", "train"));
        assertEquals(ExitCode.BAD_INPUT, run("bench", "--suite", "ops", "--backends", "vectors"));
        assertEquals(ExitCode.BAD_INPUT, run("bench", "--suite", "train", "--config", config.toString(), "--set", "loss.matching=1"));
        assertEquals(4, err.toString().lines().filter(line -> line.startsWith("t2i bench: ")).count(), err::toString);
    }
}
