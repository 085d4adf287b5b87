package dev.t2i.gan;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Draws latent variables for a generator. With a {@link LatentPrior} that takes several passes of one compiled graph, which end
 * as soon as one changes nothing: most draws are complete long before the last cell's turn.
 */
public final class LatentSampler implements AutoCloseable {
    private static final String KEYS = "noise_keys";
    private static final String TRUNCATION = "truncation";
    private static final String LATENT = "latent";

    private final Graph graph = new Graph();
    /** What every pass needs of the texts alike. */
    private final Graph reading = new Graph();
    private final List<Parameters> places;
    private final int passes;
    private final Arena arena = Arena.ofShared();
    private final Tensor latent;
    private final Map<String, Tensor> inputs = new HashMap<>();
    private Executable executable;
    private Optional<Executable> reader = Optional.empty();

    /**
     * @param place name of the generator's parameters in the session
     * @param text of the shapes that texts will have, in any graph
     */
    public LatentSampler(Generator generator, String place, TextCondition text) {
        int rows = text.sentence().dim(0);
        places = List.of(Parameters.of(graph, place), Parameters.of(reading, place));
        this.passes = generator.prior().map(LatentPrior::passes).orElse(1);
        this.latent = Tensor.allocate(arena, DType.F32, Shape.of(rows, generator.latentWidth()));
        Value noise = graph.normal(graph.input(KEYS, DType.I32, Shape.of(rows, 4)), Shape.of(rows, generator.noiseWidth()));
        Value truncation = graph.input(TRUNCATION, DType.F32, Shape.SCALAR);
        graph.output(LATENT, generator.prior().map(prior -> {
            TextCondition read = prior.read(places.getLast().at(Generator.PRIOR), text.given(reading));
            read.output();
            return prior.refine(places.getFirst().at(Generator.PRIOR), noise, truncation, graph.input(LATENT, DType.F32, latent.shape()), read.given(graph));
        }).orElseGet(() -> noise.mul(truncation)));
    }

    /** What it reads of the generator. */
    public List<Parameters> places() {
        return places;
    }

    /** Once the session has the parameters of {@link #places}. */
    public void compile(Session session) {
        executable = session.compile(graph);
        reader = reading.outputs().isEmpty() ? Optional.empty() : Optional.of(session.compile(reading));
    }

    /**
     * {@code [rows, latentWidth]}, overwritten by the next draw.
     *
     * @param keys of the noise, {@code [rows, 4]}
     * @param truncation a scalar
     * @param texts see {@link TextCondition#in}
     */
    public Tensor draw(Tensor keys, Tensor truncation, Map<String, Tensor> texts) {
        reader.ifPresent(first -> {
            first.run(texts);
            inputs.putAll(TextCondition.in(first));
        });
        inputs.putAll(Map.of(KEYS, keys, TRUNCATION, truncation, LATENT, latent));
        inputs.keySet().retainAll(graph.inputs().keySet());
        latent.segment().fill((byte) 0);
        for (int pass = 0; pass < passes; pass++) {
            executable.run(inputs);
            Tensor refined = executable.output(LATENT);
            if (refined.segment().mismatch(latent.segment()) < 0) {
                break;
            }
            latent.copyFrom(refined);
        }
        return latent;
    }

    @Override
    public void close() {
        if (executable != null) {
            executable.close();
        }
        reader.ifPresent(Executable::close);
        arena.close();
    }
}
