package dev.t2i.launcher;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The JVM that does the work, on this process's standard streams.
 *
 * <p>A Ctrl-C at a terminal reaches both processes; a signal sent to the launcher alone is passed on. Either way the launcher
 * outlives the child, which may still be saving, and ends with its exit code, or with its own signal's (130, 143) when the
 * child ended by that signal. If the launcher is killed outright, the child sees it: it is told by {@link #PROPERTY}
 * to watch its parent.
 */
final class Child {

    /** System property that is "true" in a child. */
    static final String PROPERTY = "t2i.launched";

    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private final Process process;

    private Child(Process process) {
        this.process = process;
    }

    /** @param environment more variables for it */
    static Child start(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        Child child = new Child(builder.start());
        Runtime.getRuntime().addShutdownHook(new Thread(child::endWithUs, "t2i-child"));
        return child;
    }

    int await() throws InterruptedException {
        return process.waitFor();
    }

    /** The launcher was told to end: so shall the child, in its own time. */
    private void endWithUs() {
        if (!process.isAlive()) {
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
