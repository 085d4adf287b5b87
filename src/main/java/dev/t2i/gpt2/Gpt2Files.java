package dev.t2i.gpt2;

import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A folder that holds a GPT-2 as Hugging Face lays it out: {@code config.json}, {@code model.safetensors} (or shards with
 * an index), and a vocabulary. Opening reads the config only.
 */
public record Gpt2Files(Path folder, Gpt2Config config) {
    public static final String CONFIG_FILE = "config.json";

    /**
     * Finds a folder's config.
     *
     * @throws BadModelException when there is none, or it is unusable
     */
    public static Gpt2Files open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new BadModelException(folder + ": there is no such folder; a GPT-2 folder holds %s, %s, %s and %s"
                    .formatted(CONFIG_FILE, Weights.SINGLE, BpeVocabulary.VOCAB_FILE, BpeVocabulary.MERGES_FILE));
        }
        return new Gpt2Files(folder, Gpt2Config.read(folder.resolve(CONFIG_FILE)));
    }

    /**
     * Opens the weights in place and checks that they are the config's.
     *
     * @param arena owns them
     * @throws BadModelException when they are missing, malformed, or others than the config needs
     */
    public Gpt2Weights weights(Arena arena) {
        return Gpt2Weights.of(Weights.open(folder, arena), config);
    }

    /** Whether {@link #tokenizer} has something to read. */
    public boolean hasTokenizer() {
        return BpeVocabulary.isIn(folder) || config.vocabSize() == Gpt2TableTokenizer.VOCAB_SIZE;
    }

    /**
     * The folder's own vocabulary, or where it has none and the config has GPT-2's 50,257 tokens, GPT-2's.
     *
     * @throws BadModelException when there is neither, or the vocabulary is larger than the config's
     */
    public Tokenizer tokenizer() {
        if (BpeVocabulary.isIn(folder)) {
            Tokenizer tokenizer = new BytePairTokenizer(BpeVocabulary.read(folder));
            if (tokenizer.vocabSize() > config.vocabSize()) {
                throw new BadModelException("%s: the vocabulary has %d tokens, but vocab_size in %s is %d"
                        .formatted(folder, tokenizer.vocabSize(), CONFIG_FILE, config.vocabSize()));
            }
            return tokenizer;
        }
        if (config.vocabSize() != Gpt2TableTokenizer.VOCAB_SIZE) {
            throw new BadModelException("%s: there is no %s with %s, and vocab_size %d is not GPT-2's own %d; add them, or pass ids"
                    .formatted(folder, BpeVocabulary.VOCAB_FILE, BpeVocabulary.MERGES_FILE, config.vocabSize(),
                            Gpt2TableTokenizer.VOCAB_SIZE));
        }
        return new Gpt2TableTokenizer();
    }

    /**
     * Writes a folder that transformers loads as a language model. The folder must exist.
     *
     * @param weights by plain names ({@link Gpt2Weights#shapes}), an untied head as {@code lm_head.weight}
     * @param stored  the type to store them in
     * @throws dev.t2i.error.BadInputException when the place cannot be written to
     */
    public static void write(Path folder, Gpt2Config config, BpeVocabulary vocabulary, Map<String, Tensor> weights,
            DType stored) {
        Integer endOfText = vocabulary.ids().get(Tokenizer.END_OF_TEXT);
        if (vocabulary.size() > config.vocabSize()
                || endOfText != null && config.endOfText().isPresent() && config.endOfText().getAsInt() != endOfText) {
            throw new IllegalArgumentException("%d tokens with end of text %s do not fit the config's %d with end of text %s"
                    .formatted(vocabulary.size(), endOfText, config.vocabSize(), config.endOfText()));
        }
        write(folder, config, weights, stored);
        vocabulary.write(folder);
    }

    /** Writes a folder like this one, which has other weights: with its vocabulary, where that is in files. The folder must exist. */
    public void write(Path target, Map<String, Tensor> weights, DType stored) {
        write(target, config, weights, stored);
        if (BpeVocabulary.isIn(folder)) {
            BpeVocabulary.read(folder).write(target);
        }
    }

    private static void write(Path folder, Gpt2Config config, Map<String, Tensor> weights, DType stored) {
        Map<String, Shape> needed = new LinkedHashMap<>(Gpt2Weights.shapes(config));
        if (!config.tieWordEmbeddings() && weights.containsKey(Gpt2Weights.HEAD)) {
            needed.put(Gpt2Weights.HEAD, Gpt2Weights.headShape(config));
        }
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        needed.forEach((name, shape) -> {
            Tensor tensor = weights.get(name);
            if (tensor == null || !tensor.shape().equals(shape)) {
                throw new IllegalArgumentException("weight %s should have shape %s, is %s".formatted(name, shape, tensor));
            }
            writer.add(name.equals(Gpt2Weights.HEAD) ? name : Gpt2Weights.PREFIX + name, tensor, stored);
        });
        if (weights.size() != needed.size()) {
            throw new IllegalArgumentException("%d weights given, the config has %d".formatted(weights.size(), needed.size()));
        }
        config.write(folder.resolve(CONFIG_FILE));
        writer.write(folder.resolve(Weights.SINGLE));
    }
}
