package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.Generator;
import dev.t2i.gan.Posterior;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training a generator as the decoder of a conditional variational autoencoder, text side included if wanted: it must
 * draw each real picture again from its caption and what the inference network makes of the picture. No discriminator
 * takes part. That teaches what belongs where many times faster than a game of two networks does; the game, which
 * starts from here, then sees to it that pictures look real.
 *
 * <p>Where only the generator's flow learns, nothing is painted: pictures are looked at by the inference network, and the
 * flow is fitted to what it sees.
 */
public final class AutoencoderTask extends PictureTask {
    private static final String NAT = "divergence.weight";

    private final AutoencoderSettings settings;
    private final Optional<ModelStart> start;
    private final Adam adam = new Adam("generator", 0.9, 0.99);
    private final Adam textAdam = new Adam("text", 0.9, 0.99);
    private final Graph graph = new Graph();
    /** The generator without its flow, and the flow: two parts of one network. */
    private final Parameters painterPlace = Parameters.of(graph, GanProgram.GENERATOR);
    private final Parameters flowPlace = Parameters.of(graph, GanProgram.GENERATOR);
    private final Parameters posteriorPlace = Parameters.of(graph, GanProgram.POSTERIOR);
    private final Parameters adapterPlace = Parameters.of(graph, GanProgram.ADAPTER);
    private Executable executable;

    /** For the parameters see {@link PictureTask.Materials}. */
    public AutoencoderTask(AutoencoderSettings settings, TextSource source, Optional<ModelStart> start, CaptionedImages data, String dataName, Backend backend) {
        super(settings, new Materials(source, start, data, dataName, backend));
        this.settings = settings;
        this.start = start;
        trace();
        adam.allocateInputs(inputs, arena);
        textAdam.allocateInputs(inputs, arena);
        inputs.put(NAT, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
    }

    private void trace() {
        int n = settings.batch();
        Generator generator = settings.buildGenerator();
        Value pictures = graph.input(GanProgram.PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        Value noise = graph.normal(graph.input(GanProgram.NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, generator.noiseWidth()));
        Value texts = settings.text().adapter().build().adapt(adapterPlace, conditioning.text().pooled(graph, GanProgram.CAPTIONS, n));
        Posterior.Distribution inferred = settings.buildPosterior().infer(posteriorPlace, pictures, texts.stopGradient());
        TextCondition text = GanProgram.condition(graph, texts, n, generator, conditioning.text());
        Value latent = inferred.sample(noise);
        // Traced even where nothing is painted: that declares the painter's parameters.
        Value painted = generator.paint(painterPlace, latent, text);
        Value divergence = generator.divergence(flowPlace, inferred, latent, text);
        graph.output("divergence", divergence);
        Map<String, Value> followed = new LinkedHashMap<>();
        List<Adam.Update> updates = new ArrayList<>();
        if (learnsAll()) {
            Value difference = Posterior.difference(painted, pictures);
            Value loss = difference.add(divergence.mul(graph.input(NAT, DType.F32, Shape.SCALAR)));
            graph.output("loss", loss);
            graph.output("difference", difference);
            updates.add(adam.minimize(loss, painterPlace));
            updates.add(adam.minimize(loss, flowPlace));
            updates.forEach(update -> followed.putAll(update.values()));
            updates.add(adam.minimize(loss, posteriorPlace));
            if (conditioning.trainsAdapter()) {
                updates.add(textAdam.minimize(loss, adapterPlace));
                encoderPlace().ifPresent(encoder -> updates.add(textAdam.minimize(loss, encoder)));
            }
        } else {
            updates.add(adam.minimize(divergence, flowPlace));
            followed.putAll(updates.getFirst().values());
        }
        graph.output("norm", updates.getFirst().gradientNorm());
        GanProgram.follow(graph, followed, Adam.Update.makeAll(updates));
    }

    private boolean learnsAll() {
        return settings.learn() == AutoencoderSettings.Learning.ALL;
    }

    private Optional<Parameters> encoderPlace() {
        return conditioning.text().trained(graph);
    }

    @Override
    List<Parameters.Declaration> generatorDeclarations() {
        List<Parameters.Declaration> declarations = new ArrayList<>(painterPlace.declarations());
        declarations.addAll(flowPlace.declarations());
        return declarations;
    }

    @Override
    List<Parameters.Declaration> learningOfGenerator() {
        return learnsAll() ? generatorDeclarations() : flowPlace.declarations();
    }

    @Override
    Parameters adapterPlace() {
        return adapterPlace;
    }

    @Override
    Optional<Parameters> posteriorPlace() {
        return Optional.of(posteriorPlace);
    }

    @Override
    List<Learned> learned() {
        List<Learned> networks = new ArrayList<>();
        networks.add(new Learned(GanProgram.GENERATOR, learningOfGenerator(), adam));
        if (learnsAll()) {
            networks.add(new Learned(GanProgram.POSTERIOR, posteriorPlace.declarations(), adam));
        }
        networks.addAll(conditioning.learned(adapterPlace, encoderPlace(), textAdam));
        return networks;
    }

    @Override
    public void compile() {
        conditioning.compile(session(), adapterPlace, settings.batch(), arena);
        if (!learnsAll()) {
            putFrozen();
        }
        executable = session().compile(graph);
    }

    /** Puts what stays as the start has it. */
    private void putFrozen() {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> painter = firstGenerator(painterPlace.declarations(), scratch);
            Learned.put(session(), GanProgram.GENERATOR, painter);
            Learned.put(session(), GanProgram.AVERAGE, painter);
            Learned.put(session(), GanProgram.POSTERIOR, start.orElseThrow().posterior(posteriorPlace.declarations(), scratch));
        }
    }

    @Override
    protected Executable executable(long step) {
        return executable;
    }

    @Override
    protected Map<String, Tensor> inputs(long step, Feed.Batch batch) {
        feed(step, batch, Map.of(GanProgram.CAPTIONS, batch.captions()));
        long samples = step * settings.batch();
        double factor = settings.factor(samples);
        adam.feed(inputs, step + 1, settings.learningRate() * factor);
        textAdam.feed(inputs, step + 1, settings.text().learningRate() * factor);
        inputs.get(NAT).set(0, settings.divergence(samples));
        return inputs;
    }

    @Override
    public void close() {
        if (executable != null) {
            executable.close();
        }
        super.close();
    }
}
