package dev.t2i.text;

import dev.t2i.config.Range;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.ModelJson;
import java.nio.file.Path;

/**
 * {@code config.json} of a recurrent encoder's folder.
 *
 * @param modelType {@value #TYPE}
 * @param vocabSize rows of the embedding
 * @param embedding its width
 * @param hidden width of the state of each of the two directions
 */
public record LstmConfig(
        String modelType,
        @Range(min = 1, max = 10_000_000) int vocabSize,
        @Range(min = 1, max = 8192) int embedding,
        @Range(min = 1, max = 8192) int hidden) {
    /** What the file says it is. */
    static final String TYPE = "lstm";

    static LstmConfig read(Path file) {
        try {
            return Settings.fromTree(ModelJson.readObject(file, CaptionEncoder.LONGEST_FILE), file.toString(), LstmConfig.class);
        } catch (BadInputException e) {
            throw new BadModelException(e.getMessage(), e);
        }
    }
}
