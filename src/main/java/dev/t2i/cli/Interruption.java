package dev.t2i.cli;

import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Ctrl-C and termination for commands that have something to save or to clean up. Such a command calls {@link #defer()}, looks
 * at {@link #requested()} between steps, saves, and returns; the JVM ends only after that, with the signal's exit code.
 * Other commands do nothing: the JVM just ends.
 */
final class Interruption {

    private static final long LOOK_NANOS = 2_000_000_000L;
    private static final CountDownLatch FINISHED = new CountDownLatch(1);
    private static volatile boolean requested;
    private static volatile boolean deferred;

    private Interruption() {
    }

    /** Listens to signals from now on, until the JVM ends. */
    static void listen() {
        Runtime.getRuntime().addShutdownHook(new Thread(Interruption::stop, "interruption"));
    }

    /**
     * From now on a signal only sets {@link #requested()}, and the JVM waits for the command to return. Called before results
     * are written, too: what is being written when a signal comes becomes whole, and nothing is left lying beside it.
     */
    static void defer() {
        deferred = true;
    }

    /** Runs what must not be cut short by a signal; one that came meanwhile ends the command right after it. */
    static void whole(Runnable work) {
        boolean before = deferred;
        deferred = true;
        try {
            work.run();
        } finally {
            deferred = before;
        }
        check();
    }

    /** True once the person, or the system, has asked the program to end. */
    static boolean requested() {
        return requested;
    }

    /** For commands that clean up where exceptions pass: throws one that ends with the signal's exit code. */
    static void check() {
        if (requested) {
            throw new CancellationException();
        }
    }

    /** The command has returned; nothing is left to wait for. */
    static void finished() {
        FINISHED.countDown();
    }

    /**
     * Ends this JVM, as a signal would, when the launcher that started it is gone: nobody would be left to stop a training
     * whose launcher was killed, be it while this JVM was still starting.
     */
    static void followLauncher() {
        long launcher = Long.getLong("t2i.launched", 0);
        if (launcher == 0) {
            return;
        }
        if (!isAbove(launcher)) {
            System.exit(ExitCode.INTERRUPTED);
        }
        ProcessHandle.of(launcher).ifPresent(process -> process.onExit().thenRun(() -> System.exit(ExitCode.INTERRUPTED)));
        // A process that was killed stays in the list until its own parent has taken note, which may be never.
        Thread.ofPlatform().daemon().name("launcher").start(() -> {
            while (isAbove(launcher)) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            System.exit(ExitCode.INTERRUPTED);
        });
    }

    /** Whether a process is this one's parent or further up; one that ended is not. */
    private static boolean isAbove(long pid) {
        Optional<ProcessHandle> above = ProcessHandle.current().parent();
        while (above.isPresent() && above.get().pid() != pid) {
            above = above.get().parent();
        }
        return above.isPresent();
    }

    private static void stop() {
        requested = true;
        if (!deferred) {
            return;
        }
        try {
            FINISHED.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
