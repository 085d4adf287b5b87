package dev.t2i.cli;

import dev.t2i.error.OneLine;
import dev.t2i.error.T2iException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What went wrong, as a person and a script need it: one line and an exit code. */
record Failure(int exitCode, String line) {

    /** Beyond that a value from outside fills the screen and hides what is wrong with it. */
    static final int LONGEST = 500;

    static Failure of(Throwable thrown) {
        Throwable error = unwrapped(thrown);
        return switch (error) {
            case T2iException e -> new Failure(ExitCode.of(e.kind()), oneLine(e.getMessage()));
            case InterruptedException _, CancellationException _, ClosedByInterruptException _ ->
                new Failure(ExitCode.INTERRUPTED, "interrupted");
            case NoSuchFileException e -> new Failure(ExitCode.BAD_INPUT, oneLine(e.getFile()) + ": no such file or folder");
            case AccessDeniedException e -> new Failure(ExitCode.BAD_INPUT, oneLine(e.getFile()) + ": permission denied");
            case NotDirectoryException e -> new Failure(ExitCode.BAD_INPUT, oneLine(e.getFile()) + ": not a folder");
            case FileAlreadyExistsException e ->
                new Failure(ExitCode.BAD_INPUT, oneLine(e.getFile()) + ": already exists; pass --force to overwrite it");
            case FileNotFoundException e -> new Failure(ExitCode.BAD_INPUT, oneLine(e.getMessage()));
            case FileSystemException e when e.getReason() != null ->
                new Failure(ExitCode.FAILED, oneLine(e.getFile() + ": " + e.getReason()));
            case InvalidPathException e -> new Failure(ExitCode.BAD_INPUT, oneLine("'" + e.getInput() + "': is not a path, " + e.getReason()));
            case IOException e -> new Failure(ExitCode.FAILED, "reading or writing failed: " + oneLine(messageOf(e)));
            case OutOfMemoryError e when messageOf(e).startsWith("Unable to allocate") -> new Failure(ExitCode.BACKEND, "out of memory ("
                    + oneLine(messageOf(e)) + "); the machine has too little, use a smaller batch, smaller pictures or a smaller network");
            case OutOfMemoryError e -> new Failure(ExitCode.BACKEND, "out of memory (" + oneLine(messageOf(e))
                    + "); ask for less at once, or give the Java heap more with T2I_JAVA_OPTIONS=-Xmx4g");
            default -> new Failure(ExitCode.FAILED, "internal error: " + error.getClass().getSimpleName()
                    + (error.getMessage() == null ? "" : ": " + oneLine(error.getMessage()))
                    + " (a defect of t2i; --verbose shows where)");
        };
    }

    /** The error that tells most: wrappers that threads and streams put around it come off. */
    static Throwable unwrapped(Throwable thrown) {
        Throwable error = thrown;
        while (error.getCause() != null && (error instanceof ExecutionException || error instanceof CompletionException
                || error instanceof UncheckedIOException)) {
            error = error.getCause();
        }
        return error;
    }

    private static String messageOf(Throwable error) {
        return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    }

    private static String oneLine(String text) {
        return text == null ? "" : OneLine.of(text, LONGEST);
    }
}
