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
    private static final int NOISE_STREAM = 0x2015E;
    private static final int GRID_COLUMNS = 8;
    private static final int GRID_PICTURES = 64;

    private record StepKind(boolean penalized, boolean drawing) {}

    private final GanSettings settings;
    private final TextSource source;
    private final CaptionedImages data;
    private final Backend backend;
    private final String dataName;
    private final TextSide text;
    private final GanProgram program;
    private final Session session;
    private final Feed feed;
    private final Arena arena = Arena.ofShared();
    private final GanProgram.Step declared;
    private final Map<StepKind, Executable> steps = new HashMap<>();
    private final Map<String, Tensor> inputs = new HashMap<>();
    private final Map<String, Double> statistics = new LinkedHashMap<>();
    private Executable drawing;

    /**
     * @param source where text features come from, already found on disk
     * @param data captioned pictures
     * @param dataName what to call them in the model card
     */
    public GanTask(GanSettings settings, TextSource source, CaptionedImages data, String dataName, Backend backend) {
        this.settings = settings;
        this.source = source;
        this.data = data;
        this.backend = backend;
        source.requireAdapter(settings.text().adapter());
        this.dataName = dataName;
        this.text = new TextSide(source.encoder(), settings.text().adapter().tokens(), trainsEncoder());
        Optional<ImageEncoder> guide = settings.loss().matching() > 0 ? Optional.of(source.requireGuide(settings.size(), settings.text().adapter())) : Optional.empty();
        this.program = new GanProgram(settings, text, guide);
        this.declared = program.step(true, true);
        this.session = backend.open();
        this.feed = new Feed(data, settings.seed(), settings.batch(), settings.size());
        allocateInputs();
    }

    private boolean trainsEncoder() {
        return settings.text().train() == GanSettings.TextTraining.ALL;
    }

    private boolean trainsAdapter() {
        return settings.text().train() != GanSettings.TextTraining.NONE;
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
        if (trainsAdapter()) {
            networks.add(new Learned(GanProgram.ADAPTER, declared.adapter().declarations(), program.textAdam()));
        }
        declared.encoder().ifPresent(encoder -> networks.add(new Learned(TextSide.ENCODER, encoder.declarations(), program.textAdam())));
        return networks;
    }

    @Override
    public void initialize() {
        try (Arena scratch = Arena.ofConfined()) {
            for (Learned network : learned()) {
                network.initialize(session, firstValues(network, scratch));
            }
            Learned.put(session, GanProgram.AVERAGE, Parameters.initialize(declared.generator().declarations(), settings.seed(), scratch));
        }
    }

    private Map<String, Tensor> firstValues(Learned network, Arena scratch) {
        return switch (network.network()) {
            case GanProgram.ADAPTER -> source.adapterStart(settings.text().adapter(), network.declarations(), settings.seed(), data, backend, scratch);
            case TextSide.ENCODER -> text.initialWeights();
            default -> Parameters.initialize(network.declarations(), settings.seed(), scratch);
        };
    }

    @Override
    public void compile() {
        if (!trainsAdapter()) {
            Learned.put(session, GanProgram.ADAPTER, source.adapter(declared.adapter().declarations(), arena));
        }
        declared.guide().ifPresent(guide -> Learned.put(session, GanProgram.MATCHING, source.guideWeights(guide.declarations(), arena)));
        text.compileFrozen(session, 2 * settings.batch());
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
        text.feed(inputs, sentences);
        for (int i = 0; i < settings.batch(); i++) {
            setKey(inputs.get(GanProgram.NOISE_KEYS), i, settings.seed(), NOISE_STREAM, (int) (step * settings.batch() + i));
        }
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

    private static void setKey(Tensor keys, int row, long seed, int stream, int counter) {
        keys.set(4L * row, (int) seed);
        keys.set(4L * row + 1, (int) (seed >>> 32));
        keys.set(4L * row + 2, stream);
        keys.set(4L * row + 3, counter);
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
        int rows = settings.batch();
        if (drawing == null) {
            drawing = session.compile(program.drawing(rows));
        }
        List<Picture> drawn = new ArrayList<>();
        List<Picture> real = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        int size = settings.size();
        try (Arena scratch = Arena.ofConfined()) {
            Tensor keys = Tensor.allocate(scratch, DType.I32, Shape.of(rows, 4));
            Tensor pixels = Tensor.allocate(scratch, DType.F32, Shape.of(size, size, 3));
            while (drawn.size() < GRID_PICTURES) {
                List<String> some = new ArrayList<>();
                for (int i = 0; i < rows; i++) {
                    long index = (drawn.size() + i) % data.size();
                    some.add(data.load(index, 0, size, pixels.segment()).caption());
                    real.add(Picture.fromFloats(size, size, pixels.segment(), 0));
                    setKey(keys, i, settings.seed(), 0, drawn.size() + i);
                }
                Map<String, Tensor> wanted = new HashMap<>();
                text.feed(wanted, Map.of(GanProgram.CAPTIONS, some));
                wanted.put(GanProgram.NOISE_KEYS, keys);
                drawing.run(wanted);
                Tensor pictures = drawing.output(GanProgram.PICTURES);
                for (int i = 0; i < rows; i++) {
                    drawn.add(Picture.fromFloats(size, size, pictures.segment(), (long) i * size * size * 3));
                }
                captions.addAll(some);
            }
        }
        List<String> shown = ContactSheet.hasFonts() ? captions.subList(0, GRID_PICTURES) : List.of();
        ContactSheet sheet = new ContactSheet(GRID_COLUMNS, 2 * size);
        if (step == 0) {
            Png.write(sheet.draw(real.subList(0, GRID_PICTURES), shown), Map.of(), folder.resolve("real.png"), true);
        }
        Png.write(sheet.draw(drawn.subList(0, GRID_PICTURES), shown), Map.of(), folder.resolve("step-%08d.png".formatted(step)), true);
    }

    @Override
    public void export(Path folder, String name, long samples) {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            ModelExport.collect(session, GanProgram.AVERAGE, declared.generator().declarations(), ModelFolder.GENERATOR, tensors, scratch);
            ModelExport.collect(session, GanProgram.ADAPTER, declared.adapter().declarations(), ModelFolder.ADAPTER, tensors, scratch);
            ModelConfig config = new ModelConfig(1, name, settings.size(), settings.text().adapter(), settings.generator(),
                    samples, dataName, ModelExport.words(data));
            ModelFolder.write(folder, config, tensors, DType.F16, ModelCard.of(config, settings));
            ModelExport.encoder(folder, text, trainsEncoder(), session, scratch);
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
        text.close();
        arena.close();
    }
}
