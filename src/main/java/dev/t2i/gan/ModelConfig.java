package dev.t2i.gan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.ModelJson;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code config.json} of a model folder: what the networks look like and what the model knows of the world.
 *
 * @param format version of this layout
 * @param name for people
 * @param size edge of the pictures in pixels
 * @param text how sentences become conditioning vectors
 * @param samples pictures that it was trained on
 * @param data what those were
 * @param truncation factor on the noise that it draws with unless told otherwise
 * @param words all words that its captions used, in alphabetical order
 */
public record ModelConfig(
        @Range(min = 1, max = 1) @Default("1") int format,
        String name,
        @Range(min = 8, max = 1024) int size,
        AdapterSettings text,
        GeneratorSettings generator,
        @Range(min = 0) @Default("0") long samples,
        @Default("") String data,
        @Range(min = 0, max = 4) @Default("1") double truncation,
        List<String> words) {
    /** The file's name in a model folder. */
    public static final String FILE = "config.json";
    private static final long LONGEST = 16 << 20;

    public ModelConfig {
        words = List.copyOf(words);
    }

    /**
     * Reads a model folder's configuration.
     *
     * @throws BadModelException in one line naming the file, the setting and what it should be
     */
    public static ModelConfig read(Path folder) {
        Path file = folder.resolve(FILE);
        JsonNode tree = ModelJson.readObject(file, LONGEST);
        try {
            ModelConfig config = Settings.fromTree(tree, file.toString(), ModelConfig.class);
            config.generator.requireSize(file + ": generator", config.size);
            return config;
        } catch (BadInputException e) {
            throw new BadModelException(e.getMessage(), e);
        }
    }

    public void write(Path folder) {
        AtomicFile.write(folder.resolve(FILE), Settings.toTree(this).toPrettyString() + "\n");
    }

    public Generator buildGenerator() {
        return generator.build(text.width());
    }
}
