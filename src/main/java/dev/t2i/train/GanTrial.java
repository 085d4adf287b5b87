package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Profiled;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.backend.Session;
import dev.t2i.error.BadInputException;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * A text-to-image training on random pictures and random text features, for measuring how fast the work of a
 * configuration goes where there is neither data nor an encoder. It learns nothing worth having.
 */
public final class GanTrial implements AutoCloseable {
    private record StepKind(boolean penalized, boolean drawing) {
        @Override
        public String toString() {
            return (drawing ? "step" : "critic's step") + (penalized ? " with penalty" : "");
        }
    }

    private static final int PICTURE_STREAM = 1;
    private static final int FEATURE_STREAM = 2;
    private static final int WORD_STREAM = 4;
    private static final String WORDS = ".words";
    private static final int TOKENS = 16;

    private final GanSettings settings;
    private final GanProgram program;
    private final GanProgram.Step declared;
    private final Session session;
    private final Arena arena = Arena.ofShared();
    private final Map<StepKind, Executable> steps = new HashMap<>();
    private final Map<Integer, Drawing> drawings = new HashMap<>();
    private final Map<Integer, Map<String, Tensor>> drawingInputs = new HashMap<>();
    private final Map<StepKind, Map<String, Tensor>> stepInputs = new HashMap<>();
    private final Map<String, Tensor> inputs = new HashMap<>();
    /** Draws latent variables for a step, where the generator has a prior. */
    private Drawing dreaming;
    private Executable last;
    private long done;

    /** Text features of the conditioning vector's own width, given from outside. */
    private record RandomFeatures(int width) implements GanProgram.TextInput {
        @Override
        public Value pooled(Graph graph, String name, int rows) {
            return graph.input(name, DType.F32, Shape.of(rows, width));
        }

        @Override
        public TextCondition.Words words(Graph graph, String name, int rows) {
            Value states = graph.input(name + WORDS, DType.F32, Shape.of(rows, TOKENS, width));
            return new TextCondition.Words(states, states, graph.fill(1, Shape.of(rows, TOKENS)));
        }

        @Override
        public Optional<Parameters> trained(Graph graph) {
            return Optional.empty();
        }
    }

    /** @throws BadInputException if the configuration needs a matching model or trains the encoder, of which a trial has neither */
    public GanTrial(GanSettings settings, Backend backend) {
        if (settings.loss().matching() > 0) {
            throw new BadInputException("loss.matching: a trial on random data has no matching model; set loss.matching=0");
        }
        if (settings.text().train() == GanSettings.TextTraining.ALL) {
            throw new BadInputException("text.train: a trial on random data has no encoder to train; set text.train=adapter or none");
        }
        this.settings = settings;
        int width = settings.text().adapter().width();
        this.program = new GanProgram(settings, features(), Optional.empty());
        this.declared = program.step(true, true);
        this.session = backend.open();
        initialize();
        int n = settings.batch();
        inputs.put(GanProgram.PICTURES, uniform(PICTURE_STREAM, Shape.of(n, settings.size(), settings.size(), 3)));
        inputs.put(GanProgram.CAPTIONS, normal(FEATURE_STREAM, Shape.of(n, width)));
        inputs.put(GanProgram.CAPTIONS + WORDS, normal(WORD_STREAM, Shape.of(n, TOKENS, width)));
        inputs.put(GanProgram.WRONG_CAPTIONS, normal(FEATURE_STREAM + 1, Shape.of(n, width)));
        inputs.put(GanProgram.NOISE_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(n, 4)));
        inputs.put(GanProgram.PENALTY_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(n, 4)));
        program.shown().allocateInputs(inputs, arena);
        inputs.put(GanProgram.AVERAGE_DECAY, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
        program.generatorAdam().allocateInputs(inputs, arena);
        program.discriminatorAdam().allocateInputs(inputs, arena);
        program.textAdam().allocateInputs(inputs, arena);
        // All at once, because a device's programs are made ready together.
        for (long step = 0; step < cycle(settings); step++) {
            compiled(kind(step));
        }
    }

    private StepKind kind(long step) {
        return new StepKind(step % settings.loss().penaltyInterval() == 0,
                step % settings.criticIterations() == settings.criticIterations() - 1);
    }

    private Executable compiled(StepKind kind) {
        return steps.computeIfAbsent(kind, _ -> session.compile(program.step(kind.penalized, kind.drawing).graph()));
    }

    private void initialize() {
        new Learned(GanProgram.GENERATOR, declared.generator().declarations(), program.generatorAdam()).initialize(session, settings.seed());
        new Learned(GanProgram.DISCRIMINATOR, declared.discriminator().declarations(), program.discriminatorAdam()).initialize(session, settings.seed());
        declared.posterior().ifPresent(place ->
                new Learned(GanProgram.POSTERIOR, place.declarations(), program.generatorAdam()).initialize(session, settings.seed()));
        new Learned(GanProgram.ADAPTER, declared.adapter().declarations(), program.textAdam()).initialize(session, settings.seed());
        try (Arena scratch = Arena.ofConfined()) {
            Learned.put(session, GanProgram.AVERAGE, Parameters.initialize(declared.generator().declarations(), settings.seed(), scratch));
            if (settings.averagesText()) {
                Learned.put(session, GanProgram.AVERAGED_ADAPTER, Parameters.initialize(declared.adapter().declarations(), settings.seed(), scratch));
            }
            program.shown().initialize(session, scratch);
        }
    }

    private Tensor uniform(int stream, Shape shape) {
        CounterRandom random = new CounterRandom(settings.seed(), stream, 0);
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, 2 * random.uniform(i) - 1);
        }
        return tensor;
    }

    private Tensor normal(int stream, Shape shape) {
        CounterRandom random = new CounterRandom(settings.seed(), stream, 0);
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, random.normal(i));
        }
        return tensor;
    }

    public long generatorParameters() {
        return declared.generator().count();
    }

    public long discriminatorParameters() {
        return declared.discriminator().count();
    }

    /** Steps after which penalized and plain, critic's and common steps have come as often as they do in the long run. */
    public static int cycle(GanSettings settings) {
        int interval = settings.loss().penaltyInterval();
        int critic = settings.criticIterations();
        int a = interval;
        int b = critic;
        while (b != 0) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        return interval / a * critic;
    }

    /** The next step of the training. */
    public void step() {
        step(Executable::run);
    }

    /** Goes on by a cycle of steps; what the first of each kind cost, by its name, where the backend can say. */
    public Map<String, RunProfile> profile() {
        Map<String, RunProfile> profiles = new LinkedHashMap<>();
        for (int i = 0; i < cycle(settings); i++) {
            StepKind kind = kind(done);
            if (profiles.containsKey(kind.toString()) || !(compiled(kind) instanceof Profiled)) {
                step();
            } else {
                step((step, given) -> profiles.put(kind.toString(), ((Profiled) step).profile(given)));
            }
        }
        return profiles;
    }

    private void step(BiConsumer<Executable, Map<String, Tensor>> how) {
        StepKind kind = kind(done);
        Executable step = compiled(kind);
        long samples = done * settings.batch();
        double factor = settings.optimizer().factor(samples, settings.schedule().samples());
        program.discriminatorAdam().feed(inputs, done + 1, settings.optimizer().discriminatorRate() * factor);
        long generatorUpdates = done / settings.criticIterations() + 1;
        program.generatorAdam().feed(inputs, generatorUpdates, settings.optimizer().generatorRate() * factor);
        program.textAdam().feed(inputs, generatorUpdates, settings.text().learningRate() * factor);
        inputs.get(GanProgram.AVERAGE_DECAY).set(0, settings.average().decay(done, settings.batch(), settings.criticIterations()));
        fillKeys(inputs.get(GanProgram.NOISE_KEYS), samples);
        fillKeys(inputs.get(GanProgram.PENALTY_KEYS), samples);
        program.shown().feed(inputs, settings.seed(), done, List.of());
        if (settings.buildGenerator().prior().isPresent()) {
            dreaming = dreaming == null ? drawing(settings.batch(), new Drawing.Networks(GanProgram.GENERATOR, GanProgram.ADAPTER, features()), false) : dreaming;
            inputs.put(GanProgram.LATENT, dreaming.latent(inputs, inputs.get(GanProgram.NOISE_KEYS)));
        }
        last = step;
        how.accept(step, stepInputs.computeIfAbsent(kind, _ -> FedTask.wanted(step, inputs)));
        done++;
    }

    private static void fillKeys(Tensor keys, long first) {
        for (int row = 0; row < keys.shape().dim(0); row++) {
            keys.set(4L * row + 3, (int) (first + row));
        }
    }

    /** Whether the discriminator's last losses and norms are finite; the speed of a training that has gone wrong says nothing. */
    public boolean isFinite() {
        return steps.values().stream().allMatch(step -> Double.isFinite(step.output("d.loss").getDouble(0))
                && Double.isFinite(step.output("d.norm").getDouble(0)));
    }

    /**
     * What the last step computed, to be compared with another backend's: all its scalars (losses, norms of gradients) in one tensor, and
     * Adam's second moments of the discriminator in another. After the first step these are its squared gradients, times a constant.
     */
    public List<Tensor> results(Arena place) {
        SortedMap<String, Tensor> scalars = new TreeMap<>();
        last.graph().outputs().keySet().forEach(name -> scalars.put(name, last.output(name)));
        Tensor figures = Tensor.allocate(place, DType.F32, Shape.of(scalars.size()));
        int at = 0;
        for (Tensor scalar : scalars.values()) {
            figures.set(at++, scalar.getDouble(0));
        }
        return List.of(figures, squaredGradients(place));
    }

    private Tensor squaredGradients(Arena place) {
        Tensor all = Tensor.allocate(place, DType.F32, Shape.of(Math.toIntExact(discriminatorParameters())));
        long at = 0;
        for (Parameters.Declaration declaration : declared.discriminator().declarations().stream().filter(Parameters.Declaration::learned).toList()) {
            long bytes = Float.BYTES * declaration.shape().size();
            String moment = program.discriminatorAdam().momentNames(GanProgram.DISCRIMINATOR + "/" + declaration.name()).getLast();
            session.get(moment, Tensor.wrap(all.segment().asSlice(at, bytes), DType.F32, declaration.shape()));
            at += bytes;
        }
        return all;
    }

    /** Draws {@code count} pictures {@code [count, size, size, 3]} at once with the averaged generator; the next call overwrites them. */
    public Tensor draw(int count) {
        int width = settings.text().adapter().width();
        Drawing drawing = drawings.computeIfAbsent(count, rows -> drawing(rows, averages(), true));
        Map<String, Tensor> given = drawingInputs.computeIfAbsent(count, rows -> Map.of(
                GanProgram.NOISE_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(rows, 4)),
                GanProgram.CAPTIONS, normal(FEATURE_STREAM, Shape.of(rows, width)),
                GanProgram.CAPTIONS + WORDS, normal(WORD_STREAM, Shape.of(rows, TOKENS, width))));
        Tensor keys = given.get(GanProgram.NOISE_KEYS);
        fillKeys(keys, 0);
        return drawing.pictures(given, keys);
    }

    private Drawing drawing(int rows, Drawing.Networks networks, boolean paints) {
        return new Drawing(session, rows, settings.buildGenerator(), settings.text().adapter().build(), networks, paints);
    }

    private Drawing.Networks averages() {
        return new Drawing.Networks(GanProgram.AVERAGE, settings.averagesText() ? GanProgram.AVERAGED_ADAPTER : GanProgram.ADAPTER, features());
    }

    private RandomFeatures features() {
        return new RandomFeatures(settings.text().adapter().width());
    }

    @Override
    public void close() {
        drawings.values().forEach(Drawing::close);
        if (dreaming != null) {
            dreaming.close();
        }
        session.close();
        arena.close();
    }
}
