package dev.t2i.backend;

import static dev.t2i.backend.ParityRow.largest;
import static dev.t2i.backend.ParityRow.longer;

import dev.t2i.gan.DamsmLoss;
import dev.t2i.gan.DiffAugment;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Function;

/** Layers and small networks with their gradients: what fusing makes of them is where backends go wrong. */
final class CompositeRows {
    private CompositeRows() {}

    static List<ParityRow> all() {
        List<ParityRow> rows = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            int along = axis;
            withGradient(rows, "softmax along " + axis, t -> Functions.softmax(t.f32(4, 9, 17).mul(5), along));
        }
        rows.add(largest("softmax of a fill", t -> Functions.softmax(t.graph().fill(1, Shape.of(2, 3)), -1)));
        withGradient(rows, "layer norm", t -> Composites.layerNorm(t.f32(3, 5, 33), t.f32(33), t.f32(33)));
        withGradient(rows, "group norm", t -> Composites.groupNorm(t.f32(2, 4, 5, 12), 3, t.f32(12), t.f32(12)));
        withGradient(rows, "instance norm", t -> Composites.instanceNorm(t.f32(2, 4, 5, 7)));
        withGradient(rows, "batch norm", t -> Composites.batchNorm(t.f32(3, 4, 5, 7), t.f32(7), t.f32(7)));
        withGradient(rows, "gelu", t -> Functions.gelu(t.between(-4, 4, 5, 41)));
        withGradient(rows, "gelu by tanh", t -> Functions.geluTanh(t.between(-4, 4, 5, 41)));
        withGradient(rows, "sigmoid", t -> Functions.sigmoid(t.between(-8, 8, 100)));
        withGradient(rows, "softplus", t -> Functions.softplus(t.between(-8, 8, 100)));
        withGradient(rows, "bilinear resize to any size", t -> Functions.resizeBilinear(t.f32(2, 4, 5, 6), 7, 3));
        withGradient(rows, "bilinear resize", t -> Composites.bilinearTwice(t.f32(2, 4, 5, 6)));
        withGradient(rows, "average pool", t -> Functions.averagePool(t.f32(2, 6, 8, 5), 2));
        withGradient(rows, "max pool", t -> Functions.maxPool(t.f32(2, 6, 7, 5), 3, 2, 1));
        withGradient(rows, "attention", t -> {
            // The first token is never masked, so that each query sees at least one.
            Value mask = t.whole(2, 2, 7).max(t.graph().iota(1, Shape.of(2, 7)).equal(t.graph().scalar(0)));
            return Composites.attention(t.f32(2, 3, 7, 5), t.f32(2, 3, 7, 5), t.f32(2, 3, 7, 5), mask);
        });
        withGradient(rows, "lstm step", t -> Composites.lstmStep(t.f32(3, 20), t.f32(3, 5), t.f32(3, 5), t.f32(20, 5), t.whole(2, 3, 1)));
        withGradient(rows, "lstm over padding", t -> {
            Value mask = t.graph().iota(1, Shape.of(3, 4)).greater(t.whole(3, 3, 1)).neg().add(1);
            return Composites.lstm(t.f32(3, 4, 6), t.f32(20, 6), t.f32(20, 5), mask);
        });
        withGradient(rows, "words and regions", t -> {
            Value states = t.f32(3, 5, 4);
            Value mask = t.graph().iota(1, Shape.of(3, 5)).greater(t.whole(4, 3, 1)).neg().add(1);
            return new DamsmLoss(4, 5, 10).wordSimilarity(t.f32(2, 6, 4), new TextCondition.Words(states, states, mask));
        });
        rows.add(largest("dropout", t -> Functions.dropout(t.f32(3, 7, 5), t.indices(1000, 3, 4), 0.4)));
        withGradient(rows, "transposed convolution", t -> Composites.transposedConv(t.f32(2, 4, 5, 6), t.f32(4, 4, 3, 6), Window.of(2, 1), 8, 10));
        withGradient(rows, "embedding", t -> t.f32(11, 6).gather(t.indices(11, 4, 5)).add(t.f32(5, 6)));
        withGradient(rows, "text fused into a picture", t -> {
            Value x = Functions.conv2d(t.f32(2, 4, 4, 6), t.f32(3, 3, 6, 10), Window.of(1, 1)).add(t.f32(10));
            Value gamma = t.f32(2, 5).matMul(t.f32(5, 10)).add(t.f32(10)).reshape(2, 1, 1, 10);
            Value beta = t.f32(2, 5).matMul(t.f32(5, 10)).reshape(2, 1, 1, 10);
            return x.mul(gamma.add(1)).add(beta).leakyRelu(0.2);
        });
        withGradient(rows, "differentiable augmentation", t -> DiffAugment.apply(t.f32(3, 10, 10, 3), t.between(0, 1, 3, DiffAugment.DRAWS),
                DiffAugment.Chances.same(t.graph().scalar(0.7)), EnumSet.range(DiffAugment.Part.COLOUR, DiffAugment.Part.CUTOUT)));
        withGradient(rows, "ada", t -> DiffAugment.apply(t.f32(3, 20, 20, 3), t.between(0, 1, 3, DiffAugment.DRAWS),
                DiffAugment.Chances.same(t.graph().scalar(0.7)), EnumSet.range(DiffAugment.Part.XFLIP, DiffAugment.Part.SATURATION)));
        rows.add(longer("gradient penalty through a critic", t -> {
            Critic critic = new Critic(t);
            Value penalty = critic.penalty(t.f32(2, 8, 8, 3), t.f32(2, 4));
            List<Value> results = new ArrayList<>(Gradients.of(penalty, critic.parameters()));
            results.add(penalty);
            return results;
        }));
        rows.add(longer("adam step", t -> {
            Value weight = t.f32(5, 13);
            Value mean = t.f32(5, 13).mul(0.1);
            Value variance = t.between(0, 1, 5, 13);
            Value gradient = t.f32(5, 13);
            Value newMean = mean.mul(0.5).add(gradient.mul(0.5));
            Value newVariance = variance.mul(0.99).add(gradient.square().mul(0.01));
            Value step = t.between(1, 9);
            Value correction = step.mul(Math.log(0.99)).exp().neg().add(1);
            return List.of(newMean, newVariance, weight.sub(newMean.mul(0.01).div(newVariance.div(correction).sqrt().add(1e-8))));
        }));
        for (int seed = 0; seed < 60; seed++) {
            int number = seed;
            rows.add(longer("random graph " + number, t -> RandomGraph.trace(t, number)));
        }
        return rows;
    }

    /** The row itself, and its gradients with respect to all floating inputs under a random seed. */
    private static void withGradient(List<ParityRow> rows, String name, Function<Trial, Value> trace) {
        rows.add(largest(name, trace));
        rows.add(longer(name + "'s gradient", t -> {
            Value y = trace.apply(t);
            List<Value> wrt = t.graph().inputs().values().stream().filter(x -> x.dtype().isFloating()).toList();
            return Gradients.of(List.of(y), List.of(t.f32(y.shape().dims())), wrt);
        }));
    }

    /** A one-way conditional critic in small: two strided convolutions, text joined to the pixels, one number a picture. */
    record Critic(Value first, Value second, Value third, Value last) {
        Critic(Trial t) {
            this(t.f32(3, 3, 3, 6), t.f32(4, 4, 6, 9), t.f32(3, 3, 13, 7), t.f32(4, 4, 7, 1));
        }

        Critic(List<Value> parameters) {
            this(parameters.get(0), parameters.get(1), parameters.get(2), parameters.get(3));
        }

        List<Value> parameters() {
            return List.of(first, second, third, last);
        }

        /** {@code pictures [n, 8, 8, 3]} and {@code texts [n, 4]} to {@code [n, 1, 1, 1]} */
        Value score(Value pictures, Value texts) {
            int n = pictures.dim(0);
            Value x = Functions.conv2d(pictures, first, Window.of(1, 1)).leakyRelu(0.2);
            x = Functions.conv2d(x, second, Window.of(2, 1)).leakyRelu(0.2);
            Value spread = texts.reshape(n, 1, 1, texts.dim(1)).broadcastTo(Shape.of(n, 4, 4, texts.dim(1)));
            x = Functions.conv2d(Value.concat(3, x, spread), third, Window.of(1, 1)).leakyRelu(0.2);
            return Functions.conv2d(x, last, Window.of(1, 0));
        }

        /** The matching-aware zero-centred penalty (Tao et al., "DF-GAN", 2022): {@code mean(‖(∂D/∂x, ∂D/∂e)‖⁶)}. */
        Value penalty(Value pictures, Value texts) {
            List<Value> gradients = Gradients.of(score(pictures, texts).sum(), List.of(pictures, texts));
            Value norm = gradients.get(0).square().sum(1, 2, 3).reshape(pictures.dim(0))
                    .add(gradients.get(1).square().sum(1).reshape(pictures.dim(0))).sqrt();
            return norm.square().mul(norm.square()).mul(norm.square()).mean();
        }
    }
}
