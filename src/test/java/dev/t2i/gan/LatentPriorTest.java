package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backends;
import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.NetworkFixture;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A prior's density against its integral, its draws against its density, and the order of its cells. */
class LatentPriorTest {
    private static final int TOKENS = 3;
    private final SplittableRandom random = new SplittableRandom(5);

    /** A prior with random parameters: what it makes of one text, for several rows of latent variables and noise. */
    private final class Trial implements AutoCloseable {
        private final LatentPrior prior;
        private final int rows;
        private final Session session = new ScalarBackend(Precision.F64).open();
        private final Executable executable;
        private final Map<String, Tensor> inputs = new HashMap<>();

        Trial(LatentPrior prior, int rows) {
            this.prior = prior;
            this.rows = rows;
            Graph graph = new Graph();
            Value latent = graph.input("latent", DType.F32, Shape.of(rows, prior.latentWidth()));
            Value noise = graph.input("noise", DType.F32, Shape.of(rows, prior.noiseWidth()));
            Value truncation = graph.input("truncation", DType.F32, Shape.SCALAR);
            Value sentence = graph.input("sentence", DType.F32, Shape.of(1, 4)).broadcastTo(Shape.of(rows, 4));
            Value words = graph.input("words", DType.F32, Shape.of(1, TOKENS, 5)).broadcastTo(Shape.of(rows, TOKENS, 5));
            Value mask = graph.input("mask", DType.F32, Shape.of(1, TOKENS)).broadcastTo(Shape.of(rows, TOKENS));
            TextCondition text = new TextCondition(sentence, Optional.of(new TextCondition.Words(words, words, mask)));
            Parameters place = Parameters.of(graph, "prior");
            graph.output("density", prior.logDensity(place, latent, text));
            graph.output("refined", prior.refine(place, noise, truncation, latent, prior.read(place, text)));
            place.declarations().forEach(d -> session.put("prior/" + d.name(), GraphRun.uniform(random, DType.F32, d.shape(), -0.8, 0.8)));
            executable = session.compile(graph);
            inputs.put("sentence", GraphRun.uniform(random, DType.F32, Shape.of(1, 4), -1, 1));
            inputs.put("words", GraphRun.uniform(random, DType.F32, Shape.of(1, TOKENS, 5), -1, 1));
            inputs.put("mask", GraphRun.tensor(DType.F32, Shape.of(1, TOKENS), 1, 1, 0));
        }

        private void run(double[] latent, double[] noise, double truncation) {
            inputs.put("latent", GraphRun.tensor(DType.F32, Shape.of(rows, prior.latentWidth()), latent));
            inputs.put("noise", GraphRun.tensor(DType.F32, Shape.of(rows, prior.noiseWidth()), noise));
            inputs.put("truncation", GraphRun.tensor(DType.F32, Shape.SCALAR, truncation));
            executable.run(inputs);
        }

        double[] density(double... latent) {
            run(latent, new double[rows * prior.noiseWidth()], 1);
            return GraphRun.numbers(executable.output("density"));
        }

        double[] refined(double[] latent, double[] noise, double truncation) {
            run(latent, noise, truncation);
            return GraphRun.numbers(executable.output("refined"));
        }

        double[] drawn(double[] noise, double truncation) {
            double[] latent = new double[rows * prior.latentWidth()];
            for (int pass = 0; pass < prior.passes(); pass++) {
                latent = refined(latent, noise, truncation);
            }
            return latent;
        }

        double[] noise() {
            return GraphRun.numbers(GraphRun.uniform(random, DType.F32, Shape.of(rows, prior.noiseWidth()), -2, 2));
        }

        @Override
        public void close() {
            executable.close();
            session.close();
        }
    }

    @Test
    void agreesWithPyTorch() {
        NetworkFixture fixture = new NetworkFixture("prior.safetensors", "prior");
        LatentPrior prior = new LatentPrior(2, 3, 2, 1, 8, 2);
        TextCondition text = new TextCondition(fixture.input("sentence"),
                Optional.of(new TextCondition.Words(fixture.input("states"), fixture.input("embeddings"), fixture.input("mask"))));
        TextCondition read = prior.read(fixture.place(), text);
        Value latent = fixture.input("latent");
        fixture.check(Map.of("density", prior.logDensity(fixture.place(), latent, text),
                "drawn", prior.refine(fixture.place(), fixture.input("noise"), fixture.input("truncation"), latent, read)));
    }

    @Test
    void densityIntegratesToOneAndDrawsFollowIt() {
        int steps = 4001;
        double reach = 60;
        double width = 2 * reach / (steps - 1);
        try (Trial trial = new Trial(new LatentPrior(1, 1, 1, 1, 4, 0), steps)) {
            double[] x = new double[steps];
            Arrays.setAll(x, i -> -reach + i * width);
            double[] density = trial.density(x);
            double mass = 0;
            double mean = 0;
            double square = 0;
            for (int i = 0; i < steps; i++) {
                double share = Math.exp(density[i]) * width;
                mass += share;
                mean += share * x[i];
                square += share * x[i] * x[i];
            }
            assertEquals(1, mass, 1e-3);

            Random gaussian = new Random(3);
            double sum = 0;
            double squares = 0;
            int batches = 10;
            for (int batch = 0; batch < batches; batch++) {
                double[] noise = new double[2 * steps];
                Arrays.setAll(noise, _ -> gaussian.nextGaussian());
                for (double drawn : trial.drawn(noise, 1)) {
                    sum += drawn / (batches * steps);
                    squares += drawn * drawn / (batches * steps);
                }
            }
            double deviation = Math.sqrt(square - mean * mean);
            assertEquals(mean, sum, 4 * deviation / Math.sqrt(batches * steps));
            assertEquals(deviation, Math.sqrt(squares - sum * sum), 0.05 * deviation);
        }
    }

    @Test
    void everyCellDependsOnThoseBeforeItAlone() {
        LatentPrior prior = new LatentPrior(2, 2, 2, 1, 8, 2);
        try (Trial trial = new Trial(prior, 1)) {
            double[] noise = trial.noise();
            double[] latent = trial.drawn(noise, 1);
            assertArrayEquals(latent, trial.refined(latent, noise, 1), 1e-7, "a draw is a fixed point");
            for (int cell = 0; cell < 4; cell++) {
                double[] other = latent.clone();
                other[2 * cell] += 1;
                double[] refined = trial.refined(other, noise, 1);
                assertArrayEquals(Arrays.copyOf(latent, 2 * cell + 2), Arrays.copyOf(refined, 2 * cell + 2), 1e-7, "cells up to " + cell);
                if (cell < 3) {
                    assertNotEquals(latent[2 * cell + 2], refined[2 * cell + 2], 1e-6, "the cell after " + cell);
                }
            }
        }
    }

    @Test
    void withoutNoiseThereIsOneAnswer() {
        try (Trial trial = new Trial(new LatentPrior(2, 1, 1, 0, 4, 0), 1)) {
            assertArrayEquals(trial.drawn(trial.noise(), 0), trial.drawn(trial.noise(), 0), 1e-9);
        }
    }

    /** Without noise within a component, draws are the components' means, each as often as its component is chosen. */
    @Test
    void truncationLeavesOutUnlikelyComponentsAndKeepsTheOthersEven() {
        int rows = 4_000;
        double[] noise = new double[2 * rows];
        Random gaussian = new Random(3);
        for (int row = 0; row < rows; row++) {
            noise[2 * row + 1] = gaussian.nextGaussian();
        }
        try (Trial trial = new Trial(new LatentPrior(1, 1, 1, 1, 4, 0), rows)) {
            Map<Double, Double> all = shares(trial.drawn(noise, 1));
            double[] sorted = all.values().stream().mapToDouble(share -> share).sorted().toArray();
            int limits = 0;
            for (int i = 1; i < sorted.length; i++) {
                if (sorted[i] - sorted[i - 1] > 0.02) {
                    double least = (sorted[i] + sorted[i - 1]) / 2;
                    double kept = all.values().stream().filter(share -> share > least).mapToDouble(share -> share).sum();
                    Map<Double, Double> some = shares(trial.drawn(noise, 1 - Math.sqrt(least / sorted[sorted.length - 1])));
                    all.forEach((mean, share) -> assertEquals(share > least ? share / kept : 0, some.getOrDefault(mean, 0.0), 0.03));
                    limits++;
                }
            }
            assertTrue(limits > 1, "several limits between components were tried");
            assertEquals(1, shares(trial.drawn(noise, 0)).size());
        }
    }

    private static Map<Double, Double> shares(double[] draws) {
        Map<Double, Double> shares = new HashMap<>();
        for (double draw : draws) {
            shares.merge(draw, 1.0 / draws.length, Double::sum);
        }
        return shares;
    }

    @Test
    void theSamplerStopsAtTheSameDrawForAnyBatch() {
        MappedGenerator generator = new MappedGenerator(32, 6, 8, 1, true, false, List.of(), 1, 1, 8, 0, 0, List.of(8, 6));
        Tensor words = GraphRun.uniform(random, DType.F32, Shape.of(3, TOKENS, 5), -1, 1);
        Tensor mask = GraphRun.tensor(DType.F32, Shape.of(3, TOKENS), 1, 1, 0, 1, 0, 0, 1, 1, 1);
        Tensor sentence = GraphRun.uniform(random, DType.F32, Shape.of(3, 6), -1, 1);
        Tensor keys = GraphRun.tensor(DType.I32, Shape.of(3, 4), 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
        Map<String, Tensor> weights = new HashMap<>();
        double[] all = sample(generator, 3, 0, words, mask, sentence, keys, weights);
        assertTrue(Arrays.stream(all).allMatch(Double::isFinite));
        for (int row = 0; row < 3; row++) {
            assertArrayEquals(Arrays.copyOfRange(all, 32 * row, 32 * row + 32), sample(generator, 1, row, words, mask, sentence, keys, weights));
        }
    }

    /** Rows from {@code first} on, on the vector backend. */
    private double[] sample(MappedGenerator generator, int rows, int first, Tensor words, Tensor mask, Tensor sentence, Tensor keys, Map<String, Tensor> weights) {
        Graph graph = new Graph();
        TextCondition text = new TextCondition(graph.fill(0, sentence.shape().with(0, rows)), Optional.of(new TextCondition.Words(
                graph.fill(0, words.shape().with(0, rows)), graph.fill(0, words.shape().with(0, rows)), graph.fill(0, mask.shape().with(0, rows)))));
        try (LatentSampler sampler = new LatentSampler(generator, "generator", text); Session session = Backends.get("vector").open()) {
            sampler.places().forEach(place -> place.declarations().forEach(d -> session.put("generator/" + d.name(),
                    weights.computeIfAbsent(d.name(), _ -> GraphRun.uniform(random, DType.F32, d.shape(), -0.5, 0.5)))));
            sampler.compile(session);
            return GraphRun.numbers(sampler.draw(rows(keys, first, rows), GraphRun.tensor(DType.F32, Shape.SCALAR, 0.8),
                    Map.of("text.sentence", rows(sentence, first, rows), "text.states", rows(words, first, rows),
                            "text.embeddings", rows(words, first, rows), "text.mask", rows(mask, first, rows))));
        }
    }

    private static Tensor rows(Tensor all, int first, int count) {
        long bytes = all.segment().byteSize() / all.shape().dim(0);
        return Tensor.wrap(all.segment().asSlice(first * bytes, count * bytes), all.dtype(), all.shape().with(0, count));
    }
}
