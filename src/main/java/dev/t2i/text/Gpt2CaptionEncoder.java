package dev.t2i.text;

import dev.t2i.error.BadModelException;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Gpt2Model;
import dev.t2i.gpt2.Gpt2Weights;
import dev.t2i.gpt2.TextFeatures;
import dev.t2i.gpt2.Tokenizer;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * A GPT-2; the whole of a caption is its last token's state and the mean of all.
 *
 * @param says whether it is, instead, what the language head makes of the last token's state
 */
public record Gpt2CaptionEncoder(Gpt2Files files, boolean says) implements CaptionEncoder {
    Gpt2CaptionEncoder(Gpt2Files files) {
        this(files, false);
    }

    @Override
    public CaptionEncoder saying() {
        return new Gpt2CaptionEncoder(files, true);
    }

    private Gpt2Config config() {
        return files.config();
    }

    @Override
    public Path folder() {
        return files.folder();
    }

    @Override
    public String description() {
        return "a GPT-2 encoder";
    }

    @Override
    public Tokenizer tokenizer() {
        return files.tokenizer();
    }

    @Override
    public int endOfText() {
        return config().endOfText().orElseThrow(() -> new BadModelException(
                folder() + ": eos_token_id in config.json is not in the vocabulary; conditioning on text needs it"));
    }

    @Override
    public int longest() {
        return config().positions() - 1;
    }

    @Override
    public int pooledWidth() {
        return says ? config().vocabSize() : 2 * config().embedding();
    }

    @Override
    public int stateWidth() {
        return config().embedding();
    }

    @Override
    public int embeddingWidth() {
        return config().embedding();
    }

    @Override
    public Map<String, Shape> shapes() {
        return says ? Gpt2Weights.shapesWithHead(config()) : Gpt2Weights.shapes(config());
    }

    @Override
    public Function<String, Tensor> weights(Arena arena) {
        return files.weights(arena)::tensor;
    }

    @Override
    public CaptionFeatures trace(Parameters place, Value ids, Value mask, Dropout dropout) {
        TextFeatures features = TextFeatures.of(place, config(), ids, mask);
        Value pooled = says ? Gpt2Model.languageHead(place, config(), features.last()) : Value.concat(1, features.last(), features.mean());
        return new CaptionFeatures(pooled, features.tokens(), features.embeddings(), features.mask());
    }

    @Override
    public void write(Path folder, Map<String, Tensor> weights, DType stored) {
        files.write(folder, weights, stored);
    }
}
