package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.Interrupts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A command with something to save, under signals. */
@DisabledOnOs(OS.WINDOWS)
class InterruptionTest {

    @TempDir
    Path folder;

    @Test
    void ctrlCLetsTheCommandSaveAndEndsWith130() throws Exception {
        Interrupts.assumeHeeded();
        Process process = start(List.of(java(), "-cp", classPath(), Saver.class.getName(), saved().toString()));
        assertEquals(0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running 30 s after SIGINT");
        assertEquals(130, process.exitValue());
        assertEquals("whole", Files.readString(saved()));
    }

    @Test
    void aCommandWhoseLauncherIsKilledSavesAndEnds() throws Exception {
        Process launcher = start(List.of("sh", "-c", launched()));
        ProcessHandle command = launcher.children().findFirst().orElseThrow();
        launcher.destroyForcibly();
        command.onExit().get(30, TimeUnit.SECONDS);
        assertEquals("whole", Files.readString(saved()));
    }

    @Test
    void aLauncherThatNobodyTakesNoteOfIsMissedAllTheSame() throws Exception {
        // The outer shell becomes a program that never asks how its child ended.
        Process parent = start(List.of("sh", "-c", "sh -c \"$1\" & exec sleep 60", "sh", launched()));
        try {
            ProcessHandle launcher = parent.children().findFirst().orElseThrow();
            ProcessHandle command = launcher.children().findFirst().orElseThrow();
            launcher.destroyForcibly();
            command.onExit().get(30, TimeUnit.SECONDS);
            assertEquals("whole", Files.readString(saved()));
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void aCommandWhoseLauncherIsGoneAlreadyEndsAtOnce() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        assertEquals(0, gone.waitFor());
        Process command = new ProcessBuilder(java(), "-Dt2i.launched=" + gone.pid(), "-cp", classPath(), Saver.class.getName(), saved().toString())
                .redirectErrorStream(true).start();
        assertEquals("", new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(130, command.waitFor());
    }

    /** A shell's line in which it stands for the launcher; "; true" keeps it from becoming the command itself. */
    private String launched() {
        return "'" + java() + "' -Dt2i.launched=$$ -cp '" + classPath() + "' '" + Saver.class.getName() + "' '" + saved() + "'; true";
    }

    /** Works until it is asked to stop, and then saves. */
    public static final class Saver {

        private Saver() {
        }

        public static void main(String[] args) throws Exception {
            Interruption.followLauncher();
            Interruption.listen();
            Interruption.defer();
            System.out.println("ready");
            while (!Interruption.requested()) {
                Thread.sleep(5);
            }
            Thread.sleep(200);
            Files.writeString(Path.of(args[0]), "whole");
            Interruption.finished();
            System.exit(0);
        }
    }

    private Path saved() {
        return folder.resolve("saved");
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String classPath() {
        return "target/classes:target/test-classes";
    }

    private static Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // With these a JVM's first line would be its own.
        builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
        Process process = builder.start();
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        assertTrue("ready".equals(line), line);
        return process;
    }
}
