package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.backend.Session;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.ImageEncoder;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.image.ContactSheet;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Training a text-to-image model: {@link GanProgram}'s graphs, fed with captioned pictures. */
public final class GanTask implements Task {
    private record StepKind(boolean penalized, boolean drawing) {}

    private final GanSettings settings;
    private final TextSource source;
    private final CaptionedImages data;
    private final Backend backend;
    private final String dataName;
    private final Conditioning conditioning;
    private final Optional<ModelStart> start;
    private final GanProgram program;
    private final Session session;
    private final Feed feed;
    private final SampleGrid grid;
    private final Arena arena = Arena.ofShared();
    private final GanProgram.Step declared;
    private final Map<StepKind, Executable> steps = new HashMap<>();
    private final Map<String, Tensor> inputs = new HashMap<>();
    private final Map<String, Double> statistics = new LinkedHashMap<>();
    private Executable drawing;

    /**
     * @param source where text features come from, already found on disk
     * @param start the model that the networks start from, if any
     * @param data captioned pictures
     * @param dataName what to call them in the model card
     */
    public GanTask(GanSettings settings, TextSource source, Optional<ModelStart> start, CaptionedImages data, String dataName, Backend backend) {
        this.settings = settings;
        this.source = source;
        this.data = data;
        this.backend = backend;
        this.dataName = dataName;
        this.start = start;
        this.conditioning = new Conditioning(settings.text(), source);
        Optional<ImageEncoder> guide = settings.loss().matching() > 0 ? Optional.of(source.requireGuide(settings.size(), settings.text().adapter())) : Optional.empty();
        this.program = new GanProgram(settings, conditioning.text(), guide);
        this.declared = program.step(true, true);
        this.session = backend.open();
        this.feed = new Feed(data, settings.seed(), settings.batch(), settings.size());
        this.grid = new SampleGrid(data, settings.seed(), settings.size(), settings.batch());
        allocateInputs();
    }

    private void allocateInputs() {
        inputs.put(GanProgram.NOISE_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(settings.batch(), 4)));
        inputs.put(GanProgram.AVERAGE_DECAY, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
        program.generatorAdam().allocateInputs(inputs, arena);
        program.discriminatorAdam().allocateInputs(inputs, arena);
        program.textAdam().allocateInputs(inputs, arena);
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
        List<Checkpoint.StateType> states = new ArrayList<>();
        learned().forEach(network -> states.addAll(network.states()));
        declared.generator().declarations().forEach(d -> states.add(Learned.state(GanProgram.AVERAGE + "/" + d.name(), d.shape())));
        return states;
    }

    private List<Learned> learned() {
        List<Learned> networks = new ArrayList<>();
        networks.add(new Learned(GanProgram.GENERATOR, declared.generator().declarations(), program.generatorAdam()));
        networks.add(new Learned(GanProgram.DISCRIMINATOR, declared.discriminator().declarations(), program.discriminatorAdam()));
        networks.addAll(conditioning.learned(declared.adapter(), declared.encoder(), program.textAdam()));
        declared.posterior().ifPresent(place -> networks.add(new Learned(GanProgram.POSTERIOR, place.declarations(), program.generatorAdam())));
        return networks;
    }

    @Override
    public void initialize() {
        try (Arena scratch = Arena.ofConfined()) {
            for (Learned network : learned()) {
                network.initialize(session, firstValues(network, scratch));
            }
            Learned.put(session, GanProgram.AVERAGE, firstGenerator(declared.generator().declarations(), scratch));
        }
    }

    private Map<String, Tensor> firstValues(Learned network, Arena scratch) {
        return switch (network.network()) {
            case GanProgram.GENERATOR -> firstGenerator(network.declarations(), scratch);
            case GanProgram.DISCRIMINATOR -> Parameters.initialize(network.declarations(), settings.seed(), scratch);
            case GanProgram.POSTERIOR -> start.map(model -> model.posterior(network.declarations(), scratch))
                    .orElseGet(() -> Parameters.initialize(network.declarations(), settings.seed(), scratch));
            default -> conditioning.firstValues(network, settings.seed(), data, backend, scratch);
        };
    }

    private Map<String, Tensor> firstGenerator(List<Parameters.Declaration> declarations, Arena scratch) {
        return start.map(model -> model.generator(declarations, settings.seed(), scratch))
                .orElseGet(() -> Parameters.initialize(declarations, settings.seed(), scratch));
    }

    @Override
    public void compile() {
        declared.guide().ifPresent(guide -> Learned.put(session, GanProgram.MATCHING, source.guideWeights(guide.declarations(), arena)));
        conditioning.compile(session, declared.adapter(), 2 * settings.batch(), arena);
        int interval = settings.loss().penaltyInterval();
        compileStep(true, true);
        if (interval > 1) {
            compileStep(false, true);
        }
        if (settings.criticIterations() > 1) {
            compileStep(true, false);
            compileStep(false, false);
        }
    }

    private void compileStep(boolean penalized, boolean draws) {
        steps.put(new StepKind(penalized, draws), session.compile(program.step(penalized, draws).graph()));
    }

    private Executable executable(long step) {
        boolean penalized = step % settings.loss().penaltyInterval() == 0;
        boolean draws = step % settings.criticIterations() == settings.criticIterations() - 1;
        return steps.get(new StepKind(penalized, draws));
    }

    @Override
    public void step(long step) {
        Feed.Batch batch = feed.take(step);
        Executable executable = executable(step);
        executable.run(inputsOf(executable, batch));
        feed.recycle(batch);
        executable.graph().outputs().keySet().forEach(name -> statistics.put(name, (double) executable.output(name).getFloat(0)));
    }

    private Map<String, Tensor> inputsOf(Executable executable, Feed.Batch batch) {
        long step = batch.step();
        inputs.put(GanProgram.PICTURES, batch.pictures());
        Map<String, List<String>> sentences = new LinkedHashMap<>();
        sentences.put(GanProgram.CAPTIONS, batch.captions());
        sentences.put(GanProgram.WRONG_CAPTIONS, batch.wrongCaptions());
        conditioning.text().feed(inputs, sentences);
        NoiseKeys.fill(inputs.get(GanProgram.NOISE_KEYS), settings.seed(), step);
        long samples = step * settings.batch();
        double factor = settings.optimizer().factor(samples, settings.schedule().samples());
        long generatorUpdates = step / settings.criticIterations() + 1;
        program.discriminatorAdam().feed(inputs, step + 1, settings.optimizer().discriminatorRate() * factor);
        program.generatorAdam().feed(inputs, generatorUpdates, settings.optimizer().generatorRate() * factor);
        program.textAdam().feed(inputs, generatorUpdates, settings.text().learningRate() * factor);
        inputs.get(GanProgram.AVERAGE_DECAY).set(0, settings.average().decay(samples, settings.batch()));
        Map<String, Tensor> wanted = new HashMap<>(inputs);
        wanted.keySet().retainAll(executable.graph().inputs().keySet());
        return wanted;
    }

    @Override
    public Map<String, Double> statistics() {
        return statistics;
    }

    @Override
    public Optional<String> firstBadValue(long step) {
        Feed.Batch batch = feed.take(step);
        Executable executable = executable(step);
        Optional<String> bad = executable instanceof FiniteCheck check
                ? check.firstNonFinite(inputsOf(executable, batch)).map(FiniteCheck.NonFinite::toString) : Optional.empty();
        feed.recycle(batch);
        return bad;
    }

    @Override
    public void snapshot(Path folder, long step) {
        if (drawing == null) {
            drawing = session.compile(program.drawing(settings.batch()));
        }
        grid.write(folder, step, (captions, keys) -> {
            Map<String, Tensor> wanted = new HashMap<>();
            conditioning.text().feed(wanted, Map.of(GanProgram.CAPTIONS, captions));
            wanted.put(GanProgram.NOISE_KEYS, keys);
            wanted.keySet().retainAll(drawing.graph().inputs().keySet());
            drawing.run(wanted);
            return drawing.output(GanProgram.PICTURES);
        });
    }

    @Override
    public void export(Path folder, String name, long samples) {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            ModelExport.collect(session, GanProgram.AVERAGE, declared.generator().declarations(), ModelFolder.GENERATOR, tensors, scratch);
            conditioning.export(session, declared.adapter(), folder, tensors, scratch);
            ModelConfig config = new ModelConfig(1, name, settings.size(), settings.text().adapter(), settings.generator(),
                    samples, dataName, ModelExport.words(data));
            ModelFolder.write(folder, config, tensors, DType.F16, ModelCard.of(config, settings));
            declared.posterior().ifPresent(place ->
                    ModelExport.companion(session, GanProgram.POSTERIOR, place.declarations(), folder, ModelFolder.POSTERIOR, scratch));
        }
    }

    @Override
    public void close() {
        feed.close();
        steps.values().forEach(Executable::close);
        if (drawing != null) {
            drawing.close();
        }
        session.close();
        conditioning.close();
        arena.close();
    }
}
