package dev.t2i.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C and termination for commands that have something to save. Such a command calls {@link #install()}, looks at
 * {@link #requested()} between steps, saves, and returns; the JVM ends only after that, with the signal's exit code.
 * Commands without anything to save do nothing: the JVM just ends.
 */
final class Interruption {

    private static final CountDownLatch FINISHED = new CountDownLatch(1);
    private static final AtomicBoolean REQUESTED = new AtomicBoolean();
    private static final AtomicBoolean INSTALLED = new AtomicBoolean();

    private Interruption() {
    }

    /** From now on a signal only sets {@link #requested()}, and the JVM waits for the command to end. */
    static void install() {
        if (INSTALLED.compareAndSet(false, true)) {
            Runtime.getRuntime().addShutdownHook(new Thread(Interruption::stop, "interruption"));
        }
    }

    /** True once the person, or the system, has asked the program to end. */
    static boolean requested() {
        return REQUESTED.get();
    }

    /** The command has returned; nothing is left to wait for. */
    static void finished() {
        FINISHED.countDown();
    }

    /**
     * Ends this JVM, as a signal would, when the launcher that started it is gone: nobody would be left to stop a training
     * whose launcher was killed.
     */
    static void followLauncher() {
        if (Boolean.getBoolean("t2i.launched")) {
            ProcessHandle.current().parent()
                    .ifPresent(launcher -> launcher.onExit().thenRun(() -> System.exit(ExitCode.INTERRUPTED)));
        }
    }

    private static void stop() {
        REQUESTED.set(true);
        try {
            FINISHED.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
