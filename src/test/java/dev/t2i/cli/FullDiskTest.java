package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.TinyModel;
import dev.t2i.safetensors.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Every command that writes, on a file system of a few kilobytes: one line that says so, and no half file. Needs the right to mount. */
@EnabledOnOs(OS.LINUX)
class FullDiskTest {
    private static final String FULL = "the disk is full";

    @TempDir
    private Path folder;
    private Path disk;
    private Path model;

    @BeforeEach
    void places() throws IOException {
        disk = Files.createDirectory(folder.resolve("disk"));
        model = TinyModel.write(folder.resolve("tiny"));
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", disk.toString());
    }

    @Test
    void picturesAreWholeOrAbsent() throws Exception {
        mount(8);
        sample("--count", "16", "--out", disk.resolve("p").toString()).assertRefused(3, FULL);
        List<String> kept = files();
        for (String file : kept) {
            CommandRun info = CommandRun.of("info", disk.resolve(file).toString());
            assertEquals(0, info.exitCode(), info::toString);
        }
        assertTrue(!kept.isEmpty() && kept.size() < 16, kept::toString);
        unmount();
        mount(8);
        sample("--count", "64", "--grid", "--out", disk.resolve("g.png").toString()).assertRefused(3, FULL);
        assertEquals(List.of(), files());
    }

    @Test
    void filesOfNumbersAreWholeOrAbsent() throws Exception {
        mount(4);
        Path out = disk.resolve("f.safetensors");
        String[] texts = Stream.concat(Stream.of("encode"), Stream.generate(() -> "a red house under a yellow moon").limit(40)).toArray(String[]::new);
        CommandRun.of(with(texts, "--model", model.toString(), "--out", out.toString())).assertRefused(3, FULL);
        CommandRun.of("model", "export", model.toString(), "--out", disk.resolve("m").toString()).assertRefused(3, FULL);
        CommandRun.of("data", "scenes", "--count", "100", "--size", "64", "--out", disk.resolve("s").toString()).assertRefused(3, FULL);
        assertEquals(List.of(), files());
        Path features = folder.resolve("features.safetensors");
        CommandRun written = CommandRun.of("encode", "a house", "a tree", "two boats", "the water", "--model", model.toString(), "--pool", "mean",
                "--out", features.toString());
        assertEquals(0, written.exitCode(), written::toString);
        Files.write(disk.resolve("fill"), new byte[4096]);
        CommandRun.of("fid", features.toString(), features.toString(), "--save", out.toString()).assertRefused(3, FULL);
        assertEquals(List.of("fill"), files());
    }

    @Test
    void aTrainingKeepsWhatItHadSaved() throws Exception {
        Path config = Files.writeString(folder.resolve("c.yaml"), TinyModel.game(model) + """
                loss: {penalty_interval: 1}
                schedule: {samples: 16, tick: 8, snapshot: 0, checkpoint: 4, keep: 1}
                """);
        String[] train = {"train", "--config", config.toString(), "--data", "scenes:", "--out", disk.resolve("run").toString()};
        mount(320);
        CommandRun.of(train).assertFailed(3, FULL);
        Path state = disk.resolve("run/checkpoints/step-00000001/state.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            assertTrue(!SafetensorsFile.open(state, arena).names().isEmpty());
        }
        assertTrue(files().stream().noneMatch(file -> file.contains("/.") || file.startsWith(".")), () -> files().toString());
        run("mount", "-o", "remount,size=8m", disk.toString());
        CommandRun on = CommandRun.of(with(train, "--resume"));
        assertEquals(0, on.exitCode(), on::toString);
        assertTrue(on.err().contains("resumed at step 1"), on::toString);
    }

    @Test
    void aPretrainingSaysSoToo() throws Exception {
        Path config = Files.writeString(folder.resolve("p.yaml"), """
                batch: 4
                schedule: {samples: 16, tick: 8, snapshot: 0, checkpoint: 8}
                vocab_size: 270
                positions: 16
                embedding: 8
                layers: 1
                heads: 2
                held_out: 0
                """);
        Path texts = Files.writeString(folder.resolve("t.txt"), "a house\na tree\n");
        mount(16);
        CommandRun.of("pretrain", "--config", config.toString(), "--data", texts.toString(), "--out", disk.resolve("run").toString())
                .assertFailed(3, FULL);
        assertTrue(files().stream().noneMatch(file -> file.contains("state")), () -> files().toString());
    }

    private CommandRun sample(String... more) {
        return CommandRun.of(with(new String[] {"sample", "a house", "--seed", "1", "--model", model.toString()}, more));
    }

    private static String[] with(String[] line, String... more) {
        return Stream.concat(Stream.of(line), Stream.of(more)).toArray(String[]::new);
    }

    private void mount(int kilobytes) throws Exception {
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=" + kilobytes + "k", "tmpfs", disk.toString()) == 0,
                "this machine does not let the test mount a small file system");
    }

    private static int run(String... command) throws Exception {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    /** All files on the small disk, by their paths there. */
    private List<String> files() {
        try (Stream<Path> all = Files.walk(disk)) {
            return new ArrayList<>(all.filter(Files::isRegularFile).map(file -> disk.relativize(file).toString()).sorted().toList());
        } catch (IOException e) {
            return List.of(e.toString());
        }
    }
}
