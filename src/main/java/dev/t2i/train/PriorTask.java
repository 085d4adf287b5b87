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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training a generator's prior alone, all else staying as the start has it: the inference network looks at real pictures, and the
 * prior is fitted to what it sees by likelihood. Nothing is painted, so that many times more pictures pass than in an
 * autoencoder's training.
 */
public final class PriorTask extends PictureTask {
    private final AutoencoderSettings settings;
    private final ModelStart start;
    private final Adam adam = new Adam("generator", 0.9, 0.99);
    private final Graph graph = new Graph();
    private final Parameters priorPlace = Parameters.of(graph, GanProgram.GENERATOR);
    private final Parameters painterPlace = Parameters.of(graph, GanProgram.GENERATOR);
    private final Parameters posteriorPlace = Parameters.of(graph, GanProgram.POSTERIOR);
    private final Parameters adapterPlace = Parameters.of(graph, GanProgram.ADAPTER);
    private Executable executable;

    /** For the parameters see {@link PictureTask.Materials}. */
    public PriorTask(AutoencoderSettings settings, TextSource source, ModelStart start, CaptionedImages data, String dataName, Backend backend) {
        super(settings, new Materials(source, Optional.of(start), data, dataName, backend));
        this.settings = settings;
        this.start = start;
        trace();
        adam.allocateInputs(inputs, arena);
    }

    private void trace() {
        int n = settings.batch();
        Generator generator = settings.buildGenerator();
        Value pictures = graph.input(GanProgram.PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        Value noise = graph.normal(graph.input(GanProgram.NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, generator.latentWidth()));
        Value texts = settings.text().adapter().build().adapt(adapterPlace, conditioning.text().pooled(graph, GanProgram.CAPTIONS, n));
        TextCondition text = GanProgram.condition(graph, texts, n, generator, conditioning.text());
        Posterior.Distribution inferred = settings.buildPosterior().infer(posteriorPlace, pictures, texts);
        Value latent = inferred.sample(noise);
        // Declared, for the model to be exported whole, but no part of what is computed.
        generator.paint(painterPlace, latent, text);
        Value divergence = generator.divergence(priorPlace, inferred, latent, text);
        graph.output("divergence", divergence);
        Adam.Update update = adam.minimize(divergence, priorPlace);
        graph.output("norm", update.gradientNorm());
        GanProgram.follow(graph, GanProgram.AVERAGE, update.values(), Adam.Update.makeAll(List.of(update)));
    }

    @Override
    List<Parameters.Declaration> generatorDeclarations() {
        List<Parameters.Declaration> declarations = new ArrayList<>(painterPlace.declarations());
        declarations.addAll(priorPlace.declarations());
        return declarations;
    }

    @Override
    List<Parameters.Declaration> learningOfGenerator() {
        return priorPlace.declarations();
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
        return List.of(new Learned(GanProgram.GENERATOR, priorPlace.declarations(), adam));
    }

    @Override
    public Optional<String> remark() {
        return settings.remark();
    }

    @Override
    public void compile() {
        conditioning.compile(session(), adapterPlace, settings.batch(), arena);
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> painter = firstGenerator(painterPlace.declarations(), scratch);
            Learned.put(session(), GanProgram.GENERATOR, painter);
            Learned.put(session(), GanProgram.AVERAGE, painter);
            Learned.put(session(), GanProgram.POSTERIOR, start.posterior(posteriorPlace.declarations(), scratch));
        }
        executable = session().compile(graph);
    }

    @Override
    protected Executable executable(long step) {
        return executable;
    }

    @Override
    protected Map<String, Tensor> inputs(long step, Feed.Batch batch) {
        feed(step, batch, Map.of(GanProgram.CAPTIONS, batch.captions()));
        adam.feed(inputs, step + 1, settings.learningRate() * settings.factor(step * settings.batch()));
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
