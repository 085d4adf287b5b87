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
import java.util.Map;

/**
 * Draws latent variables for a generator. With a {@link LatentPrior} that takes several passes of one compiled graph, which end
 * as soon as one changes nothing: most draws are complete long before the last cell's turn.
 */
public final class LatentSampler implements AutoCloseable {
    private static final String KEYS = "noise_keys";
    private static final String TRUNCATION = "truncation";
    private static final String LATENT = "latent";

    private final Graph graph = new Graph();
    private final Parameters place;
    private final int passes;
    private final Arena arena = Arena.ofShared();
    private final Tensor latent;
    private final Map<String, Tensor> inputs = new HashMap<>();
    private Executable executable;

    /**
     * @param place name of the generator's parameters in the session
     * @param text of the shapes that texts will have, in any graph
     */
    public LatentSampler(Generator generator, String place, TextCondition text) {
        int rows = text.sentence().dim(0);
        this.place = Parameters.of(graph, place);
        this.passes = generator.prior().map(LatentPrior::passes).orElse(1);
        this.latent = Tensor.allocate(arena, DType.F32, Shape.of(rows, generator.latentWidth()));
        Value noise = graph.normal(graph.input(KEYS, DType.I32, Shape.of(rows, 4)), Shape.of(rows, generator.noiseWidth()));
        Value truncation = graph.input(TRUNCATION, DType.F32, Shape.SCALAR);
        graph.output(LATENT, generator.prior().map(prior -> prior.refine(this.place.at(Generator.PRIOR), noise, truncation,
                graph.input(LATENT, DType.F32, latent.shape()), text.given(graph))).orElseGet(() -> noise.mul(truncation)));
    }

    /** What it reads of the generator. */
    public Parameters place() {
        return place;
    }

    /** Once the session has the parameters of {@link #place}. */
    public void compile(Session session) {
        executable = session.compile(graph);
    }

    /**
     * {@code [rows, latentWidth]}, overwritten by the next draw.
     *
     * @param keys of the noise, {@code [rows, 4]}
     * @param truncation a scalar
     * @param texts see {@link TextCondition#in}
     */
    public Tensor draw(Tensor keys, Tensor truncation, Map<String, Tensor> texts) {
        inputs.putAll(texts);
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
        arena.close();
    }
}
