package dev.t2i.data;

import dev.t2i.error.FileTrouble;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What readers of data sets share: text files, captions and names from outside. */
final class Lines {
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    /** Java takes the characters that file names may have from the locale when it starts. */
    static final String NO_FILE_NAME = "cannot be the name of a file here; if it has letters beyond ASCII, set LC_ALL=C.UTF-8 and start again";

    private Lines() {}

    /** A text file in UTF-8, without a byte order mark; nothing, with a problem noted under {@code name}, where it is none. */
    static Optional<String> text(Path file, String name, Problems problems) {
        try {
            String text = Files.readString(file);
            return Optional.of(withoutMark(text));
        } catch (CharacterCodingException e) {
            problems.add(Problem.Type.BAD_METADATA, name, "not a text file in UTF-8; convert it");
            return Optional.empty();
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /** A text without a byte order mark at its start. */
    static String withoutMark(String text) {
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    /** Takes a line without its end, and its number, from 1. */
    interface Line {
        void read(String line, int number);
    }

    /** Reads a text file in UTF-8 line by line, for there are lists longer than memory; where it is none, a problem is noted under {@code name}. */
    static void each(Path file, String name, Problems problems, Line lines) {
        try (BufferedReader in = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                number++;
                lines.read(number == 1 ? withoutMark(line) : line, number);
            }
        } catch (CharacterCodingException e) {
            problems.add(Problem.Type.BAD_METADATA, name, "not a text file in UTF-8; convert it");
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /** A caption on one line, without blanks around it. */
    static String caption(String raw) {
        return BLANKS.matcher(raw).replaceAll(" ").strip();
    }

    /**
     * Adds a caption to those of a picture.
     *
     * @param where the file and line it comes from, for the problem of an empty one
     */
    static void keep(List<String> captions, String raw, String where, String picture, Problems problems) {
        String caption = caption(raw);
        if (caption.isEmpty()) {
            problems.add(Problem.Type.EMPTY_CAPTION, where, "the caption of " + picture + " is empty");
        } else {
            captions.add(caption);
        }
    }

    /** Captions one a line, lines that are blank left out. */
    static void keepAll(List<String> captions, String text, String where, String picture, Problems problems) {
        List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
        if (lines.isEmpty()) {
            keep(captions, "", where, picture, problems);
        }
        lines.forEach(line -> keep(captions, line, where, picture, problems));
    }

    /** The path from {@code root} of a file that a list names, with slashes; nothing where the name leads out of {@code root}, or is none. */
    static Optional<String> inside(Path root, Path folder, String name) {
        try {
            Path base = root.toAbsolutePath().normalize();
            Path file = folder.toAbsolutePath().resolve(name).normalize();
            return name.isBlank() || !file.startsWith(base) || file.equals(base) ? Optional.empty() : Optional.of(base.relativize(file).toString().replace('\\', '/'));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** What to say of a name that {@link #inside} gave nothing for. */
    static String whyNotInside(String name) {
        try {
            Path.of(name);
            return "leads out of the folder";
        } catch (InvalidPathException e) {
            return NO_FILE_NAME;
        }
    }

    /** The names of a folder's files; empty where there is no such folder. */
    static List<String> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new DataException(folder + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    static void requireFolder(Path root) {
        if (!Files.isDirectory(root)) {
            throw new DataException(root + (Files.exists(root) ? ": is a file; unpack it if it is an archive, and name the folder" : ": there is no such folder"));
        }
    }
}
