package dev.t2i.train;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.gan.Generator;
import dev.t2i.gan.LatentSampler;
import dev.t2i.gan.TextAdapter;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Drawing for captions in the midst of a training, with the parameters as they stand: first the text, then latent variables, then,
 * where pictures are wanted, the painter.
 */
final class Drawing implements AutoCloseable {
    private static final String LATENT = "latent";

    private final LatentSampler sampler;
    private final Executable reading;
    private final Optional<Executable> painting;
    /** Running statistics that a batch drawn as in training changes. */
    private final Map<String, Shape> statistics = new LinkedHashMap<>();
    private final Optional<Executable> settling;
    private final Arena arena = Arena.ofShared();
    private final Tensor truncation = Tensor.allocate(arena, DType.F32, Shape.SCALAR);

    /**
     * Whose parameters draw.
     *
     * @param generator name of its network
     * @param adapter name of its network
     * @param text reads captions, by an encoder of its own
     */
    record Networks(String generator, String adapter, GanProgram.TextInput text) {}

    /** @param paints whether pictures are wanted, or latent variables alone */
    Drawing(Session session, int rows, Generator generator, TextAdapter adapter, Networks networks, boolean paints) {
        String place = networks.generator;
        Graph graph = new Graph();
        Value sentence = adapter.adapt(Parameters.of(graph, networks.adapter), networks.text.pooled(graph, GanProgram.CAPTIONS, rows));
        TextCondition condition = GanProgram.condition(graph, sentence, rows, generator, networks.text);
        condition.output();
        reading = session.compile(graph);
        sampler = new LatentSampler(generator, place, condition);
        sampler.compile(session);
        painting = paints ? Optional.of(session.compile(painting(generator, place, condition))) : Optional.empty();
        Graph batch = settling(generator, place, condition);
        settling = paints && !statistics.isEmpty() ? Optional.of(session.compile(batch)) : Optional.empty();
        truncation.set(0, 1);
    }

    private Graph settling(Generator generator, String place, TextCondition condition) {
        Graph graph = new Graph();
        Parameters parameters = Parameters.of(graph, place);
        Value latent = graph.input(LATENT, DType.F32, Shape.of(condition.sentence().dim(0), generator.latentWidth()));
        generator.paintAll(parameters, latent, condition.given(graph), Mode.TRAINING);
        parameters.updatedStates().forEach(graph::assign);
        parameters.updates().forEach((name, value) -> statistics.put(name, value.shape()));
        return graph;
    }

    private static Graph painting(Generator generator, String place, TextCondition condition) {
        Graph graph = new Graph();
        Value latent = graph.input(LATENT, DType.F32, Shape.of(condition.sentence().dim(0), generator.latentWidth()));
        graph.output(GanProgram.PICTURES, generator.paint(Parameters.of(graph, place), latent, condition.given(graph)));
        return graph;
    }

    /** Latent variables {@code [rows, latentWidth]} for the captions that {@code inputs} holds; more in there is ignored. */
    Tensor latent(Map<String, Tensor> inputs, Tensor keys) {
        reading.run(FedTask.wanted(reading, inputs));
        return sampler.draw(keys, truncation, TextCondition.in(reading));
    }

    /** Pictures {@code [rows, size, size, 3]} for them. */
    Tensor pictures(Map<String, Tensor> inputs, Tensor keys) {
        Executable painter = painting.orElseThrow();
        run(painter, inputs, keys);
        return painter.output(GanProgram.PICTURES);
    }

    /** Running statistics of the generator by name. */
    Map<String, Shape> statistics() {
        return statistics;
    }

    /** Takes a batch into them. */
    void settle(Map<String, Tensor> inputs, Tensor keys) {
        run(settling.orElseThrow(), inputs, keys);
    }

    private void run(Executable network, Map<String, Tensor> inputs, Tensor keys) {
        Map<String, Tensor> given = new HashMap<>();
        given.put(LATENT, latent(inputs, keys));
        given.putAll(TextCondition.in(reading));
        network.run(FedTask.wanted(network, given));
    }

    @Override
    public void close() {
        reading.close();
        sampler.close();
        painting.ifPresent(Executable::close);
        settling.ifPresent(Executable::close);
        arena.close();
    }
}
