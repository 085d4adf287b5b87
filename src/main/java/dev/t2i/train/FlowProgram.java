package dev.t2i.train;

import dev.t2i.gan.AdversarialLoss;
import dev.t2i.gan.Generator;
import dev.t2i.gan.GradientPenalty;
import dev.t2i.gan.LatentDiscriminator;
import dev.t2i.gan.Posterior;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The graphs of a flow that learns alone: the inference network looks at real pictures, and the flow is fitted to what it sees by
 * likelihood and, where a game is asked for, against a discriminator of latent variables.
 *
 * <pre>
 *   pictures ─ inference network ─ latent ─┬─ flow backwards ─ divergence
 *   captions ─ text ───────────────────────┼─ discriminator ─ scores ─ losses ─ Adam
 *   noise ─ flow forwards ─ latent ────────┘
 * </pre>
 */
final class FlowProgram {
    private final AutoencoderSettings settings;
    private final GanProgram.TextInput text;
    private final Generator generator;
    private final Adam adam;
    private final Adam discriminatorAdam;

    FlowProgram(AutoencoderSettings settings, GanProgram.TextInput text, Adam adam, Adam discriminatorAdam) {
        this.settings = settings;
        this.text = text;
        this.generator = settings.buildGenerator();
        this.adam = adam;
        this.discriminatorAdam = discriminatorAdam;
    }

    /** A traced step and the parameter trees that it declared; the painter's is declared though nothing is painted. */
    record Step(Graph graph, Parameters painter, Parameters flow, Parameters posterior, Parameters adapter, Parameters discriminator) {}

    /** One step. @param penalized whether the gradient penalty is due */
    Step step(boolean penalized) {
        Graph graph = new Graph();
        Step step = new Step(graph, Parameters.of(graph, GanProgram.GENERATOR), Parameters.of(graph, GanProgram.GENERATOR),
                Parameters.of(graph, GanProgram.POSTERIOR), Parameters.of(graph, GanProgram.ADAPTER), Parameters.of(graph, GanProgram.DISCRIMINATOR));
        int n = settings.batch();
        int width = generator.noiseWidth();
        Value pictures = graph.input(GanProgram.PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        // Half for what is inferred, half for what is made up.
        Value noise = graph.normal(graph.input(GanProgram.NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, 2 * width));
        TextCondition condition = condition(step, GanProgram.CAPTIONS);
        Posterior.Distribution inferred = settings.buildPosterior().infer(step.posterior, pictures, condition.sentence());
        Value latent = inferred.sample(noise.slice(1, 0, width));
        generator.paint(step.painter, latent, condition);
        Value divergence = generator.divergence(step.flow, inferred, latent, condition);
        graph.output("divergence", divergence);
        Value loss = divergence;
        List<Adam.Update> updates = new ArrayList<>();
        if (settings.game().weight() > 0) {
            Value made = generator.latent(step.flow, noise.slice(1, width, 2 * width), condition);
            updates.add(judge(step, latent.stopGradient(), made.stopGradient(), condition, penalized));
            Value scores = settings.buildLatentDiscriminator().logits(step.discriminator, made, condition);
            loss = loss.add(AdversarialLoss.HINGE.generator(scores).mul(settings.game().weight()));
        }
        Adam.Update update = adam.minimize(loss, step.flow);
        updates.add(update);
        graph.output("norm", update.gradientNorm());
        GanProgram.follow(graph, new LinkedHashMap<>(update.values()), Adam.Update.makeAll(updates));
        return step;
    }

    private TextCondition condition(Step step, String captions) {
        int n = settings.batch();
        Value sentence = settings.text().adapter().build().adapt(step.adapter, text.pooled(step.graph, captions, n));
        return GanProgram.condition(step.graph, captions, sentence, n, generator, text);
    }

    /** Appends the discriminator's update, and from then on puts its new parameters in the place of the old ones. */
    private Adam.Update judge(Step step, Value latent, Value made, TextCondition condition, boolean penalized) {
        AutoencoderSettings.Game game = settings.game();
        LatentDiscriminator discriminator = settings.buildLatentDiscriminator();
        Graph graph = step.graph;
        int n = settings.batch();
        Value real = discriminator.logits(step.discriminator, latent, condition);
        Value fake = discriminator.logits(step.discriminator, made, condition);
        Value mismatched = graph.scalar(0);
        if (game.oneWrong() < 1) {
            Value rolled = discriminator.logits(step.discriminator, latent.slice(0, 0, n - 1), condition.slice(1, n));
            mismatched = mismatched.add(AdversarialLoss.HINGE.fake(rolled).mul(1 - game.oneWrong()));
        }
        if (game.oneWrong() > 0) {
            Value wrong = discriminator.logits(step.discriminator, latent, condition(step, GanProgram.WRONG_CAPTIONS));
            mismatched = mismatched.add(AdversarialLoss.HINGE.fake(wrong).mul(game.oneWrong()));
            graph.output("d.wrong", wrong.mean().reshape(Shape.SCALAR));
        }
        Value loss = AdversarialLoss.HINGE.real(real).add(AdversarialLoss.HINGE.fake(fake).add(mismatched).mul(0.5));
        graph.output("d.loss", loss);
        graph.output("d.real", real.mean().reshape(Shape.SCALAR));
        graph.output("d.fake", fake.mean().reshape(Shape.SCALAR));
        if (penalized && game.penaltyWeight() > 0) {
            Value penalty = GradientPenalty.MATCHING_AWARE_R1.of(real, latent, condition.sentence(), game.penaltyWeight());
            graph.output("d.penalty", penalty);
            loss = loss.add(penalty.mul(game.penaltyInterval()));
        }
        Adam.Update update = discriminatorAdam.minimize(loss, step.discriminator);
        // The flow plays against the new discriminator as it stands, not against how it came about.
        update.values().forEach((name, value) -> step.discriminator.replace(name, value.stopGradient()));
        return update;
    }
}
