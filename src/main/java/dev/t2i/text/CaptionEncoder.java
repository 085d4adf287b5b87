package dev.t2i.text;

import dev.t2i.error.BadModelException;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Tokenizer;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.ModelJson;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * A network that reads captions, in a folder of its own: {@code config.json}, whose {@code model_type} says which, {@code model.safetensors}
 * and a vocabulary. All read token ids with end-of-text in front, padded on the right.
 */
public sealed interface CaptionEncoder permits Gpt2CaptionEncoder, LstmCaptionEncoder {
    String MODEL_TYPE = "model_type";
    /** The longest configuration that is read, in bytes. */
    int LONGEST_FILE = 1 << 20;

    /**
     * Opens a folder; only its configuration is read.
     *
     * @throws BadModelException when there is none, or it is unusable
     */
    static CaptionEncoder open(Path folder) {
        Path file = folder.resolve(Gpt2Files.CONFIG_FILE);
        boolean recurrent = Files.exists(file)
                && ModelJson.readObject(file, LONGEST_FILE).path(MODEL_TYPE).asText().equals(LstmConfig.TYPE);
        return recurrent ? LstmCaptionEncoder.open(folder) : new Gpt2CaptionEncoder(Gpt2Files.open(folder));
    }

    /** A recurrent encoder that has learned nothing yet, with the vocabulary of this one's folder. */
    default CaptionEncoder recurrent(int embedding, int hidden, long seed) {
        Tokenizer tokenizer = tokenizer();
        return LstmCaptionEncoder.fresh(folder(), new LstmConfig(LstmConfig.TYPE, tokenizer.vocabSize(), embedding, hidden), seed);
    }

    /**
     * This one with the logits of the last token's successor as its pooled features.
     *
     * @throws BadModelException when it is no language model
     */
    default CaptionEncoder saying() {
        throw new BadModelException("%s: is %s, which has no logits; name a GPT-2 as text.encoder or another text.adapter.kind".formatted(folder(), description()));
    }

    Path folder();

    /** What to call it. */
    String description();

    Tokenizer tokenizer();

    /**
     * The token in front of every caption.
     *
     * @throws BadModelException when the vocabulary has none
     */
    int endOfText();

    /** Tokens of the longest caption, without the one in front. */
    int longest();

    int pooledWidth();

    int stateWidth();

    int embeddingWidth();

    /** Names and shapes of its weights. */
    Map<String, Shape> shapes();

    /**
     * Its weights by name.
     *
     * @param arena owns them
     * @throws BadModelException when they are missing, malformed, or others than the configuration needs
     */
    Function<String, Tensor> weights(Arena arena);

    /**
     * Appends it to a graph.
     *
     * @param ids  I32 {@code [batch, 1 + tokens]}, end-of-text first in each row
     * @param mask F32 {@code [batch, 1 + tokens]}, 1 for end-of-text and real tokens; each row has at least one of those
     * @param dropout what falls out of the embeddings; only recurrent encoders have it
     */
    CaptionFeatures trace(Parameters place, Value ids, Value mask, Dropout dropout);

    /** {@link #trace(Parameters, Value, Value, Dropout)} for use, where nothing falls out. */
    default CaptionFeatures trace(Parameters place, Value ids, Value mask) {
        return trace(place, ids, mask, new Dropout(0, null));
    }

    /** Writes a folder like this one with other weights; the folder must exist. */
    void write(Path folder, Map<String, Tensor> weights, DType stored);

    /** Number of weights. */
    default long parameters() {
        return shapes().values().stream().mapToLong(Shape::size).sum();
    }

    /**
     * See {@link dev.t2i.nn.Functions#dropout}.
     *
     * @param keys I32 {@code [batch, 4]}; not needed at rate zero
     */
    record Dropout(double rate, Value keys) {}
}
