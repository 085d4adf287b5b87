package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.config.Settings;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.train.LanguageSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pretrain} from the command line: a run, its folder, and what is refused. */
class PretrainCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path config;
    private Path data;

    @BeforeEach
    void write() throws Exception {
        config = Files.writeString(folder.resolve("tiny.yaml"), """
                batch: 4
                schedule: {samples: 16, tick: 8, snapshot: 0, checkpoint: 8}
                vocab_size: 270
                positions: 16
                embedding: 8
                layers: 1
                heads: 2
                held_out: 0
                """);
        data = Files.writeString(folder.resolve("data.txt"), "a house\na tree\na house and a tree\nthe sea\n");
    }

    @Test
    void aRunLeavesAGpt2FolderAndOneLineATick() throws Exception {
        Path run = folder.resolve("run");
        assertEquals(0, run("pretrain", "--config", config.toString(), "--data", data.toString(), "--out", run.toString(), "--json"), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(16, answer.get("samples").asInt());
        assertTrue(answer.get("complete").asBoolean());
        assertEquals(2, err.toString().lines().filter(line -> line.startsWith("step ")).count(), err::toString);
        assertEquals(2, Files.readAllLines(run.resolve("stats.jsonl")).size());
        assertEquals(0, run("complete", "a", "--encoder", run.resolve("model").toString(), "--max-tokens", "3", "--json"), err::toString);

        assertEquals(3, run("pretrain", "--config", config.toString(), "--data", data.toString(), "--out", run.toString()));
        assertTrue(err.toString().contains("--resume"), err::toString);
        assertEquals(0, run("pretrain", "--config", config.toString(), "--data", data.toString(), "--out", run.toString(), "--resume"), err::toString);
        Files.writeString(data, "other\n");
        assertEquals(3, run("pretrain", "--config", config.toString(), "--data", data.toString(), "--out", run.toString(), "--resume"));
        assertTrue(err.toString().contains("not the texts"), err::toString);
    }

    @Test
    void wrongRequestsAreOneLineAndACode() {
        refused(2, "--data", "pretrain", "--config", config.toString());
        refused(3, "nowhere", "pretrain", "--config", config.toString(), "--data", "nowhere");
        refused(3, "--set headz=3", "pretrain", "--config", config.toString(), "--data", data.toString(), "--set", "headz=3");
        refused(3, "embedding must be a multiple", "pretrain", "--config", config.toString(), "--data", data.toString(), "--set", "heads=3");
        refused(3, "--out", "pretrain", "--config", config.toString(), "--data", data.toString(), "--resume");
        refused(3, "no run to resume", "pretrain", "--config", config.toString(), "--data", data.toString(), "--resume", "--out",
                folder.resolve("none").toString());
    }

    @Test
    void theSmallEncoderIsAboutThreeMegabytesInHalfPrecision() {
        LanguageSettings small = Settings.load(Path.of("configs/encoder-small.yaml"), LanguageSettings.class, List.of());
        long parameters = Gpt2Config.of(small.vocabSize(), small.positions(), small.embedding(), small.layers(), small.heads()).parameters();
        assertEquals(3.3, 2 * parameters / 1e6, 0.5);
    }

    private void refused(int code, String part, String... args) {
        assertEquals(code, run(args), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(part), err::toString);
        assertEquals("", out.toString());
    }

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
