package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Both directions of a flow against each other, and its determinant against finite differences. */
class NoiseFlowTest {
    private static final NoiseFlow FLOW = new NoiseFlow(2, 2, 5, 2, 6);
    private static final int LATENTS = 8;
    private static final int TEXTS = 3;

    private final SplittableRandom random = new SplittableRandom(5);

    /** Runs one direction on one row; random parameters, for a fresh flow does nothing. */
    private final class Direction implements AutoCloseable {
        private final Map<String, Tensor> texts;
        private final Session session = new ScalarBackend(Precision.F64).open();
        private final Executable executable;

        Direction(boolean whitening, Map<String, Tensor> texts, Map<String, Tensor> weights) {
            Graph graph = new Graph();
            Value x = graph.input("x", DType.F32, Shape.of(1, LATENTS));
            Value sentence = graph.input("sentence", DType.F32, texts.get("sentence").shape());
            TextCondition.Words words = new TextCondition.Words(graph.input("words", DType.F32, texts.get("words").shape()),
                    graph.input("mask", DType.F32, texts.get("mask").shape()));
            TextCondition text = new TextCondition(sentence, Optional.of(words));
            Parameters place = Parameters.of(graph, "flow");
            if (whitening) {
                NoiseFlow.Whitened whitened = FLOW.whiten(place, x, text);
                graph.output("y", whitened.noise());
                graph.output("log", whitened.logDeterminant());
            } else {
                graph.output("y", FLOW.latent(place, x, text));
            }
            place.declarations().forEach(d -> session.put("flow/" + d.name(),
                    weights.computeIfAbsent(d.name(), _ -> GraphRun.uniform(random, DType.F32, d.shape(), -0.6, 0.6))));
            this.executable = session.compile(graph);
            this.texts = texts;
        }

        double[] of(double... x) {
            Map<String, Tensor> inputs = new HashMap<>(texts);
            inputs.put("x", GraphRun.tensor(DType.F32, Shape.of(1, LATENTS), x));
            executable.run(inputs);
            return GraphRun.numbers(executable.output("y"));
        }

        double logDeterminant() {
            return executable.output("log").getDouble(0);
        }

        @Override
        public void close() {
            executable.close();
            session.close();
        }
    }

    @Test
    void directionsAreInverseAndTheDeterminantIsTheirs() {
        Map<String, Tensor> texts = Map.of("sentence", GraphRun.uniform(random, DType.F32, Shape.of(1, 4), -1, 1),
                "words", GraphRun.uniform(random, DType.F32, Shape.of(1, TEXTS, 5), -1, 1),
                "mask", GraphRun.tensor(DType.F32, Shape.of(1, TEXTS), 1, 1, 0));
        Map<String, Tensor> weights = new HashMap<>();
        try (Direction whiten = new Direction(true, texts, weights); Direction latent = new Direction(false, texts, weights)) {
            // Inputs are F32: numbers and steps that it holds exactly.
            double[] x = random.ints(LATENTS, -1500, 1500).mapToDouble(i -> i * 0x1p-10).toArray();
            double[] noise = whiten.of(x);
            double log = whiten.logDeterminant();
            assertArrayEquals(x, latent.of(noise), 2e-6);

            double step = 0x1p-13;
            double[][] jacobian = new double[LATENTS][];
            for (int i = 0; i < LATENTS; i++) {
                double[] up = x.clone();
                double[] down = x.clone();
                up[i] += step;
                down[i] -= step;
                double[] above = whiten.of(up);
                double[] below = whiten.of(down);
                jacobian[i] = new double[LATENTS];
                for (int j = 0; j < LATENTS; j++) {
                    jacobian[i][j] = (above[j] - below[j]) / (2 * step);
                }
            }
            assertEquals(logOfDeterminant(jacobian), log, 1e-6);
        }
    }

    /** By Gaussian elimination with row exchanges. */
    private static double logOfDeterminant(double[][] rows) {
        double log = 0;
        for (int i = 0; i < rows.length; i++) {
            int pivot = i;
            for (int j = i; j < rows.length; j++) {
                pivot = Math.abs(rows[j][i]) > Math.abs(rows[pivot][i]) ? j : pivot;
            }
            double[] taken = rows[pivot];
            rows[pivot] = rows[i];
            rows[i] = taken;
            log += Math.log(Math.abs(taken[i]));
            for (int j = i + 1; j < rows.length; j++) {
                double factor = rows[j][i] / taken[i];
                for (int k = i; k < rows.length; k++) {
                    rows[j][k] -= factor * taken[k];
                }
            }
        }
        return log;
    }
}
