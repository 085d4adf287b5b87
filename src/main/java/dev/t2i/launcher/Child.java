package dev.t2i.launcher;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * The JVM that does the work, on this process's standard streams.
 *
 * <p>A Ctrl-C at a terminal reaches both processes; a signal sent to the launcher alone is passed on. Either way the launcher
 * outlives the child, which may still be saving, and ends with its exit code, or with its own signal's (130, 143) when the
 * child ended by that signal. If the launcher is killed outright, the child sees it: it is told by {@link #PROPERTY}
 * whom to watch.
 */
final class Child {

    /** System property that holds the launcher's process id in a child. */
    static final String PROPERTY = "t2i.launched";

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private Process process;
    private boolean ending;

    private Child() {
    }

    /** @param environment more variables for it */
    static Child start(List<String> command, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        Child child = new Child();
        try {
            // First, so that no signal finds a child that nobody would end.
            Runtime.getRuntime().addShutdownHook(new Thread(child::endWithUs, "t2i-child"));
        } catch (IllegalStateException e) {
            // A signal came already.
            untilTheEnd();
        }
        if (!child.begin(builder)) {
            untilTheEnd();
        }
        return child;
    }

    private synchronized boolean begin(ProcessBuilder builder) throws IOException {
        if (!ending) {
            process = builder.start();
        }
        return !ending;
    }

    /** This JVM is ending by a signal, and its exit code is settled. */
    private static void untilTheEnd() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    /** The option that tells a child whom to watch. */
    static String option() {
        return "-D" + PROPERTY + "=" + ownId();
    }

    private static String ownId() {
        try {
            Class<?> handle = Class.forName("java.lang.ProcessHandle");
            return String.valueOf(handle.getMethod("pid").invoke(handle.getMethod("current").invoke(null)));
        } catch (ReflectiveOperationException e) {
            // In Java 8 this alone knows, and says "1234@host".
            String name = ManagementFactory.getRuntimeMXBean().getName();
            return name.substring(0, Math.max(0, name.indexOf('@')));
        }
    }

    int await() throws InterruptedException {
        return process.waitFor();
    }

    private synchronized Process end() {
        ending = true;
        return process;
    }

    /** The launcher was told to end: so shall the child, in its own time. */
    private void endWithUs() {
        Process process = end();
        if (process == null || !process.isAlive()) {
            return;
        }
        // Windows knows no polite way to ask from here, but there the console has told the child already.
        // Elsewhere SIGTERM after a Ctrl-C does no harm: a JVM that is shutting down ignores further signals.
        if (!WINDOWS) {
            process.destroy();
        }
        try {
            int exitCode = process.waitFor();
            boolean endedBySignal = exitCode > 128;
            if (!endedBySignal) {
                Runtime.getRuntime().halt(exitCode);
            }
        } catch (InterruptedException e) {
            process.destroy();
        }
    }
}
