package dev.t2i.train;

import dev.t2i.gan.ColourConsistency;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.Painting;
import dev.t2i.gan.Posterior;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.nn.Mode;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * One step of a {@link GanProgram} while it is traced.
 *
 * <p>With a batch in several parts, discriminators see all of them, then they are updated, then the generator is judged part by part. Its
 * pictures of a part are drawn a second time there: to keep what their gradient needs from the first time would be to keep it of all
 * parts. What looks at a whole batch is given the whole batch: texts that do not fit are other pictures' of the batch, and a matching
 * loss, which compares all pictures with all texts, is taken of what is seen in all of them, its gradient then going into part after part.
 */
final class GanStep {
    private final GanProgram program;
    private final GanSettings settings;
    private final Graph graph;
    private final Parts parts;
    private final Parameters generatorPlace;
    private final Parameters discriminatorPlace;
    private final Parameters adapterPlace;
    private final Parameters guidePlace;
    private final Parameters posteriorPlace;
    private final boolean trainsText;
    private final Value pictures;
    private final Value noise;
    private final Value latent;
    /** What the batch's texts are, before parts are taken of it; their gradients meet here. */
    private final TextCondition condition;
    private final Value wrongTexts;
    /** Where text learns: the gradients that have reached {@link #heard}. */
    private final Accumulation textGradients = new Accumulation();
    private List<Adam.Update> textUpdates = List.of();
    private final Map<String, Accumulation> figures = new LinkedHashMap<>();

    GanStep(GanProgram program, Graph graph) {
        this.program = program;
        this.settings = program.settings;
        this.graph = graph;
        this.parts = settings.parts();
        this.generatorPlace = Parameters.of(graph, GanProgram.GENERATOR);
        this.discriminatorPlace = Parameters.of(graph, GanProgram.DISCRIMINATOR);
        this.adapterPlace = Parameters.of(graph, GanProgram.ADAPTER);
        this.guidePlace = Parameters.of(graph, GanProgram.MATCHING);
        this.posteriorPlace = Parameters.of(graph, GanProgram.POSTERIOR);
        this.trainsText = settings.text().train() != GanSettings.TextTraining.NONE;
        int n = settings.batch();
        this.pictures = graph.input(GanProgram.PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        this.noise = graph.normal(graph.input(GanProgram.NOISE_KEYS, DType.I32, Shape.of(n, 4)), Shape.of(n, program.generator.latentWidth()));
        boolean needsWrong = settings.loss().oneWrong() > 0 || settings.loss().matching() > 0;
        Value texts = program.adapter.adapt(adapterPlace, program.text.pooled(graph, GanProgram.CAPTIONS, n));
        this.wrongTexts = needsWrong ? program.adapter.adapt(adapterPlace, program.text.pooled(graph, GanProgram.WRONG_CAPTIONS, n)) : texts;
        this.condition = GanProgram.condition(graph, texts, n, program.generator, program.text);
        this.latent = program.generator.prior().isPresent() ? graph.input(GanProgram.LATENT, DType.F32, noise.shape()) : noise;
    }

    /**
     * The first pictures of a part, which are to be drawn again.
     *
     * @param share of all those of the batch
     * @param real {@code [count, size, size, 3]}
     * @param drawn {@code [count, latentWidth]}, one draw from the distribution
     */
    private record Inference(double share, Value real, Posterior.Distribution distribution, Value drawn) {
        int count() {
            return drawn.dim(0);
        }

        /** The draw in the place of the first of {@code latent}. */
        Value before(Value latent) {
            int n = latent.dim(0);
            return count() == n ? drawn : Value.concat(0, drawn, latent.slice(0, count(), n));
        }
    }

    /** A part of the batch, what was drawn for it and what discriminators are shown of it. */
    private record Turn(TextCondition condition, Optional<Inference> inference, Painting painting, Judges.Evidence evidence) {}

    GanProgram.Step trace(boolean penalized, boolean drawing) {
        Accumulation judged = new Accumulation();
        List<Value> realScores = new ArrayList<>();
        List<Matcher.Seen> seen = new ArrayList<>();
        Turn turn = null;
        for (int part = 0; part < parts.count(); part++) {
            turn = turn(part, false);
            if (drawing && program.guide.isPresent() && !parts.isOne()) {
                seen.add(program.guide.get().look(guidePlace, turn.painting.result()));
            }
            Judges.Lesson lesson = program.judges.lesson(discriminatorPlace, turn.evidence, penalized);
            judged.add(Gradients.of(shared(lesson.loss()), List.copyOf(discriminatorPlace.states().values())));
            if (drawing && trainsText) {
                textGradients.add(Gradients.partial(shared(lesson.matching()), heard()));
            }
            realScores.add(lesson.real());
            lesson.figures().forEach(this::figure);
        }
        tell();
        Adam.Update learnt = program.discriminatorAdam().descend(judged.all(), discriminatorPlace);
        if (settings.loss().clip() > 0) {
            learnt = learnt.clamped(settings.loss().clip());
        }
        graph.output("d.norm", learnt.gradientNorm());
        Judges.learn(discriminatorPlace, learnt.values());
        List<Adam.Update> updates = new ArrayList<>(List.of(learnt));
        if (drawing) {
            Adam.Update update = generatorLearns(turn, seen, updates);
            Value made = makeAll(updates, realScores);
            GanProgram.follow(graph, GanProgram.AVERAGE, update.values(), made);
            if (settings.averagesText()) {
                GanProgram.followText(graph, textUpdates, made);
            }
            GanProgram.copyBuffers(graph, generatorPlace, made);
        } else {
            makeAll(updates, realScores);
        }
        return new GanProgram.Step(graph, generatorPlace, discriminatorPlace, adapterPlace, program.text.trained(graph),
                program.guide.map(_ -> guidePlace), program.posterior.map(_ -> posteriorPlace));
    }

    private Value makeAll(List<Adam.Update> updates, List<Value> realScores) {
        Value made = Adam.Update.makeAll(updates, List.of(generatorPlace, discriminatorPlace));
        program.shown().follow(graph, parts.joined(realScores), made);
        return made;
    }

    /**
     * Appends what generator, inference network and text side learn to {@code updates}, the generator's last; gives that.
     *
     * @param only the batch as discriminators have seen it, if it is one part
     * @param seen what a guide saw in each part's pictures, if there are several
     */
    private Adam.Update generatorLearns(Turn only, List<Matcher.Seen> seen, List<Adam.Update> updates) {
        // Not before the discriminators have learnt: what its gradient needs would have to be kept that long.
        Optional<Opinion> opinion = program.guide.map(guide ->
                opinion(guide, parts.isOne() ? List.of(guide.look(guidePlace, only.painting.result())) : seen));
        Accumulation gradients = new Accumulation();
        if (!parts.isOne()) {
            generatorPlace.settle();
        }
        for (int part = 0; part < parts.count(); part++) {
            Turn turn = parts.isOne() ? only : turn(part, true);
            List<Value> losses = new ArrayList<>();
            List<Value> seeds = new ArrayList<>();
            losses.add(generatorLoss(turn));
            seeds.add(graph.fill(1.0 / parts.count(), losses.getFirst().shape()));
            if (opinion.isPresent()) {
                losses.addAll(program.guide.get().look(guidePlace, turn.painting.result()).values());
                for (Value slope : opinion.get().slopes) {
                    seeds.add(parts.rows(slope, part));
                }
            }
            List<Value> learning = new ArrayList<>(generatorPlace.states().values());
            learning.addAll(posteriorPlace.states().values());
            int networks = learning.size();
            if (trainsText) {
                learning.addAll(heard());
            }
            List<Value> each = Gradients.partial(losses, seeds, learning);
            gradients.add(each.subList(0, networks));
            if (trainsText) {
                textGradients.add(each.subList(networks, each.size()));
            }
        }
        opinion.ifPresent(some -> {
            graph.output("g.matching", some.match.loss());
            graph.output("g.matched", some.match.matched());
        });
        Value loss = mean("g.loss");
        figures.remove("g.loss");
        tell();
        // All gradients are taken of this step's parameters, before any of them is replaced.
        int ofGenerator = generatorPlace.states().size();
        if (program.posterior.isPresent()) {
            updates.add(program.generatorAdam().descend(gradients.get(ofGenerator, gradients.all().size()), posteriorPlace));
        }
        if (trainsText) {
            textUpdates = textLearns(opinion);
            updates.addAll(textUpdates);
        }
        Adam.Update update = program.generatorAdam().descend(gradients.get(0, ofGenerator), generatorPlace);
        updates.add(update);
        graph.output("g.loss", opinion.map(some -> loss.add(some.loss)).orElse(loss));
        graph.output("g.norm", update.gradientNorm());
        return update;
    }

    /** The text side sees the whole batch at once; what flows back into it comes from all parts, and from a guide, whom it told the texts. */
    private List<Adam.Update> textLearns(Optional<Opinion> opinion) {
        List<Value> outputs = new ArrayList<>(heard());
        List<Value> seeds = new ArrayList<>(textGradients.all());
        opinion.ifPresent(some -> {
            outputs.add(some.loss);
            seeds.add(graph.fill(1, some.loss.shape()));
        });
        List<Parameters> places = new ArrayList<>(List.of(adapterPlace));
        program.text.trained(graph).ifPresent(places::add);
        List<Value> found = Gradients.of(outputs, seeds, places.stream().flatMap(place -> place.states().values().stream()).toList());
        return program.textAdam().descend(found, places);
    }

    /**
     * All that tells the rest of a step of the texts. Its gradients are partial ones, for the sentence comes from the same states as the
     * words, and {@link #textLearns} follows it there.
     */
    private List<Value> heard() {
        List<Value> values = new ArrayList<>(condition.values());
        if (wrongTexts != condition.sentence()) {
            values.add(wrongTexts);
        }
        return values;
    }

    /**
     * A part of the batch with what the generator draws for it.
     *
     * @param again whether it was drawn before in this graph, and is not to be kept since then
     */
    private Turn turn(int part, boolean again) {
        // Equal values would merge, but nothing merges across a barrier.
        UnaryOperator<Value> rows = all -> again ? graph.add(new Op.Barrier(), parts.rows(all, part)) : parts.rows(all, part);
        Value real = rows.apply(pictures);
        TextCondition texts = condition.each(rows);
        Optional<Inference> inference = program.posterior.flatMap(network -> infer(network, part, real, texts.sentence(), rows));
        Value latents = rows.apply(latent);
        Painting painting = program.generator.paintAll(generatorPlace, inference.map(some -> some.before(latents)).orElse(latents), texts, Mode.TRAINING);
        Judges.Evidence evidence = new Judges.Evidence(
                program.shown().real(graph, Judges.scaled(real, program.generator.sizes()), rows),
                program.shown().drawn(graph, painting.pictures(), rows),
                rows.apply(program.generator.told(generatorPlace, condition.sentence())), rows.apply(wrongTexts),
                mismatched(part, rows), () -> rows.apply(penaltyKeys()));
        return new Turn(texts, inference, painting, evidence);
    }

    private Value penaltyKeys() {
        Value known = graph.inputs().get(GanProgram.PENALTY_KEYS);
        return known != null ? known : graph.input(GanProgram.PENALTY_KEYS, DType.I32, Shape.of(settings.batch(), 4));
    }

    /** Pairs are made within the batch, not within a part. */
    private Judges.Mismatched mismatched(int part, UnaryOperator<Value> rows) {
        Value told = program.generator.told(generatorPlace, condition.sentence());
        return switch (settings.loss().mismatches()) {
            case SHIFTED -> {
                int count = part == parts.count() - 1 ? parts.rows() - 1 : parts.rows();
                double weight = (double) count * parts.count() / (parts.batch() - 1);
                yield new Judges.Mismatched(count, rows.apply(GanProgram.shifted(told)), weight, Optional.empty());
            }
            case ROLLED -> new Judges.Mismatched(parts.rows(), rows.apply(GanProgram.rolled(told)), 1, parts.isOne() ? Optional.empty()
                    : Optional.of(scale -> program.shown().real(graph, Judges.scaled(rows.apply(GanProgram.shifted(pictures)), program.generator.sizes()),
                            all -> rows.apply(GanProgram.shifted(all))).get(scale)));
        };
    }

    private Optional<Inference> infer(Posterior network, int part, Value real, Value texts, UnaryOperator<Value> rows) {
        int n = settings.batch();
        int all = Math.clamp(Math.round(n * settings.reconstruction().share()), 1, n);
        int count = parts.before(all, part);
        if (count == 0) {
            return Optional.empty();
        }
        Value some = real.slice(0, 0, count);
        Posterior.Distribution distribution = network.infer(posteriorPlace, some, texts.slice(0, 0, count).stopGradient());
        return Optional.of(new Inference((double) count / all, some, distribution, distribution.sample(rows.apply(noise).slice(0, 0, count))));
    }

    /** What the generator loses on a part, by the discriminators' judgement and by itself. */
    private Value generatorLoss(Turn turn) {
        GanSettings.Loss weights = settings.loss();
        Value loss = program.judges.verdict(discriminatorPlace, turn.evidence);
        if (turn.painting.augmentation().isPresent()) {
            Posterior.Distribution augmentation = turn.painting.augmentation().get();
            Value divergence = augmentation.divergence();
            figure("g.augmentation", divergence);
            // The papers take the mean over the components.
            loss = loss.add(divergence.mul(weights.augmentation() / augmentation.mean().dim(1)));
        }
        if (weights.colours() > 0) {
            Value colours = ColourConsistency.of(turn.painting.pictures());
            figure("g.colours", colours);
            loss = loss.add(colours.mul(weights.colours()));
        }
        if (turn.inference.isPresent()) {
            loss = loss.add(reconstructionLoss(turn, turn.inference.get()));
        }
        figure("g.loss", loss);
        return loss;
    }

    private Value reconstructionLoss(Turn turn, Inference inference) {
        // Means over a part's reconstructions count as much as it has of the batch's; they are divided by the number of parts later.
        double share = inference.share * parts.count();
        Value difference = Posterior.difference(turn.painting.result().slice(0, 0, inference.count()), inference.real).mul(share);
        Value divergence = program.generator.divergence(generatorPlace, inference.distribution, inference.drawn,
                turn.condition.slice(0, inference.count())).mul(share);
        figure("g.difference", difference);
        figure("g.divergence", divergence);
        return difference.add(divergence.mul(settings.reconstruction().divergence())).mul(settings.reconstruction().weight());
    }

    /**
     * What a matching model, which stays as it is, finds of how the batch's pictures fit their texts.
     *
     * @param loss {@code match}'s with its weight
     * @param slopes its gradients with respect to what was seen in all pictures
     */
    private record Opinion(Matcher.Match match, Value loss, List<Value> slopes) {}

    private Opinion opinion(Matcher matcher, List<Matcher.Seen> seen) {
        int n = settings.batch();
        TextCondition right = condition;
        TextCondition wrong = new TextCondition(wrongTexts, Optional.empty());
        if (matcher.usesWords()) {
            right = new TextCondition(condition.sentence(), Optional.of(condition.words().orElseGet(() -> program.text.words(graph, GanProgram.CAPTIONS, n))));
            wrong = new TextCondition(wrongTexts, Optional.of(program.text.words(graph, GanProgram.WRONG_CAPTIONS, n)));
        }
        // The gradient stops at what was seen; each part takes it on from there.
        List<Value> all = IntStream.range(0, seen.getFirst().values().size())
                .mapToObj(i -> parts.joined(seen.stream().map(some -> some.values().get(i)).toList()).stopGradient()).toList();
        Matcher.Match match = matcher.match(guidePlace, seen.getFirst().with(all), new Matcher.Texts(right, wrong,
                () -> graph.input(SameCaptions.INPUT, DType.F32, Shape.of(n, 2 * n))));
        Value loss = match.loss().mul(settings.loss().matching());
        return new Opinion(match, loss, Gradients.of(loss, all));
    }

    private Value shared(Value loss) {
        return parts.isOne() ? loss : loss.mul(1.0 / parts.count());
    }

    /** Notes what a part says of itself; people are told the mean over parts. */
    private void figure(String name, Value value) {
        figures.computeIfAbsent(name, _ -> new Accumulation()).add(List.of(value));
    }

    private Value mean(String name) {
        return shared(figures.get(name).get(0));
    }

    /** Makes outputs of the figures noted so far. */
    private void tell() {
        figures.keySet().forEach(name -> graph.output(name, mean(name)));
        figures.clear();
    }
}
