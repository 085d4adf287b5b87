package dev.t2i.train;

import dev.t2i.gan.ColourConsistency;
import dev.t2i.gan.Generator;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.Painting;
import dev.t2i.gan.Posterior;
import dev.t2i.gan.TextAdapter;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The graphs of adversarial training. One graph is one whole step: the generator draws once; the discriminator learns
 * from real, mismatched and drawn pictures and is updated; the generator learns from the updated discriminator's scores
 * of the same drawings; the moving average follows. Between generator updates there may be steps of the critic alone.
 *
 * <pre>
 *   captions ─ pooled features ─ adapter ─ text ──┬──────────────┐
 *   noise keys ─ noise ─ generator ───────────────┴─ fake ─┐     │
 *   pictures ──────────────────────── discriminator ───────┴─ scores ─ losses ─ Adam
 * </pre>
 */
final class GanProgram {
    static final String GENERATOR = "generator";
    static final String AVERAGE = "average";
    static final String DISCRIMINATOR = "discriminator";
    static final String ADAPTER = "adapter";
    static final String MATCHING = "matching";
    static final String POSTERIOR = "posterior";

    static final String PICTURES = "pictures";
    static final String CAPTIONS = "captions";
    static final String WRONG_CAPTIONS = "wrong_captions";
    static final String NOISE_KEYS = "noise_keys";
    /** Of what penalties draw by chance. */
    static final String PENALTY_KEYS = "penalty_keys";
    /** What the generator paints from where it has a prior, drawn beforehand, for it takes several runs. */
    static final String LATENT = "latent";
    static final String AVERAGE_DECAY = "average.decay";

    /** Traces the way from a batch of captions, given as inputs whose names start with {@code name}, to pooled features. */
    interface TextInput {
        /** {@code [rows, features]} */
        Value pooled(Graph graph, String name, int rows);

        /** The same texts word by word. */
        TextCondition.Words words(Graph graph, String name, int rows);

        /** The encoder's parameters in that graph, where they are trained along. */
        Optional<Parameters> trained(Graph graph);
    }

    private final GanSettings settings;
    private final Generator generator;
    private final Judges judges;
    private final ShownPictures shown;
    private final TextAdapter adapter;
    private final TextInput text;
    private final Optional<Matcher> guide;
    private final Optional<Posterior> posterior;
    private final Adam generatorAdam;
    private final Adam discriminatorAdam;
    private final Adam textAdam;

    GanProgram(GanSettings settings, TextInput text, Optional<Matcher> guide) {
        this.settings = settings;
        this.generator = settings.buildGenerator();
        this.judges = new Judges(settings.loss(), settings.buildDiscriminators());
        this.shown = new ShownPictures(settings.diffAugment(), settings.batch());
        this.adapter = settings.text().adapter().build();
        this.text = text;
        this.guide = guide;
        this.posterior = settings.buildPosterior();
        GanSettings.Optimizer optimizer = settings.optimizer();
        this.generatorAdam = new Adam("generator", optimizer.beta1(), optimizer.beta2());
        this.discriminatorAdam = new Adam("discriminator", optimizer.beta1(), optimizer.beta2());
        this.textAdam = new Adam("text", optimizer.beta1(), optimizer.beta2());
    }

    ShownPictures shown() {
        return shown;
    }

    Adam generatorAdam() {
        return generatorAdam;
    }

    Adam discriminatorAdam() {
        return discriminatorAdam;
    }

    Adam textAdam() {
        return textAdam;
    }

    /** A traced step and the parameter trees that it declared. */
    record Step(Graph graph, Parameters generator, Parameters discriminator, Parameters adapter,
            Optional<Parameters> encoder, Optional<Parameters> guide, Optional<Parameters> posterior) {}

    /**
     * One step.
     *
     * @param penalized whether the gradient penalty is due
     * @param drawing whether the generator learns too
     */
    Step step(boolean penalized, boolean drawing) {
        Graph graph = settings.newGraph();
        int n = settings.batch();
        int size = settings.size();
        Parameters generatorPlace = Parameters.of(graph, GENERATOR);
        Parameters discriminatorPlace = Parameters.of(graph, DISCRIMINATOR);
        Parameters adapterPlace = Parameters.of(graph, ADAPTER);
        Parameters guidePlace = Parameters.of(graph, MATCHING);
        Parameters posteriorPlace = Parameters.of(graph, POSTERIOR);
        Value pictures = graph.input(PICTURES, DType.F32, Shape.of(n, size, size, 3));
        Value noise = graph.normal(graph.input(NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, generator.latentWidth()));
        boolean needsWrong = settings.loss().oneWrong() > 0 || settings.loss().matching() > 0;
        Value texts = adapter.adapt(adapterPlace, text.pooled(graph, CAPTIONS, n));
        Value wrongTexts = needsWrong ? adapter.adapt(adapterPlace, text.pooled(graph, WRONG_CAPTIONS, n)) : texts;
        boolean trainsText = settings.text().train() != GanSettings.TextTraining.NONE;
        Optional<Inference> inference = posterior.map(network -> infer(network, posteriorPlace, pictures, texts, noise));
        TextCondition condition = condition(graph, texts, n, generator, text);
        Value latent = generator.prior().isPresent() ? graph.input(LATENT, DType.F32, noise.shape()) : noise;
        Painting painting = generator.paintAll(generatorPlace, inference.map(some -> some.before(latent)).orElse(latent), condition, Mode.TRAINING);
        Value fake = painting.result();

        Judges.Evidence evidence = new Judges.Evidence(shown.real(graph, Judges.scaled(pictures, generator.sizes())),
                shown.drawn(graph, painting.pictures()), painting.toldOf(texts), wrongTexts);
        Judges.Lesson lesson = judges.lesson(discriminatorPlace, evidence, penalized);
        Adam.Update learnt = discriminatorAdam.minimize(lesson.loss(), discriminatorPlace);
        if (settings.loss().clip() > 0) {
            learnt = learnt.clamped(settings.loss().clip());
        }
        graph.output("d.norm", learnt.gradientNorm());
        Judges.learn(discriminatorPlace, learnt.values());
        List<Adam.Update> updates = new ArrayList<>(List.of(learnt));
        if (drawing) {
            Value loss = generatorLoss(discriminatorPlace, painting, evidence);
            if (guide.isPresent()) {
                loss = loss.add(matchingLoss(guide.get(), guidePlace, fake, condition, wrongTexts));
            }
            if (inference.isPresent()) {
                loss = loss.add(reconstructionLoss(graph, inference.get(), generatorPlace, fake, pictures, condition));
                updates.add(generatorAdam.minimize(loss, posteriorPlace));
            }
            // Both gradients are taken of this step's parameters, before any of them is replaced.
            if (trainsText) {
                Value textLoss = loss.add(lesson.matching());
                updates.add(textAdam.minimize(textLoss, adapterPlace));
                text.trained(graph).ifPresent(encoder -> updates.add(textAdam.minimize(textLoss, encoder)));
            }
            Adam.Update update = generatorAdam.minimize(loss, generatorPlace);
            updates.add(update);
            graph.output("g.loss", loss);
            graph.output("g.norm", update.gradientNorm());
            Value made = Adam.Update.makeAll(updates, List.of(generatorPlace, discriminatorPlace));
            shown.follow(graph, lesson.real(), made);
            follow(graph, update.values(), made);
            copyBuffers(graph, generatorPlace, made);
        } else {
            shown.follow(graph, lesson.real(), Adam.Update.makeAll(updates, List.of(generatorPlace, discriminatorPlace)));
        }
        return new Step(graph, generatorPlace, discriminatorPlace, adapterPlace, text.trained(graph),
                guide.map(_ -> guidePlace), posterior.map(_ -> posteriorPlace));
    }

    /**
     * The first pictures of a batch, which are to be drawn again.
     *
     * @param count how many
     * @param drawn {@code [count, latentWidth]}, one draw from the distribution
     */
    private record Inference(int count, Posterior.Distribution distribution, Value drawn) {
        /** The draw in the place of the first of {@code latent}. */
        Value before(Value latent) {
            int n = latent.dim(0);
            return count == n ? drawn : Value.concat(0, drawn, latent.slice(0, count, n));
        }
    }

    private Inference infer(Posterior network, Parameters place, Value pictures, Value texts, Value noise) {
        int n = pictures.dim(0);
        int count = Math.clamp(Math.round(n * settings.reconstruction().share()), 1, n);
        Posterior.Distribution distribution = network.infer(place, pictures.slice(0, 0, count), texts.slice(0, 0, count).stopGradient());
        return new Inference(count, distribution, distribution.sample(noise.slice(0, 0, count)));
    }

    private Value reconstructionLoss(Graph graph, Inference inference, Parameters generatorPlace, Value fake, Value pictures, TextCondition condition) {
        Value difference = Posterior.difference(fake.slice(0, 0, inference.count), pictures.slice(0, 0, inference.count));
        Value divergence = generator.divergence(generatorPlace, inference.distribution, inference.drawn, condition.slice(0, inference.count));
        graph.output("g.difference", difference);
        graph.output("g.divergence", divergence);
        return difference.add(divergence.mul(settings.reconstruction().divergence())).mul(settings.reconstruction().weight());
    }

    /** What the generator loses, by the discriminators' judgement and by itself. */
    private Value generatorLoss(Parameters discriminatorPlace, Painting painting, Judges.Evidence evidence) {
        Graph graph = discriminatorPlace.graph();
        GanSettings.Loss weights = settings.loss();
        Value loss = judges.verdict(discriminatorPlace, evidence);
        if (painting.augmentation().isPresent()) {
            Posterior.Distribution augmentation = painting.augmentation().get();
            Value divergence = augmentation.divergence();
            graph.output("g.augmentation", divergence);
            // The papers take the mean over the components.
            loss = loss.add(divergence.mul(weights.augmentation() / augmentation.mean().dim(1)));
        }
        if (weights.colours() > 0) {
            Value colours = ColourConsistency.of(painting.pictures());
            graph.output("g.colours", colours);
            loss = loss.add(colours.mul(weights.colours()));
        }
        return loss;
    }

    /** What the generator loses where a matching model, which stays as it is, finds that its pictures do not fit their texts. */
    private Value matchingLoss(Matcher matcher, Parameters place, Value fake, TextCondition condition, Value wrongTexts) {
        Graph graph = fake.graph();
        int n = fake.dim(0);
        TextCondition right = condition;
        TextCondition wrong = new TextCondition(wrongTexts, Optional.empty());
        if (matcher.usesWords()) {
            right = new TextCondition(condition.sentence(), Optional.of(condition.words().orElseGet(() -> text.words(graph, CAPTIONS, n))));
            wrong = new TextCondition(wrongTexts, Optional.of(text.words(graph, WRONG_CAPTIONS, n)));
        }
        Matcher.Match match = matcher.match(place, fake, new Matcher.Texts(right, wrong,
                () -> graph.input(SameCaptions.INPUT, DType.F32, Shape.of(n, 2 * n))));
        graph.output("g.matching", match.loss());
        graph.output("g.matched", match.matched());
        return match.loss().mul(settings.loss().matching());
    }

    /** Moves the average of each generator parameter toward its new value, if {@code updating} is 1. */
    static void follow(Graph graph, Map<String, Value> updated, Value updating) {
        Value decay = graph.input(AVERAGE_DECAY, DType.F32, Shape.SCALAR);
        graph.scoped(AVERAGE, () -> {
            updated.forEach((name, value) -> {
                Value average = graph.state(AVERAGE + "/" + name, DType.F32, value.shape());
                graph.assign(average, updating.select(average.mul(decay).add(value.sub(value.mul(decay))), average));
            });
            return null;
        });
    }

    /** The average has the generator's running statistics as they are, for they are averages already. */
    private static void copyBuffers(Graph graph, Parameters place, Value updating) {
        place.updates().forEach((name, value) -> {
            Value copy = graph.state(AVERAGE + "/" + name, DType.F32, value.shape());
            graph.assign(copy, updating.select(value, copy));
        });
    }

    /** What the generator hears of the captions whose features are {@code texts}. */
    static TextCondition condition(Graph graph, Value texts, int rows, Generator generator, TextInput text) {
        return condition(graph, CAPTIONS, texts, rows, generator, text);
    }

    /** The same for captions whose inputs start with {@code name}. */
    static TextCondition condition(Graph graph, String name, Value texts, int rows, Generator generator, TextInput text) {
        return new TextCondition(texts, generator.usesWords() ? Optional.of(text.words(graph, name, rows)) : Optional.empty());
    }
}
