package dev.t2i.train;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.TextCondition;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Gpt2Weights;
import dev.t2i.gpt2.Sentences;
import dev.t2i.gpt2.TextFeatures;
import dev.t2i.gpt2.TokenBatch;
import dev.t2i.gpt2.Tokenizer;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The GPT-2 in a training: sentences to pooled features, last token's and mean side by side. Frozen, it runs as a graph
 * of its own and its results are inputs of the step; trained along, it is traced into the step.
 */
final class TextSide implements GanProgram.TextInput, AutoCloseable {
    static final String ENCODER = "encoder";
    static final String FEATURES = ".features";
    private static final String IDS = ".ids";
    private static final String WORDS = ".words";
    private static final String EMBEDDINGS = ".embeddings";
    private static final String MASK = ".mask";

    private final Gpt2Files files;
    private final Tokenizer tokenizer;
    private final int endOfText;
    private final int tokens;
    private final boolean trained;
    private final Arena arena = Arena.ofShared();
    private final Map<Graph, Parameters> places = new IdentityHashMap<>();
    private final Map<Graph, Map<String, TextFeatures>> traced = new IdentityHashMap<>();
    private final Map<String, TokenBatch> batches = new LinkedHashMap<>();
    private Gpt2Weights weights;
    private Executable frozen;
    private TokenBatch frozenBatch;

    /**
     * @param tokens longest sentence; longer ones are cut
     * @param trained whether the encoder is part of the step and its weights are states to learn
     */
    TextSide(Gpt2Files files, int tokens, boolean trained) {
        this.files = files;
        this.tokenizer = files.tokenizer();
        this.tokens = tokens;
        this.trained = trained;
        this.endOfText = files.config().endOfText().orElseThrow(() -> new BadModelException(
                files.folder() + ": eos_token_id in config.json is not in the vocabulary; conditioning on text needs it"));
        if (files.config().positions() < tokens + 1) {
            throw new BadModelException("%s: %d positions are too few for sentences of %d tokens and the one in front; lower text.adapter.tokens"
                    .formatted(files.folder(), files.config().positions(), tokens));
        }
    }

    Gpt2Config config() {
        return files.config();
    }

    Gpt2Files files() {
        return files;
    }

    /** Width of the pooled features. */
    int features() {
        return 2 * files.config().embedding();
    }

    /** The encoder's weights as they are in its folder, by plain name. */
    Map<String, Tensor> initialWeights() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Gpt2Weights.shapes(config()).keySet().forEach(name -> tensors.put(name, weights().tensor(name)));
        return tensors;
    }

    private Gpt2Weights weights() {
        if (weights == null) {
            weights = files.weights(arena);
        }
        return weights;
    }

    private static Value pool(TextFeatures features) {
        return Value.concat(1, features.last(), features.mean());
    }

    @Override
    public Value pooled(Graph graph, String name, int rows) {
        if (!trained) {
            return graph.input(name + FEATURES, DType.F32, Shape.of(rows, features()));
        }
        return pool(trace(graph, name, rows));
    }

    @Override
    public TextCondition.Words words(Graph graph, String name, int rows) {
        if (!trained) {
            Shape shape = Shape.of(rows, tokens, config().embedding());
            return new TextCondition.Words(graph.input(name + WORDS, DType.F32, shape), graph.input(name + EMBEDDINGS, DType.F32, shape),
                    graph.input(name + MASK, DType.F32, Shape.of(rows, tokens)));
        }
        TextFeatures features = trace(graph, name, rows);
        return new TextCondition.Words(features.tokens(), features.embeddings(), features.mask());
    }

    private TextFeatures trace(Graph graph, String name, int rows) {
        Parameters place = places.computeIfAbsent(graph, g -> Parameters.of(g, ENCODER));
        return traced.computeIfAbsent(graph, _ -> new LinkedHashMap<>()).computeIfAbsent(name, _ -> TextFeatures.of(place, config(),
                graph.input(name + IDS, DType.I32, Shape.of(rows, tokens + 1)), graph.input(name + MASK, DType.F32, Shape.of(rows, tokens + 1))));
    }

    @Override
    public Optional<Parameters> trained(Graph graph) {
        return Optional.ofNullable(places.get(graph));
    }

    /** Lends the frozen weights to the session and compiles the encoder for {@code rows} sentences at a time. */
    void compileFrozen(Session session, int rows) {
        if (trained) {
            return;
        }
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, ENCODER, name -> weights().tensor(name).dtype());
        Value ids = graph.input("ids", DType.I32, Shape.of(rows, tokens + 1));
        Value mask = graph.input("mask", DType.F32, Shape.of(rows, tokens + 1));
        TextFeatures features = TextFeatures.of(place, config(), ids, mask);
        graph.output(FEATURES, pool(features));
        graph.output(WORDS, features.tokens());
        graph.output(EMBEDDINGS, features.embeddings());
        graph.output(MASK, features.mask());
        for (Parameters.Declaration declaration : place.declarations()) {
            session.lend(place.stateName(declaration.name()), weights().tensor(declaration.name()));
        }
        frozen = session.compile(graph);
        frozenBatch = TokenBatch.allocate(arena, rows, tokens + 1);
    }

    /**
     * Puts what a step needs of the named groups of sentences into {@code inputs}. Frozen, all groups together must have
     * as many rows as were compiled for.
     */
    void feed(Map<String, Tensor> inputs, Map<String, List<String>> groups) {
        if (trained) {
            groups.forEach((name, sentences) -> {
                TokenBatch batch = batches.computeIfAbsent(name, _ -> TokenBatch.allocate(arena, sentences.size(), tokens + 1));
                fill(batch, 0, sentences);
                inputs.put(name + IDS, batch.ids());
                inputs.put(name + MASK, batch.mask());
            });
            return;
        }
        int row = 0;
        for (List<String> sentences : groups.values()) {
            row = fill(frozenBatch, row, sentences);
        }
        frozen.run(Map.of("ids", frozenBatch.ids(), "mask", frozenBatch.mask()));
        int start = 0;
        for (Map.Entry<String, List<String>> group : groups.entrySet()) {
            int rows = group.getValue().size();
            for (String output : List.of(FEATURES, WORDS, EMBEDDINGS, MASK)) {
                inputs.put(group.getKey() + output, rows(frozen.output(output), start, rows));
            }
            start += rows;
        }
    }

    private static Tensor rows(Tensor all, int start, int count) {
        long rowBytes = all.segment().byteSize() / all.shape().dim(0);
        return Tensor.wrap(all.segment().asSlice(start * rowBytes, count * rowBytes), all.dtype(), all.shape().with(0, count));
    }

    /** Tokenizes sentences into rows from {@code firstRow} on, end-of-text in front; gives the row after the last. */
    private int fill(TokenBatch batch, int firstRow, List<String> sentences) {
        int row = firstRow;
        for (String sentence : sentences) {
            int[] ids = tokenizer.encode(Sentences.normalise(sentence));
            int length = Math.min(ids.length, tokens);
            int[] framed = new int[length + 1];
            framed[0] = endOfText;
            System.arraycopy(ids, 0, framed, 1, length);
            batch.set(row++, framed);
        }
        return row;
    }

    @Override
    public void close() {
        if (frozen != null) {
            frozen.close();
        }
        arena.close();
    }
}
