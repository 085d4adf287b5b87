package dev.t2i;

import dev.t2i.error.BadInputException;
import dev.t2i.error.OneLine;
import dev.t2i.image.Png;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What a picture's metadata say about how it was drawn: enough to draw it again. Stored as texts of a PNG under the names
 * of these components, the last as {@code Software}, a keyword of the PNG standard.
 *
 * @param prompt as it was given
 * @param model {@link TextToImage#identity()}
 * @param software name and version of the program
 */
public record Provenance(String prompt, long seed, double truncation, String model, String software) {
    private static final String BUILD = "program.properties";
    private static final int LONGEST_SHOWN = 60;
    private static final String PROMPT = "prompt";
    private static final String SEED = "seed";
    private static final String TRUNCATION = "truncation";
    private static final String MODEL = "model";
    private static final String SOFTWARE = "Software";

    /** For a picture that this program draws now. */
    public static Provenance of(TextToImage.Request request, double truncation, TextToImage model) {
        return new Provenance(request.prompt(), request.seed(), truncation, model.identity(), program());
    }

    /** This program and its version, which the build wrote beside the classes: the manifest of a jar may be somebody else's. */
    public static String program() {
        Properties build = new Properties();
        try (InputStream in = Provenance.class.getResourceAsStream(BUILD)) {
            if (in != null) {
                build.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ("t2i " + build.getProperty("version", "")).strip();
    }

    /**
     * Reads a picture's metadata.
     *
     * @throws BadInputException when the file is no PNG, or its metadata don't tell prompt and seed
     */
    public static Provenance read(Path picture) {
        Map<String, String> text = Png.readText(picture);
        String prompt = text.get(PROMPT);
        if (prompt == null || !text.containsKey(SEED)) {
            throw new BadInputException(picture + ": its metadata name no prompt and seed; only single pictures that t2i drew with metadata can be repeated");
        }
        if (prompt.isBlank()) {
            throw new BadInputException(picture + ": the prompt in its metadata is empty");
        }
        try {
            Provenance read = new Provenance(prompt, Long.parseLong(text.get(SEED)), Double.parseDouble(text.getOrDefault(TRUNCATION, "1")),
                    text.getOrDefault(MODEL, ""), text.getOrDefault(SOFTWARE, ""));
            TextToImage.requireTruncation(read.truncation);
            return read;
        } catch (NumberFormatException e) {
            throw new BadInputException("%s: its metadata say seed '%s' and truncation '%s', which are no numbers that this program writes"
                    .formatted(picture, shown(text.get(SEED)), shown(text.getOrDefault(TRUNCATION, "1"))), e);
        } catch (BadInputException e) {
            throw new BadInputException(picture + ": by its metadata the " + e.getMessage(), e);
        }
    }

    private static String shown(String value) {
        return OneLine.of(value, LONGEST_SHOWN);
    }

    /** As texts for {@link Png#write}. */
    public Map<String, String> toText() {
        Map<String, String> text = new LinkedHashMap<>();
        text.put(PROMPT, prompt);
        text.put(SEED, Long.toString(seed));
        text.put(TRUNCATION, Double.toString(truncation));
        text.put(MODEL, model);
        text.put(SOFTWARE, software);
        return text;
    }
}
