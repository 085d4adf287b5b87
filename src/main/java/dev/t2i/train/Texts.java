package dev.t2i.train;

import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.gpt2.Sentences;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Texts to learn a language from: the lines of files, or the captions of data sets. */
public record Texts(List<String> lines) {
    public Texts {
        lines = List.copyOf(lines);
    }

    /**
     * Reads sources in order. A source is a text file in UTF-8, whose lines that are not blank are texts, or where no file
     * of that name is, the name of a data set ({@code scenes:?count=100000}), of whose pictures each gives one caption.
     *
     * @param normalise whether to bring texts into the form in which sentences condition pictures
     * @throws BadInputException when a source cannot be read, or there is no text in any of them
     */
    public static Texts read(List<String> sources, boolean normalise) {
        List<String> lines = new ArrayList<>();
        for (String source : sources) {
            boolean named = source.indexOf(':') > 0 && !Files.exists(Path.of(source));
            if (named) {
                addCaptions(source, lines);
            } else {
                addLines(Path.of(source), lines);
            }
        }
        if (normalise) {
            lines.replaceAll(Sentences::normalise);
        }
        lines.removeIf(String::isBlank);
        if (lines.isEmpty()) {
            throw new BadInputException(String.join(", ", sources) + ": there is no text to learn from");
        }
        return new Texts(lines);
    }

    private static void addLines(Path file, List<String> lines) {
        try (Stream<String> all = Files.lines(file)) {
            all.map(String::strip).forEach(lines::add);
        } catch (NoSuchFileException e) {
            throw new BadInputException(file + ": no such file; name text files, or a data set such as scenes:?count=100000", e);
        } catch (IOException | java.io.UncheckedIOException e) {
            Throwable reason = e instanceof java.io.UncheckedIOException ? e.getCause() : e;
            throw new BadInputException(file + ": " + (reason instanceof CharacterCodingException ? "not a text file in UTF-8"
                    : "cannot be read: " + (Files.isDirectory(file) ? "it is a folder" : reason.getMessage())), e);
        }
    }

    private static void addCaptions(String source, List<String> lines) {
        DataSpec spec = DataSpec.parse(source);
        CaptionedImages images = spec.open();
        if (images.size() == CaptionedImages.ENDLESS) {
            throw new BadInputException("data '" + source + "': has no end; say how many captions to take, as in scenes:?count=100000");
        }
        for (long index = 0; index < images.size(); index++) {
            lines.add(images.describe(index, index).caption().strip());
        }
    }

    /** A hash of all texts, which tells whether a run goes on with those that it was started with. */
    public String fingerprint() {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            for (String line : lines) {
                hash.update(line.getBytes(StandardCharsets.UTF_8));
                hash.update((byte) '\n');
            }
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
