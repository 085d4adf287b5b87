package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.nn.Layers;
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
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;

/** Training a text-to-image model, by whatever loss: where its networks start, what a step is fed, what is shown and what is kept. */
abstract class PictureTask extends FedTask<Feed.Batch> {
    /**
     * What a training is made of beside its settings.
     *
     * @param source where text features come from, already found on disk
     * @param start the model that the networks start from, if any
     * @param data captioned pictures
     * @param dataName what to call them in the model card
     */
    record Materials(TextSource source, Optional<ModelStart> start, CaptionedImages data, String dataName, Backend backend) {}

    /** Batches of which the averaged generator's statistics are made. */
    private static final int SETTLING = 64;

    private final PictureSettings settings;
    private final Materials materials;
    private final SampleGrid grid;
    private Drawing drawing;
    final Conditioning conditioning;
    final Arena arena = Arena.ofShared();
    /** Filled anew for each step. */
    final Map<String, Tensor> inputs = new HashMap<>();

    PictureTask(PictureSettings settings, Materials materials) {
        super(materials.backend.open(), new Feed(materials.data, settings.seed(), settings.batch(), settings.size(), settings.augment()));
        this.settings = settings;
        this.materials = materials;
        this.conditioning = new Conditioning(settings.text(), settings.averagesText(), materials.source);
        this.grid = new SampleGrid(materials.data, settings.seed(), settings.size(), shown());
        inputs.put(GanProgram.NOISE_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(settings.batch(), 4)));
        inputs.put(GanProgram.AVERAGE_DECAY, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
    }

    /** The networks that learn. */
    abstract List<Learned> learned();

    /** Scalar states that steps change beside the networks, with their first values. */
    Map<String, Double> scalars() {
        return Map.of();
    }

    /** All of the generator. */
    abstract List<Parameters.Declaration> generatorDeclarations();

    /** Of the generator, what learns. */
    List<Parameters.Declaration> learningOfGenerator() {
        return generatorDeclarations();
    }

    /** Steps from one in which the generator learns, and its average follows, to the next. */
    int generatorInterval() {
        return 1;
    }

    abstract Parameters adapterPlace();

    /** The inference network, where there is one. */
    abstract Optional<Parameters> posteriorPlace();

    /** The discriminators, where there are any. */
    Optional<Parameters> discriminatorPlace() {
        return Optional.empty();
    }

    @Override
    public final int batch() {
        return settings.batch();
    }

    @Override
    public final List<Checkpoint.StateType> states() {
        List<Checkpoint.StateType> states = new ArrayList<>();
        learned().forEach(network -> {
            states.addAll(network.states());
            conditioning.average(network).ifPresent(average ->
                    network.declarations().forEach(d -> states.add(Learned.state(average + "/" + d.name(), d.shape()))));
        });
        learningOfGenerator().forEach(d -> states.add(Learned.state(GanProgram.AVERAGE + "/" + d.name(), d.shape())));
        scalars().keySet().forEach(name -> states.add(Learned.state(name, Shape.SCALAR)));
        return states;
    }

    @Override
    public final void initialize() {
        materials.start.ifPresent(model -> {
            model.requireGrowth(settings.generator());
            model.requireNoMore(generatorDeclarations());
        });
        try (Arena scratch = Arena.ofConfined()) {
            for (Learned network : learned()) {
                Map<String, Tensor> first = switch (network.network()) {
                    case GanProgram.GENERATOR -> firstGenerator(network.declarations(), scratch);
                    case GanProgram.POSTERIOR -> materials.start.map(model -> model.posterior(network.declarations(), scratch))
                            .orElseGet(() -> Parameters.initialize(network.declarations(), settings.seed(), scratch));
                    case GanProgram.DISCRIMINATOR -> materials.start.map(model -> model.discriminator(network.declarations(), settings.seed(), scratch))
                            .orElseGet(() -> Parameters.initialize(network.declarations(), settings.seed(), scratch));
                    default -> conditioning.firstValues(network, settings.seed(), materials.data, materials.backend, scratch);
                };
                network.initialize(session(), first);
                conditioning.average(network).ifPresent(average -> Learned.put(session(), average, first));
            }
            Learned.put(session(), GanProgram.AVERAGE, firstGenerator(learningOfGenerator(), scratch));
            scalars().forEach((name, value) -> session().put(name, Tensor.of(scratch, Shape.SCALAR, value.floatValue())));
        }
    }

    @Override
    public final Optional<String> origin() {
        return materials.start.map(model -> model.describe(generatorDeclarations(), discriminatorPlace().map(Parameters::declarations)));
    }

    /** First values of those parameters of the generator. */
    final Map<String, Tensor> firstGenerator(List<Parameters.Declaration> declarations, Arena scratch) {
        return materials.start.map(model -> model.generator(declarations, settings.seed(), scratch))
                .orElseGet(() -> Parameters.initialize(declarations, settings.seed(), scratch));
    }

    /** Fills in what every training is fed with; {@code sentences} are captions by input name. */
    final void feed(long step, Feed.Batch batch, Map<String, List<String>> sentences) {
        inputs.put(GanProgram.PICTURES, batch.pictures());
        conditioning.text().feed(inputs, sentences);
        NoiseKeys.fill(inputs.get(GanProgram.NOISE_KEYS), settings.seed(), step);
        inputs.get(GanProgram.AVERAGE_DECAY).set(0, settings.average().decay(step, settings.batch(), generatorInterval()));
    }

    @Override
    public final void compileAll() {
        compile();
        if (settings.schedule().snapshot() > 0 || settles()) {
            drawing = shows();
        }
    }

    @Override
    public final long feedBytes() {
        return (long) BatchFeed.AHEAD * settings.batch() * settings.size() * settings.size() * 3 * Float.BYTES;
    }

    @Override
    public final void snapshot(Path folder, long step) {
        settled(() -> grid.write(folder, step, (captions, keys) -> drawing().pictures(texts(captions), keys)));
    }

    private Drawing drawing() {
        if (drawing == null) {
            drawing = shows();
        }
        return drawing;
    }

    private Map<String, Tensor> texts(List<String> captions) {
        Map<String, Tensor> texts = new HashMap<>();
        conditioning.text().feed(texts, Map.of(GanProgram.CAPTIONS, captions));
        return texts;
    }

    /**
     * Uses the averaged generator with statistics of its own (standing statistics, Brock et al. 2019): the running ones are those of
     * parameters that it has only on the average. Training goes on as if nothing had happened.
     */
    private void settled(Runnable use) {
        if (!settles()) {
            use.run();
            return;
        }
        for (Map.Entry<String, Shape> statistic : drawing().statistics().entrySet()) {
            exchange(GanProgram.AVERAGE, statistic, _ -> 0);
        }
        try (Arena scratch = Arena.ofConfined()) {
            Tensor keys = Tensor.allocate(scratch, DType.I32, Shape.of(shown(), 4));
            for (int batch = 0; batch < SETTLING; batch++) {
                long first = (long) batch * shown();
                List<String> captions = LongStream.range(first, first + shown())
                        .mapToObj(i -> materials.data.describe(i % materials.data.size(), 0).caption()).toList();
                NoiseKeys.fill(keys, settings.seed(), NoiseKeys.SETTLING, batch);
                drawing().settle(texts(captions), keys);
            }
        }
        // What the batches weigh together; the rest is the zeros that they began with.
        double weight = 1 - Math.pow(1 - Layers.MOMENTUM, SETTLING);
        for (Map.Entry<String, Shape> statistic : drawing().statistics().entrySet()) {
            exchange(GanProgram.AVERAGE, statistic, value -> value / weight);
        }
        try {
            use.run();
        } finally {
            for (Map.Entry<String, Shape> statistic : drawing().statistics().entrySet()) {
                exchange(GanProgram.GENERATOR, statistic, value -> value);
            }
        }
    }

    private boolean settles() {
        return settings.generator().normalisesBatches() && settings.average().halfLife() > 0;
    }

    /** Gives the averaged generator a statistic made from that of {@code network}. */
    private void exchange(String network, Map.Entry<String, Shape> statistic, DoubleUnaryOperator change) {
        try (Arena scratch = Arena.ofConfined()) {
            Tensor home = Tensor.allocate(scratch, DType.F32, statistic.getValue());
            session().get(network + "/" + statistic.getKey(), home);
            for (long i = 0; i < home.shape().size(); i++) {
                home.set(i, change.applyAsDouble(home.getDouble(i)));
            }
            session().put(GanProgram.AVERAGE + "/" + statistic.getKey(), home);
        }
    }

    /** How many pictures of a snapshot are drawn at a time: no more than a step works on, so that showing takes no memory that learning does without. */
    private int shown() {
        return settings.batch() / settings.accumulate();
    }

    private Drawing shows() {
        return draws(shown(), conditioning.averages(), true);
    }

    /** Draws {@code rows} pictures, or latent variables of as many, at a time with the present parameters of {@code networks}. */
    final Drawing draws(int rows, Drawing.Networks networks, boolean paints) {
        return new Drawing(session(), rows, settings.buildGenerator(), settings.text().adapter().build(), networks, paints);
    }

    @Override
    public final void export(Path folder, String name, long samples) {
        settled(() -> write(folder, name, samples));
    }

    private void write(Path folder, String name, long samples) {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            ModelExport.collect(session(), GanProgram.AVERAGE, generatorDeclarations(), ModelFolder.GENERATOR, tensors, scratch);
            conditioning.export(session(), adapterPlace(), folder, tensors, scratch);
            ModelConfig config = new ModelConfig(1, name, settings.size(), settings.text().adapter(), settings.generator(),
                    samples, materials.dataName, settings.truncation(), ModelExport.words(materials.data));
            Map<String, DType> types = new HashMap<>();
            generatorDeclarations().forEach(d -> types.put(ModelFolder.GENERATOR + "." + d.name(), ModelFolder.stored(d, DType.F16)));
            adapterPlace().declarations().forEach(d -> {
                String tensor = ModelFolder.ADAPTER + "." + d.name();
                types.put(tensor, ModelFolder.stored(tensor, d, DType.F16));
            });
            ModelFolder.write(folder, config, tensors, types::get, ModelCard.of(config, conditioning.text().encoder(), (Record) settings));
            posteriorPlace().ifPresent(place ->
                    ModelExport.companion(session(), GanProgram.POSTERIOR, place.declarations(), folder, ModelFolder.POSTERIOR, scratch));
            discriminatorPlace().ifPresent(place ->
                    ModelExport.companion(session(), GanProgram.DISCRIMINATOR, place.declarations(), folder, ModelFolder.DISCRIMINATOR, scratch));
        }
    }

    @Override
    public void close() {
        if (drawing != null) {
            drawing.close();
        }
        super.close();
        conditioning.close();
        arena.close();
    }
}
