package dev.t2i.cli;

import dev.t2i.error.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Prompts from a file or from standard input: one a line, in UTF-8, blank lines left out. */
final class PromptLines {

    private static final String STANDARD_INPUT = "-";
    private static final int LONGEST = 64 << 20;

    private PromptLines() {
    }

    static List<String> read(Path place) {
        boolean piped = place.toString().equals(STANDARD_INPUT);
        String name = piped ? "standard input" : place.toString();
        try (InputStream in = piped ? System.in : Files.newInputStream(place)) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw new BadInputException("%s: is longer than %d MiB, too many prompts for one run".formatted(name, LONGEST >> 20));
            }
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            List<String> lines = text.lines().map(line -> line.replace("\ufeff", "")).filter(line -> !line.isBlank()).toList();
            if (lines.isEmpty()) {
                throw new BadInputException(name + ": holds no prompt; write one a line");
            }
            return lines;
        } catch (CharacterCodingException e) {
            throw new BadInputException(name + ": is not text in UTF-8", e);
        } catch (IOException e) {
            throw new BadInputException(name + ": cannot be read" + (Files.isDirectory(place) ? ", it is a folder"
                    : Files.notExists(place) ? ", there is no such file" : ": " + e.getMessage()), e);
        }
    }
}
