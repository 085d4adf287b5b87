package dev.t2i.train;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.TextCondition;
import dev.t2i.gpt2.Sentences;
import dev.t2i.gpt2.TokenBatch;
import dev.t2i.gpt2.Tokenizer;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.text.CaptionFeatures;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The encoder in a training: sentences to pooled features and words. Frozen, it runs as a graph of its own and its results are inputs
 * of the step; trained along, it is traced into the step.
 */
final class TextSide implements GanProgram.TextInput, AutoCloseable {
    static final String ENCODER = "encoder";
    static final String FEATURES = ".features";
    private static final String IDS = ".ids";
    private static final String WORDS = ".words";
    private static final String EMBEDDINGS = ".embeddings";
    private static final String MASK = ".mask";
    private static final String KEYS = ".keys";
    /** Of what falls out; training's noise and grids have others. */
    private static final int DROPOUT_STREAM = 0xD120;

    private final CaptionEncoder encoder;
    private final Tokenizer tokenizer;
    private final int endOfText;
    private final int tokens;
    private final boolean trained;
    private final Arena arena = Arena.ofShared();
    private final Map<Graph, Parameters> places = new IdentityHashMap<>();
    private final Map<Graph, Map<String, CaptionFeatures>> traced = new IdentityHashMap<>();
    private final Map<String, TokenBatch> batches = new LinkedHashMap<>();
    private final double dropout;
    private final Map<String, Tensor> keys = new LinkedHashMap<>();
    private Function<String, Tensor> weights;
    private Executable frozen;
    private TokenBatch frozenBatch;

    /**
     * @param tokens longest sentence; longer ones are cut
     * @param trained whether the encoder is part of the step and its weights are states to learn
     */
    TextSide(CaptionEncoder encoder, int tokens, boolean trained) {
        this(encoder, tokens, trained, 0);
    }

    /** @param dropout share of the embeddings that falls out in each step of an encoder that is trained, where the encoder has that */
    TextSide(CaptionEncoder encoder, int tokens, boolean trained, double dropout) {
        this.encoder = encoder;
        this.tokenizer = encoder.tokenizer();
        this.tokens = tokens;
        this.trained = trained;
        this.dropout = dropout;
        this.endOfText = encoder.endOfText();
        if (encoder.longest() < tokens) {
            throw new BadModelException("%s: reads at most %d tokens beside the one in front, too few for sentences of %d; lower text.adapter.tokens"
                    .formatted(encoder.folder(), encoder.longest(), tokens));
        }
    }

    CaptionEncoder encoder() {
        return encoder;
    }

    /** Width of the pooled features. */
    int features() {
        return encoder.pooledWidth();
    }

    /** The encoder's weights as they are in its folder, by plain name. */
    Map<String, Tensor> initialWeights() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        encoder.shapes().keySet().forEach(name -> tensors.put(name, weights().apply(name)));
        return tensors;
    }

    private Function<String, Tensor> weights() {
        if (weights == null) {
            weights = encoder.weights(arena);
        }
        return weights;
    }

    @Override
    public Value pooled(Graph graph, String name, int rows) {
        return pooled(graph, ENCODER, name, rows);
    }

    private Value pooled(Graph graph, String network, String name, int rows) {
        if (!trained) {
            return graph.input(name + FEATURES, DType.F32, Shape.of(rows, features()));
        }
        return trace(graph, network, name, rows).pooled();
    }

    @Override
    public TextCondition.Words words(Graph graph, String name, int rows) {
        return words(graph, ENCODER, name, rows);
    }

    private TextCondition.Words words(Graph graph, String network, String name, int rows) {
        if (!trained) {
            return new TextCondition.Words(graph.input(name + WORDS, DType.F32, Shape.of(rows, tokens, encoder.stateWidth())),
                    graph.input(name + EMBEDDINGS, DType.F32, Shape.of(rows, tokens, encoder.embeddingWidth())),
                    graph.input(name + MASK, DType.F32, Shape.of(rows, tokens)));
        }
        CaptionFeatures features = trace(graph, network, name, rows);
        return new TextCondition.Words(features.states(), features.embeddings(), features.mask());
    }

    /** The same for graphs that read by other parameters of an encoder that is trained, such as averages, in the states of {@code network}. */
    GanProgram.TextInput by(String network) {
        return new GanProgram.TextInput() {
            @Override
            public Value pooled(Graph graph, String name, int rows) {
                return TextSide.this.pooled(graph, network, name, rows);
            }

            @Override
            public TextCondition.Words words(Graph graph, String name, int rows) {
                return TextSide.this.words(graph, network, name, rows);
            }

            @Override
            public Optional<Parameters> trained(Graph graph) {
                return TextSide.this.trained(graph);
            }
        };
    }

    private CaptionFeatures trace(Graph graph, String network, String name, int rows) {
        Parameters place = places.computeIfAbsent(graph, g -> Parameters.of(g, network));
        return traced.computeIfAbsent(graph, _ -> new LinkedHashMap<>()).computeIfAbsent(name, _ -> encoder.trace(place,
                graph.input(name + IDS, DType.I32, Shape.of(rows, tokens + 1)), graph.input(name + MASK, DType.F32, Shape.of(rows, tokens + 1)),
                new CaptionEncoder.Dropout(dropout, dropout == 0 ? null : graph.input(name + KEYS, DType.I32, Shape.of(rows, 4)))));
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
        Parameters place = Parameters.of(graph, ENCODER, name -> weights().apply(name).dtype());
        Value ids = graph.input("ids", DType.I32, Shape.of(rows, tokens + 1));
        Value mask = graph.input("mask", DType.F32, Shape.of(rows, tokens + 1));
        CaptionFeatures features = encoder.trace(place, ids, mask);
        graph.output(FEATURES, features.pooled());
        graph.output(WORDS, features.states());
        graph.output(EMBEDDINGS, features.embeddings());
        graph.output(MASK, features.mask());
        for (Parameters.Declaration declaration : place.declarations()) {
            session.lend(place.stateName(declaration.name()), weights().apply(declaration.name()));
        }
        frozen = session.compile(graph);
        frozenBatch = TokenBatch.allocate(arena, rows, tokens + 1);
    }

    /** {@link #feed(Map, Map)} with what falls out in step {@code step}; groups of sentences lose different numbers. */
    void feed(Map<String, Tensor> inputs, Map<String, List<String>> groups, long seed, long step) {
        feed(inputs, groups);
        if (dropout > 0) {
            int group = 0;
            for (Map.Entry<String, List<String>> sentences : groups.entrySet()) {
                int rows = sentences.getValue().size();
                Tensor own = keys.computeIfAbsent(sentences.getKey(), _ -> Tensor.allocate(arena, DType.I32, Shape.of(rows, 4)));
                for (int row = 0; row < rows; row++) {
                    NoiseKeys.set(own, row, seed, DROPOUT_STREAM + group, (int) (step * rows + row));
                }
                inputs.put(sentences.getKey() + KEYS, own);
                group++;
            }
        }
    }

    /**
     * Puts what a step needs of the named groups of sentences into {@code inputs}. Frozen, all groups together may have
     * as many rows as were compiled for, or fewer.
     */
    void feed(Map<String, Tensor> inputs, Map<String, List<String>> groups) {
        if (trained) {
            groups.forEach((name, sentences) -> {
                // Snapshots may have fewer at a time than steps.
                TokenBatch batch = batches.computeIfAbsent(name + sentences.size(), _ -> TokenBatch.allocate(arena, sentences.size(), tokens + 1));
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
            batch.set(row++, Sentences.framed(sentence, tokenizer, endOfText, tokens));
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
