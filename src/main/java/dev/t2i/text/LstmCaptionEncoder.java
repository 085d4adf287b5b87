package dev.t2i.text;

import dev.t2i.config.Settings;
import dev.t2i.error.BadModelException;
import dev.t2i.gpt2.BpeVocabulary;
import dev.t2i.gpt2.BytePairTokenizer;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Tokenizer;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Lstm;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * AttnGAN's encoder (Xu et al. 2018): an embedding and long short-term memory in both directions; the states of a word are its features,
 * the last states those of the whole. The published widths are 300 and twice 128. Words are the tokens of this program's own vocabulary.
 *
 * @param folder where its vocabulary is and, unless it is new, its weights
 * @param seed of a new one's weights
 */
public record LstmCaptionEncoder(Path folder, LstmConfig config, Optional<Long> seed) implements CaptionEncoder {
    /** Longer ones would make graphs too long, for the steps are unrolled. */
    private static final int LONGEST = 256;
    private static final Initializer EMBEDDING = new Initializer.Uniform(0.1);

    static LstmCaptionEncoder open(Path folder) {
        return new LstmCaptionEncoder(folder, LstmConfig.read(folder.resolve(Gpt2Files.CONFIG_FILE)), Optional.empty());
    }

    static LstmCaptionEncoder fresh(Path vocabulary, LstmConfig config, long seed) {
        return new LstmCaptionEncoder(vocabulary, config, Optional.of(seed));
    }

    @Override
    public String description() {
        return "a bidirectional LSTM encoder";
    }

    @Override
    public Tokenizer tokenizer() {
        Tokenizer tokenizer = new BytePairTokenizer(BpeVocabulary.read(folder));
        if (tokenizer.vocabSize() > config.vocabSize()) {
            throw new BadModelException("%s: the vocabulary has %d tokens, but vocab_size in %s is %d"
                    .formatted(folder, tokenizer.vocabSize(), Gpt2Files.CONFIG_FILE, config.vocabSize()));
        }
        return tokenizer;
    }

    @Override
    public int endOfText() {
        return tokenizer().endOfText().orElseThrow(() -> new BadModelException(
                "%s: the vocabulary lacks %s, which stands in front of captions".formatted(folder, Tokenizer.END_OF_TEXT)));
    }

    @Override
    public int longest() {
        return LONGEST;
    }

    @Override
    public int pooledWidth() {
        return stateWidth();
    }

    @Override
    public int stateWidth() {
        return 2 * config.hidden();
    }

    @Override
    public int embeddingWidth() {
        return config.embedding();
    }

    private List<Parameters.Declaration> declarations() {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, LstmConfig.TYPE);
        Shape two = Shape.of(1, 2);
        trace(place, graph.input("ids", DType.I32, two), graph.fill(1, two));
        return place.declarations();
    }

    @Override
    public Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        declarations().forEach(d -> shapes.put(d.name(), d.shape()));
        return shapes;
    }

    @Override
    public Function<String, Tensor> weights(Arena arena) {
        if (seed.isPresent()) {
            return Parameters.initialize(declarations(), seed.get(), arena)::get;
        }
        Weights weights = Weights.open(folder, arena);
        weights.requireWeights(shapes(), _ -> false);
        return weights::tensor;
    }

    @Override
    public CaptionFeatures trace(Parameters place, Value ids, Value mask, Dropout dropout) {
        int end = ids.dim(1);
        // It needs no token to lean on; end-of-text is in front for those that do.
        Value real = mask.slice(1, 1, end);
        Value embeddings = Layers.embedding(place.at("embedding"), ids, config.vocabSize(), config.embedding(), EMBEDDING).slice(1, 1, end);
        Value heard = dropout.rate() == 0 ? embeddings : Functions.dropout(embeddings, dropout.keys(), dropout.rate());
        Lstm.Result result = new Lstm(config.hidden(), true).run(place.at("rnn"), heard, real);
        return new CaptionFeatures(result.last(), result.outputs(), embeddings, real);
    }

    @Override
    public void write(Path target, Map<String, Tensor> weights, DType stored) {
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        shapes().forEach((name, shape) -> writer.add(name, weights.get(name), stored));
        AtomicFile.write(target.resolve(Gpt2Files.CONFIG_FILE), Settings.toTree(config).toPrettyString() + "\n");
        BpeVocabulary.read(folder).write(target);
        writer.write(target.resolve(Weights.SINGLE));
    }
}
