package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.backend.Session;
import dev.t2i.error.BadInputException;
import dev.t2i.gpt2.BpeTrainer;
import dev.t2i.gpt2.BpeVocabulary;
import dev.t2i.gpt2.BytePairTokenizer;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Gpt2Model;
import dev.t2i.gpt2.TokenBatch;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Training a GPT-2 to predict each next token of texts, so that its states come to say what a text means. */
public final class LanguageTask implements Task {
    private static final String NETWORK = "language";
    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TARGETS = "targets";
    private static final String LOSS = "loss";
    private static final String NORM = "norm";
    private static final String HELD_OUT = "held_out";
    private static final int HELD_OUT_STREAM = 0x4E1D;
    private static final int MEASURED_BATCHES = 8;

    /** A step's graphs for one padded length: one learns, one only measures. */
    private record Length(Executable learning, Executable measuring, TokenBatch batch, Tensor targets, Map<String, Tensor> texts) {}

    private final LanguageSettings settings;
    private final BpeVocabulary vocabulary;
    private final Gpt2Config config;
    private final LanguageFeed feed;
    private final Optional<LanguageFeed> heldOut;
    private final Adam adam;
    private final Learned network;
    private final Session session;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> rates = new HashMap<>();
    private final Map<Integer, Length> lengths = new HashMap<>();
    private Executable last;

    /**
     * @param vocabulary see {@link #vocabulary}; a run that goes on keeps the one that it was started with
     */
    public LanguageTask(LanguageSettings settings, Texts texts, BpeVocabulary vocabulary, Backend backend) {
        this.settings = settings;
        this.vocabulary = vocabulary;
        this.config = Gpt2Config.of(vocabulary.size(), settings.positions(), settings.embedding(), settings.layers(), settings.heads());
        BytePairTokenizer tokenizer = new BytePairTokenizer(vocabulary);
        CounterRandom random = new CounterRandom(settings.seed(), HELD_OUT_STREAM, 0);
        List<int[]> learned = new ArrayList<>();
        List<int[]> measured = new ArrayList<>();
        for (int i = 0; i < texts.lines().size(); i++) {
            boolean out = random.uniform(i) < settings.heldOut();
            (out ? measured : learned).add(tokenizer.encode(texts.lines().get(i)));
        }
        if (learned.isEmpty()) {
            throw new BadInputException("all texts are held out, none is left to learn from; give more, or lower held_out");
        }
        int endOfText = config.endOfText().orElseThrow();
        this.feed = new LanguageFeed(learned, endOfText, settings.positions(), settings.batch(), settings.seed());
        this.heldOut = measured.isEmpty() ? Optional.empty()
                : Optional.of(new LanguageFeed(measured, endOfText, settings.positions(), settings.batch(), settings.seed()));
        LanguageSettings.Optimizer optimizer = settings.optimizer();
        this.adam = new Adam("language", optimizer.beta1(), optimizer.beta2(), 1e-8, optimizer.weightDecay());
        this.network = new Learned(NETWORK, Gpt2Model.declarations(config), adam);
        this.session = backend.open();
        adam.allocateInputs(rates, arena);
    }

    /** Learns the vocabulary that the settings ask for. It may come out smaller where the texts are few. */
    public static BpeVocabulary vocabulary(LanguageSettings settings, Texts texts) {
        return BpeTrainer.train(texts.lines().stream(), settings.vocabSize(), settings.minFrequency());
    }

    /** The model that is trained. */
    public Gpt2Config config() {
        return config;
    }

    /** Texts, or parts of long ones, that are learned from in an epoch. */
    public int samplesInEpoch() {
        return feed.samples();
    }

    @Override
    public Session session() {
        return session;
    }

    @Override
    public int batch() {
        return settings.batch();
    }

    @Override
    public List<Checkpoint.StateType> states() {
        return network.states();
    }

    @Override
    public void initialize() {
        network.initialize(session, settings.seed());
    }

    @Override
    public void compile() {
        // Each padded length is compiled when the first batch of that length comes.
    }

    @Override
    public void compileAll() {
        for (int tokens : feed.lengths()) {
            lengths.computeIfAbsent(tokens, this::compile);
        }
        heldOut.ifPresent(texts -> texts.lengths().forEach(tokens -> lengths.computeIfAbsent(tokens, this::compile)));
    }

    private Length compile(int tokens) {
        TokenBatch batch = TokenBatch.allocate(arena, settings.batch(), tokens);
        Tensor targets = Tensor.allocate(arena, DType.I32, batch.ids().shape());
        Map<String, Tensor> texts = Map.of(IDS, batch.ids(), MASK, batch.mask(), TARGETS, targets);
        return new Length(session.compile(graph(tokens, true)), session.compile(graph(tokens, false)), batch, targets, texts);
    }

    private Graph graph(int tokens, boolean learns) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, NETWORK);
        Shape shape = Shape.of(settings.batch(), tokens);
        Value mask = graph.input(MASK, DType.F32, shape);
        Value loss = Gpt2Model.languageLoss(place, config, graph.input(IDS, DType.I32, shape), mask, graph.input(TARGETS, DType.I32, shape), mask);
        graph.output(LOSS, loss);
        if (learns) {
            Adam.Update update = adam.minimize(loss, place);
            Adam.Update.makeAll(List.of(update));
            graph.output(NORM, update.gradientNorm());
        }
        return graph;
    }

    private Length fill(LanguageFeed.Batch batch) {
        Length length = lengths.computeIfAbsent(batch.tokens(), this::compile);
        for (int row = 0; row < batch.samples().size(); row++) {
            int[] sample = batch.samples().get(row);
            length.batch.set(row, Arrays.copyOf(sample, sample.length - 1));
            for (int i = 1; i < sample.length; i++) {
                length.targets.set((long) row * batch.tokens() + i - 1, sample[i]);
            }
        }
        return length;
    }

    @Override
    public void step(long step) {
        Length length = fill(feed.batch(step));
        length.learning.run(inputs(length, step));
        last = length.learning;
    }

    private Map<String, Tensor> inputs(Length length, long step) {
        adam.feed(rates, step + 1, settings.optimizer().rate(step * settings.batch(), settings.schedule().samples()));
        Map<String, Tensor> inputs = new HashMap<>(length.texts);
        inputs.putAll(rates);
        return inputs;
    }

    /** Loss in nats a token on the last batch. */
    @Override
    public Map<String, Double> statistics() {
        Map<String, Double> figures = new LinkedHashMap<>();
        if (last == null) {
            return figures; // a run that was at its end already
        }
        figures.put(LOSS, (double) last.output(LOSS).getFloat(0));
        figures.put(NORM, (double) last.output(NORM).getFloat(0));
        return figures;
    }

    /** Loss in nats a token on texts that are held out. */
    @Override
    public Map<String, Double> measurements() {
        return heldOut.map(texts -> Map.of(HELD_OUT, measure(texts))).orElse(Map.of());
    }

    private double measure(LanguageFeed texts) {
        double total = 0;
        long tokens = 0;
        for (int i = 0; i < Math.min(MEASURED_BATCHES, texts.batchesInEpoch()); i++) {
            LanguageFeed.Batch batch = texts.batch(i);
            Length length = fill(batch);
            length.measuring.run(length.texts);
            long count = batch.samples().stream().mapToLong(sample -> sample.length - 1).sum();
            total += count * length.measuring.output(LOSS).getDouble(0);
            tokens += count;
        }
        return total / tokens;
    }

    @Override
    public Optional<String> firstBadValue(long step) {
        Length length = fill(feed.batch(step));
        return length.learning instanceof FiniteCheck check
                ? check.firstNonFinite(inputs(length, step)).map(FiniteCheck.NonFinite::toString) : Optional.empty();
    }

    @Override
    public void snapshot(Path folder, long step) {
        // A language model draws nothing; its progress is in the figures.
    }

    @Override
    public void export(Path folder, String name, long samples) {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> weights = new LinkedHashMap<>();
            for (Parameters.Declaration declaration : network.declarations()) {
                Tensor home = Tensor.allocate(scratch, DType.F32, declaration.shape());
                session.get(NETWORK + "/" + declaration.name(), home);
                weights.put(declaration.name(), home);
            }
            Gpt2Files.write(folder, config, vocabulary, weights, DType.F16);
        }
    }

    @Override
    public void close() {
        session.close();
        arena.close();
    }
}
