package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.backend.Session;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.Generator;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.Posterior;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
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

/**
 * Training a generator as the decoder of a conditional variational autoencoder, text side included if wanted: it must
 * draw each real picture again from its caption and what the inference network makes of the picture. No discriminator
 * takes part. That teaches what belongs where many times faster than a game of two networks does; the game, which
 * starts from here, then sees to it that pictures look real.
 */
public final class AutoencoderTask implements Task {
    private static final String NAT = "divergence.weight";

    private final AutoencoderSettings settings;
    private final CaptionedImages data;
    private final Backend backend;
    private final String dataName;
    private final Conditioning conditioning;
    private final Optional<ModelStart> start;
    private final Generator generator;
    private final Posterior posterior;
    private final Session session;
    private final Feed feed;
    private final SampleGrid grid;
    private final Arena arena = Arena.ofShared();
    private final Adam adam = new Adam("generator", 0.9, 0.99);
    private final Adam textAdam = new Adam("text", 0.9, 0.99);
    private final Graph graph = new Graph();
    private final Parameters generatorPlace = Parameters.of(graph, GanProgram.GENERATOR);
    private final Parameters posteriorPlace = Parameters.of(graph, GanProgram.POSTERIOR);
    private final Parameters adapterPlace = Parameters.of(graph, GanProgram.ADAPTER);
    private final Map<String, Tensor> inputs = new HashMap<>();
    private final Map<String, Double> statistics = new LinkedHashMap<>();
    private Executable executable;
    private Executable drawing;

    /**
     * @param source where text features come from, already found on disk
     * @param start the model that the networks start from, if any
     * @param data captioned pictures
     * @param dataName what to call them in the model card
     */
    public AutoencoderTask(AutoencoderSettings settings, TextSource source, Optional<ModelStart> start, CaptionedImages data, String dataName, Backend backend) {
        this.settings = settings;
        this.data = data;
        this.backend = backend;
        this.dataName = dataName;
        this.start = start;
        this.generator = settings.buildGenerator();
        this.posterior = settings.buildPosterior();
        this.conditioning = new Conditioning(settings.text(), source);
        this.session = backend.open();
        this.feed = new Feed(data, settings.seed(), settings.batch(), settings.size());
        this.grid = new SampleGrid(data, settings.seed(), settings.size(), settings.batch());
        trace();
        adam.allocateInputs(inputs, arena);
        textAdam.allocateInputs(inputs, arena);
        inputs.put(GanProgram.NOISE_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(settings.batch(), 4)));
        inputs.put(NAT, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
        inputs.put(GanProgram.AVERAGE_DECAY, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
    }

    private void trace() {
        int n = settings.batch();
        Value pictures = graph.input(GanProgram.PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        Value noise = graph.normal(graph.input(GanProgram.NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, generator.noiseWidth()));
        Value texts = settings.text().adapter().build().adapt(adapterPlace, conditioning.text().pooled(graph, GanProgram.CAPTIONS, n));
        Posterior.Distribution inferred = posterior.infer(posteriorPlace, pictures, texts.stopGradient());
        Value drawn = generator.draw(generatorPlace, inferred.sample(noise),
                GanProgram.condition(graph, texts, n, generator, conditioning.text()));
        Value difference = Posterior.difference(drawn, pictures);
        Value divergence = inferred.divergence();
        Value loss = difference.add(divergence.mul(graph.input(NAT, DType.F32, Shape.SCALAR)));
        graph.output("loss", loss);
        graph.output("difference", difference);
        graph.output("divergence", divergence);
        Adam.Update update = adam.minimize(loss, generatorPlace);
        List<Adam.Update> updates = new ArrayList<>(List.of(update, adam.minimize(loss, posteriorPlace)));
        if (conditioning.trainsAdapter()) {
            updates.add(textAdam.minimize(loss, adapterPlace));
            encoderPlace().ifPresent(encoder -> updates.add(textAdam.minimize(loss, encoder)));
        }
        graph.output("norm", update.gradientNorm());
        GanProgram.follow(graph, update.values(), Adam.Update.makeAll(updates));
    }

    private Optional<Parameters> encoderPlace() {
        return conditioning.text().trained(graph);
    }

    @Override
    public Session session() {
        return session;
    }

    @Override
    public int batch() {
        return settings.batch();
    }

    private List<Learned> learned() {
        List<Learned> networks = new ArrayList<>();
        networks.add(new Learned(GanProgram.GENERATOR, generatorPlace.declarations(), adam));
        networks.add(new Learned(GanProgram.POSTERIOR, posteriorPlace.declarations(), adam));
        networks.addAll(conditioning.learned(adapterPlace, encoderPlace(), textAdam));
        return networks;
    }

    @Override
    public List<Checkpoint.StateType> states() {
        List<Checkpoint.StateType> states = new ArrayList<>();
        learned().forEach(network -> states.addAll(network.states()));
        generatorPlace.declarations().forEach(d -> states.add(Learned.state(GanProgram.AVERAGE + "/" + d.name(), d.shape())));
        return states;
    }

    @Override
    public void initialize() {
        try (Arena scratch = Arena.ofConfined()) {
            for (Learned network : learned()) {
                network.initialize(session, switch (network.network()) {
                    case GanProgram.GENERATOR -> firstGenerator(scratch);
                    case GanProgram.POSTERIOR -> start.map(model -> model.posterior(network.declarations(), scratch))
                            .orElseGet(() -> Parameters.initialize(network.declarations(), settings.seed(), scratch));
                    default -> conditioning.firstValues(network, settings.seed(), data, backend, scratch);
                });
            }
            Learned.put(session, GanProgram.AVERAGE, firstGenerator(scratch));
        }
    }

    private Map<String, Tensor> firstGenerator(Arena scratch) {
        return start.map(model -> model.generator(generatorPlace.declarations(), settings.seed(), scratch))
                .orElseGet(() -> Parameters.initialize(generatorPlace.declarations(), settings.seed(), scratch));
    }

    @Override
    public void compile() {
        conditioning.compile(session, adapterPlace, settings.batch(), arena);
        executable = session.compile(graph);
    }

    @Override
    public void step(long step) {
        Feed.Batch batch = feed.take(step);
        executable.run(inputsOf(batch));
        feed.recycle(batch);
        graph.outputs().keySet().forEach(name -> statistics.put(name, (double) executable.output(name).getFloat(0)));
    }

    private Map<String, Tensor> inputsOf(Feed.Batch batch) {
        long step = batch.step();
        long samples = step * settings.batch();
        inputs.put(GanProgram.PICTURES, batch.pictures());
        conditioning.text().feed(inputs, Map.of(GanProgram.CAPTIONS, batch.captions()));
        NoiseKeys.fill(inputs.get(GanProgram.NOISE_KEYS), settings.seed(), step);
        double factor = settings.factor(samples);
        adam.feed(inputs, step + 1, settings.learningRate() * factor);
        textAdam.feed(inputs, step + 1, settings.text().learningRate() * factor);
        inputs.get(NAT).set(0, settings.divergence(samples));
        inputs.get(GanProgram.AVERAGE_DECAY).set(0, settings.average().decay(samples, settings.batch()));
        Map<String, Tensor> wanted = new HashMap<>(inputs);
        wanted.keySet().retainAll(graph.inputs().keySet());
        return wanted;
    }

    @Override
    public Map<String, Double> statistics() {
        return statistics;
    }

    @Override
    public Optional<String> firstBadValue(long step) {
        Feed.Batch batch = feed.take(step);
        Optional<String> bad = executable instanceof FiniteCheck check
                ? check.firstNonFinite(inputsOf(batch)).map(FiniteCheck.NonFinite::toString) : Optional.empty();
        feed.recycle(batch);
        return bad;
    }

    @Override
    public void snapshot(Path folder, long step) {
        if (drawing == null) {
            drawing = session.compile(GanProgram.drawing(settings.batch(), generator, settings.text().adapter().build(), conditioning.text()));
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
            ModelExport.collect(session, GanProgram.AVERAGE, generatorPlace.declarations(), ModelFolder.GENERATOR, tensors, scratch);
            conditioning.export(session, adapterPlace, folder, tensors, scratch);
            ModelConfig config = new ModelConfig(1, name, settings.size(), settings.text().adapter(), settings.generator(),
                    samples, dataName, ModelExport.words(data));
            ModelFolder.write(folder, config, tensors, DType.F16, ModelCard.of(config, settings));
            ModelExport.companion(session, GanProgram.POSTERIOR, posteriorPlace.declarations(), folder, ModelFolder.POSTERIOR, scratch);
        }
    }

    @Override
    public void close() {
        feed.close();
        if (executable != null) {
            executable.close();
        }
        if (drawing != null) {
            drawing.close();
        }
        session.close();
        conditioning.close();
        arena.close();
    }
}
