package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.Generator;
import dev.t2i.gan.Posterior;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training a generator as the decoder of a conditional variational autoencoder, text side included if wanted: it must
 * draw each real picture again from its caption and what the inference network makes of the picture. No discriminator
 * takes part. That teaches what belongs where many times faster than a game of two networks does; the game, which
 * starts from here, then sees to it that pictures look real.
 */
public final class AutoencoderTask extends PictureTask {
    private static final String NAT = "divergence.weight";

    private final AutoencoderSettings settings;
    private final Adam adam = new Adam("generator", 0.9, 0.99);
    private final Adam textAdam = new Adam("text", 0.9, 0.99);
    private final Graph graph;
    private final Parameters generatorPlace;
    private final Parameters posteriorPlace;
    private final Parameters adapterPlace;
    private Executable executable;

    /** For the parameters see {@link PictureTask.Materials}. */
    public AutoencoderTask(AutoencoderSettings settings, TextSource source, Optional<ModelStart> start, CaptionedImages data, String dataName, Backend backend) {
        super(settings, new Materials(source, start, data, dataName, backend));
        this.settings = settings;
        graph = settings.newGraph();
        generatorPlace = Parameters.of(graph, GanProgram.GENERATOR);
        posteriorPlace = Parameters.of(graph, GanProgram.POSTERIOR);
        adapterPlace = Parameters.of(graph, GanProgram.ADAPTER);
        trace();
        adam.allocateInputs(inputs, arena);
        textAdam.allocateInputs(inputs, arena);
        inputs.put(NAT, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
    }

    private void trace() {
        int n = settings.batch();
        Generator generator = settings.buildGenerator();
        Posterior posterior = settings.buildPosterior();
        Value pictures = graph.input(GanProgram.PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        Value noise = graph.normal(graph.input(GanProgram.NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, generator.latentWidth()));
        Value nat = graph.input(NAT, DType.F32, Shape.SCALAR);
        Value texts = settings.text().adapter().build().adapt(adapterPlace, conditioning.text().pooled(graph, GanProgram.CAPTIONS, n));
        TextCondition text = GanProgram.condition(graph, texts, n, generator, conditioning.text());
        int parts = settings.accumulate();
        int rows = n / parts;
        Accumulation figures = new Accumulation();
        Accumulation gradients = new Accumulation();
        List<List<Value>> textGradients = new ArrayList<>();
        for (int start = 0; start < n; start += rows) {
            TextCondition some = text.slice(start, start + rows);
            Value real = pictures.slice(0, start, start + rows);
            Posterior.Distribution inferred = posterior.infer(posteriorPlace, real, some.sentence().stopGradient());
            Value latent = inferred.sample(noise.slice(0, start, start + rows));
            Value difference = Posterior.difference(generator.paint(generatorPlace, latent, some), real, settings.contrast());
            Value divergence = generator.divergence(generatorPlace, inferred, latent, some);
            Value loss = difference.add(divergence.mul(nat));
            figures.add(List.of(loss.mul(1.0 / parts), difference.mul(1.0 / parts), divergence.mul(1.0 / parts)));
            List<Value> learning = new ArrayList<>(generatorPlace.states().values());
            learning.addAll(posteriorPlace.states().values());
            int networks = learning.size();
            if (conditioning.trainsAdapter()) {
                learning.addAll(some.values());
            }
            // The sentence comes from the same states as the words, and textUpdates follows it there.
            List<Value> each = Gradients.partial(loss.mul(1.0 / parts), learning);
            gradients.add(each.subList(0, networks));
            textGradients.add(each.subList(networks, each.size()));
        }
        graph.output("loss", figures.get(0));
        graph.output("difference", figures.get(1));
        graph.output("divergence", figures.get(2));
        int ofGenerator = generatorPlace.states().size();
        Adam.Update update = adam.descend(gradients.get(0, ofGenerator), generatorPlace);
        List<Adam.Update> updates = new ArrayList<>(List.of(update));
        updates.add(adam.descend(gradients.get(ofGenerator, ofGenerator + posteriorPlace.states().size()), posteriorPlace));
        List<Adam.Update> ofText = conditioning.trainsAdapter() ? textUpdates(text, textGradients) : List.of();
        updates.addAll(ofText);
        graph.output("norm", update.gradientNorm());
        Value made = Adam.Update.makeAll(updates);
        GanProgram.follow(graph, GanProgram.AVERAGE, update.values(), made);
        if (settings.averagesText()) {
            GanProgram.followText(graph, ofText, made);
        }
    }

    /** The text side sees the whole batch at once; what flows back into it comes from all parts. */
    private List<Adam.Update> textUpdates(TextCondition text, List<List<Value>> gradients) {
        List<Value> seeds = new ArrayList<>();
        for (int i = 0; i < text.values().size(); i++) {
            int index = i;
            seeds.add(Value.concat(0, gradients.stream().map(part -> part.get(index)).toArray(Value[]::new)));
        }
        List<Parameters> places = new ArrayList<>(List.of(adapterPlace));
        encoderPlace().ifPresent(places::add);
        List<Value> learning = places.stream().flatMap(place -> place.states().values().stream()).toList();
        List<Value> found = Gradients.of(text.values(), seeds, learning);
        return textAdam.descend(found, places);
    }

    private Optional<Parameters> encoderPlace() {
        return conditioning.text().trained(graph);
    }

    @Override
    List<Parameters.Declaration> generatorDeclarations() {
        return generatorPlace.declarations();
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
        networks.add(new Learned(GanProgram.GENERATOR, generatorPlace.declarations(), adam));
        networks.add(new Learned(GanProgram.POSTERIOR, posteriorPlace.declarations(), adam));
        networks.addAll(conditioning.learned(adapterPlace, encoderPlace(), textAdam));
        return networks;
    }

    @Override
    public void compile() {
        conditioning.compile(session(), adapterPlace, settings.batch(), arena);
        executable = session().compile(graph);
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
