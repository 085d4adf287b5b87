package dev.t2i.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.t2i.Interrupts;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as people meet it: a JVM without flags, whose child does the work. */
class LauncherTest {

    @TempDir
    Path folder;

    @Test
    void argumentsStreamsAndExitCodePassThrough() throws Exception {
        List<String> args = List.of("two  words", "", "q\"uo'te", "*", "$HOME", "back\\slash\\", "\u00e9t\u00e9");
        Process process = start(Map.of(), "echo", args);
        try (var in = process.getOutputStream()) {
            in.write("a line\n".getBytes(StandardCharsets.UTF_8));
        }
        List<String> lines = lines(process);
        List<String> expected = new ArrayList<>(List.of("vector true", "native true", "option null", "stdin a line"));
        expected.addAll(args);
        assertEquals(expected, lines);
        assertEquals(42, process.waitFor());
    }

    @Test
    void moreJvmOptionsComeFromTheEnvironment() throws Exception {
        Process process = start(Map.of("T2I_JAVA_OPTIONS", "-Dprobe.option='a b' -Xmx64m"), "echo", List.of());
        process.getOutputStream().close();
        assertTrue(lines(process).contains("option a b"));
    }

    @Test
    void anotherCollectorAndYoungGenerationMayBeAskedFor() throws Exception {
        Process process = start(Map.of("T2I_JAVA_OPTIONS", "-XX:+UseParallelGC -Xmn8m"), "collector", List.of());
        assertEquals(List.of("PS MarkSweep, young 8"), lines(process));
        process = start(Map.of("T2I_JAVA_OPTIONS", "-Xmn8m"), "collector", List.of());
        assertEquals(List.of("Copy, young 8"), lines(process));
    }

    @Test
    void aJvmThatDoesNotStartKeepsOffStandardOutput() throws Exception {
        Process process = start(Map.of("T2I_JAVA_OPTIONS", "-XX:-UseSerialGC -XX:+UseParallelGC -XX:+UseG1GC"), "collector", List.of(), false, ProbeLauncher.class);
        assertEquals("", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        String trouble = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(trouble.contains("garbage collectors"), trouble);
    }

    @Test
    void aHomeThatWillNotDoIsCodeFiveAndOneLine() throws Exception {
        Process process = start(Map.of("T2I_JAVA_HOME", folder.toString()), "echo", List.of());
        List<String> lines = lines(process);
        assertEquals(5, process.waitFor());
        assertEquals(1, lines.size(), lines::toString);
        assertTrue(lines.getFirst().startsWith("t2i: T2I_JAVA_HOME=" + folder), lines.getFirst());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void lettersThatTheLocaleGarblesAreRefusedRatherThanDrawn() throws Exception {
        Process process = start(Map.of("LC_ALL", "C"), "echo", List.of("plain", "\u00e9t\u00e9"));
        process.getOutputStream().close();
        List<String> lines = lines(process);
        assertEquals(3, process.waitFor(), lines::toString);
        assertEquals(1, lines.size(), lines::toString);
        assertTrue(lines.getFirst().contains("argument 3") && lines.getFirst().contains("LC_ALL=C.UTF-8"), lines::toString);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aSignalReachesTheChildWhichMaySaveFirst() throws Exception {
        Path saved = folder.resolve("saved");
        Process process = start(Map.of(), "train", List.of(saved.toString()));
        BufferedReader out = reader(process);
        assertEquals("ready", out.readLine());
        process.destroy();
        assertEquals(143, process.waitFor());
        assertTrue(Files.exists(saved), "the launcher ended before its child had saved");
    }

    @Test
    void aLauncherThatIsEndingStartsNoChild() throws Exception {
        Process process = start(Map.of(), "echo", List.of(), true, EndingLauncher.class);
        process.getOutputStream().close();
        assertEquals("", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(143, process.waitFor());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void ctrlCAtATerminalEndsBothWith130() throws Exception {
        Interrupts.assumeHeeded();
        Path saved = folder.resolve("saved");
        Process process = start(Map.of(), "train", List.of(saved.toString()));
        BufferedReader out = reader(process);
        assertEquals("ready", out.readLine());
        long child = process.children().findFirst().orElseThrow().pid();
        // A terminal sends SIGINT to every process of the foreground group.
        Process kill = new ProcessBuilder("kill", "-INT", Long.toString(process.pid()), Long.toString(child)).start();
        assertEquals(0, kill.waitFor());
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running 30 s after SIGINT");
        assertEquals(130, process.exitValue());
        assertTrue(Files.exists(saved), "the launcher ended before its child had saved");
        assertFalse(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false));
    }

    /** What the child runs in these tests. */
    public static final class Probe {

        private Probe() {
        }

        public static void main(String[] args) throws Exception {
            switch (args[0]) {
                case "echo" -> echo(args);
                case "collector" -> System.out.println(ManagementFactory.getGarbageCollectorMXBeans().stream().map(bean -> bean.getName()).sorted().findFirst().orElseThrow()
                        + ", young " + (Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption("NewSize").getValue()) >> 20));
                case "train" -> train(Path.of(args[1]));
                default -> throw new IllegalArgumentException(args[0]);
            }
        }

        private static void echo(String[] args) throws IOException {
            var out = new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8);
            out.println("vector " + ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
            out.println("native " + Probe.class.getModule().isNativeAccessEnabled());
            out.println("option " + System.getProperty("probe.option"));
            out.println("stdin " + new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine());
            for (int i = 1; i < args.length; i++) {
                out.println(args[i]);
            }
            System.exit(42);
        }

        private static void train(Path saved) throws InterruptedException {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    Thread.sleep(300);
                    Files.createFile(saved);
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
            System.out.println("ready");
            TimeUnit.MINUTES.sleep(1);
        }
    }

    /** Launches the probe from a plain JVM, as {@code java -jar} would. */
    public static final class ProbeLauncher {

        private ProbeLauncher() {
        }

        public static void main(String[] args) throws Throwable {
            Launcher.launch(Probe.class.getName(), args);
        }
    }

    /** Launches when a signal, or what stands for one here, has come already. */
    public static final class EndingLauncher {

        private EndingLauncher() {
        }

        public static void main(String[] args) throws Throwable {
            CountDownLatch ending = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                ending.countDown();
                try {
                    Thread.sleep(300);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
            Thread.ofPlatform().start(() -> System.exit(143));
            ending.await();
            Launcher.launch(Probe.class.getName(), args);
        }
    }

    private Process start(Map<String, String> environment, String what, List<String> args) throws IOException {
        return start(environment, what, args, true, ProbeLauncher.class);
    }

    private Process start(Map<String, String> environment, String what, List<String> args, boolean together, Class<?> launcher) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-cp", classPath(),
                launcher.getName(), what));
        command.addAll(args);
        ProcessBuilder builder = new ProcessBuilder(command);
        for (String name : List.of("T2I_JAVA_HOME", "T2I_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")) {
            builder.environment().remove(name);
        }
        // Arguments beyond ASCII need a locale that has them.
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(together).start();
    }

    private static String classPath() {
        return String.join(File.pathSeparator, "target/classes", "target/test-classes");
    }

    private static BufferedReader reader(Process process) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        // The JVM's own line about incubator modules, which no option silences.
        reader.mark(1000);
        if (!reader.readLine().startsWith("WARNING: Using incubator modules")) {
            reader.reset();
        }
        return reader;
    }

    private static List<String> lines(Process process) throws IOException {
        return reader(process).lines().toList();
    }
}
