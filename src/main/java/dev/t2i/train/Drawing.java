package dev.t2i.train;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.gan.Generator;
import dev.t2i.gan.LatentSampler;
import dev.t2i.gan.TextAdapter;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
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
    private final Arena arena = Arena.ofShared();
    private final Tensor truncation = Tensor.allocate(arena, DType.F32, Shape.SCALAR);

    /**
     * @param place whose parameters draw
     * @param paints whether pictures are wanted, or latent variables alone
     */
    Drawing(Session session, int rows, Generator generator, String place, TextAdapter adapter, GanProgram.TextInput text, boolean paints) {
        Graph graph = new Graph();
        Value sentence = adapter.adapt(Parameters.of(graph, GanProgram.ADAPTER), text.pooled(graph, GanProgram.CAPTIONS, rows));
        TextCondition condition = GanProgram.condition(graph, sentence, rows, generator, text);
        condition.output();
        reading = session.compile(graph);
        sampler = new LatentSampler(generator, place, condition);
        sampler.compile(session);
        painting = paints ? Optional.of(session.compile(painting(generator, place, condition))) : Optional.empty();
        truncation.set(0, 1);
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
        Map<String, Tensor> painted = new HashMap<>();
        painted.put(LATENT, latent(inputs, keys));
        painted.putAll(TextCondition.in(reading));
        painter.run(FedTask.wanted(painter, painted));
        return painter.output(GanProgram.PICTURES);
    }

    @Override
    public void close() {
        reading.close();
        sampler.close();
        painting.ifPresent(Executable::close);
        arena.close();
    }
}
