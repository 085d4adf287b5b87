package dev.t2i.error;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.Map;

/** Why reading or writing a file failed, in words that say what to do; Java's own messages are a path and the system's English. */
public final class FileTrouble {
    private static final String FULL = "the disk is full; free some space or choose another place";

    /** What systems say, in lower case, and what a person needs to hear. */
    private static final Map<String, String> SAID = Map.of(
            "no space left", FULL,
            "quota exceeded", FULL,
            "not enough space", FULL,
            "read-only file system", "the file system is read-only; choose another place",
            "not a directory", "a part of this path is a file, not a folder",
            "is a directory", "it is a folder",
            "name too long", "the name is too long",
            "input/output error", "the device fails (input/output error)");

    private FileTrouble() {}

    /** Half a sentence that follows "cannot be read" or "cannot be written". */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "it exists already";
            case NotDirectoryException _ -> "it is a file, not a folder";
            case CharacterCodingException _ -> "it is not text in UTF-8";
            case DirectoryNotEmptyException _ -> "the folder is not empty";
            case FileSystemLoopException _ -> "links lead round in a circle";
            case ClosedByInterruptException _ -> "the thread was interrupted";
            case FileSystemException f when f.getReason() != null -> said(f.getReason());
            default -> said(String.valueOf(e.getMessage()));
        };
    }

    private static String said(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        return SAID.entrySet().stream().filter(entry -> lower.contains(entry.getKey())).map(Map.Entry::getValue).findFirst()
                .orElseGet(() -> OneLine.of(message));
    }
}
