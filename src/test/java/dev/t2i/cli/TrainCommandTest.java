package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    @TempDir
    private Path folder;

    private CommandRun train(Path config, Path run, String data, String... more) {
        return CommandRun.of(Stream.concat(Stream.of("train", "--config", config.toString(), "--data", data, "--out", run.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    /** Data are no setting, so that nothing else would tell that a run has gone on with others. */
    @Test
    void otherDataAreNamedWhenARunGoesOn() throws Exception {
        Path config = Files.writeString(folder.resolve("c.yaml"), TinyModel.game(TinyModel.write(folder.resolve("tiny")))
                + "schedule: {samples: 4, tick: 4, snapshot: 0, checkpoint: 4, keep: 1}\n");
        Path run = folder.resolve("run");
        CommandRun first = train(config, run, "scenes:?seed=1");
        assertEquals(0, first.exitCode(), first::toString);
        assertEquals(List.of("scenes:?seed=1"), Files.readAllLines(run.resolve("data.txt")));
        CommandRun same = train(config, run, "scenes:?seed=1", "--resume", "--set", "schedule.samples=8");
        assertEquals(0, same.exitCode(), same::toString);
        assertFalse(same.err().contains("data:"), same::toString);
        CommandRun other = train(config, run, "scenes:?seed=2", "--resume", "--set", "schedule.samples=12");
        assertEquals(0, other.exitCode(), other::toString);
        assertTrue(other.err().contains("data: scenes:?seed=2, the run was started with scenes:?seed=1"), other::toString);
        assertEquals(List.of("scenes:?seed=1"), Files.readAllLines(run.resolve("data.txt")));
        // Of a run from before there was such a file nothing is known.
        Files.delete(run.resolve("data.txt"));
        CommandRun older = train(config, run, "scenes:?seed=3", "--resume", "--set", "schedule.samples=16");
        assertEquals(0, older.exitCode(), older::toString);
        assertFalse(older.err().contains("data:"), older::toString);
        Files.createDirectory(run.resolve("data.txt"));
        train(config, run, "scenes:?seed=3", "--resume", "--set", "schedule.samples=20").assertFailed(3, "data.txt: cannot be read");
    }
}
