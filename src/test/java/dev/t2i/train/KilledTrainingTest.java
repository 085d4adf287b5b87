package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training that saves after every step is killed without warning, again and again; whatever it had announced as saved
 * must load. {@code -Dt2i.kills=20} kills it that often.
 */
class KilledTrainingTest {
    private static final int KILLS = Integer.getInteger("t2i.kills", 4);

    @TempDir
    private Path folder;

    @Test
    void aKillNeverLosesTheLastCheckpoint() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny"));
        RunFolder run = new RunFolder(folder.resolve("run"));
        Random random = new Random(7);
        long announced = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            announced = Math.max(announced, runAndKill(run, model, random.nextInt(1500)));
            GanSettings settings = TrainingRunTest.settings("none", Integer.MAX_VALUE);
            try (GanTask task = TrainingRunTest.task(settings, model, Backends.get("scalar"))) {
                Path latest = Checkpoint.latest(run.checkpoints()).orElseThrow();
                Checkpoint.Progress progress = Checkpoint.load(latest, task.session(), task.states());
                assertTrue(progress.step() >= announced, "step %d was announced, %s holds %d".formatted(announced, latest, progress.step()));
            }
        }
        assertTrue(announced > 0, "no step was ever saved");
    }

    /** Gives the last step that the process said it had saved. */
    private static long runAndKill(RunFolder run, Path model, int milliseconds) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true", "-Xmx512m",
                "-cp", System.getProperty("java.class.path"), Endless.class.getName(), run.path().toString(), model.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader lines = process.inputReader()) {
            String first = lines.readLine();
            assertNotNull(first, "the training did not start");
            long last = Long.parseLong(first);
            long end = System.nanoTime() + milliseconds * 1_000_000L;
            while (System.nanoTime() < end) {
                if (lines.ready()) {
                    last = Long.parseLong(lines.readLine());
                } else {
                    Thread.onSpinWait();
                }
            }
            process.destroyForcibly().waitFor();
            return last;
        }
    }

    /** A training without end that saves after every step and then says so. */
    static final class Endless {
        public static void main(String[] args) {
            RunFolder run = new RunFolder(Path.of(args[0]));
            GanSettings settings = TrainingRunTest.settings("none", Integer.MAX_VALUE);
            try (GanTask task = TrainingRunTest.task(settings, Path.of(args[1]), Backends.get("vector"))) {
                boolean resume = Files.exists(run.config());
                if (!resume) {
                    run.create(settings);
                }
                Schedule everyStep = new Schedule(Integer.MAX_VALUE, settings.batch(), 0, settings.batch(), 2, 0, Clock.WALL);
                Trainer trainer = new Trainer(task, everyStep, run, () -> false, _ -> announce(run));
                if (resume) {
                    trainer.resume();
                } else {
                    trainer.start();
                }
                trainer.run();
            }
        }

        /** Status lines come before the step's own checkpoint; what counts is what {@code latest} names by then. */
        private static void announce(RunFolder run) {
            Checkpoint.latest(run.checkpoints()).ifPresent(latest -> {
                System.out.println(Long.parseLong(latest.getFileName().toString().substring("step-".length())));
                System.out.flush();
            });
        }
    }
}
