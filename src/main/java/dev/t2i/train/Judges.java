package dev.t2i.train;

import dev.t2i.gan.AdversarialLoss;
import dev.t2i.gan.Discriminator;
import dev.t2i.gan.GradientPenalty;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * The discriminators, one for each size that the generator paints, and what they are trained for and judge. With several, what is
 * said is the sum of the losses, and the scores at the largest size.
 */
final class Judges {
    private final GanSettings.Loss settings;
    private final List<Discriminator> networks;

    Judges(GanSettings.Loss settings, List<Discriminator> networks) {
        this.settings = settings;
        this.networks = networks;
    }

    /** Scores with the text and, from networks that give them, without; {@code [n]} each. */
    private record Scores(Value fitting, Optional<Value> alone) {}

    /**
     * What there is to judge.
     *
     * @param real at each size
     * @param fake at each size
     * @param told what the discriminators are told of the texts, {@code [n, width]}
     * @param wrong the same of texts with one attribute wrong
     * @param pairs what of it makes mismatched pairs
     * @param keys gives keys for what penalties draw by chance, I32 {@code [n, 4]}
     */
    record Evidence(List<Value> real, List<Value> fake, Value told, Value wrong, Mismatched pairs, Supplier<Value> keys) {}

    /**
     * The first {@code count} real pictures beside other pictures' texts.
     *
     * @param count as many as there are, or one less where the batch's last picture has no successor
     * @param others what the discriminators are told of the others' texts, {@code [n, width]}
     * @param weight of the mean over these pairs
     * @param next gives the real pictures at a scale that follow these ones in the batch; absent where these ones are the batch
     */
    record Mismatched(int count, Value others, double weight, Optional<IntFunction<Value>> next) {}

    /**
     * What they learn in a step.
     *
     * @param loss to be minimised
     * @param matching the part of it that says how text and real pictures match
     * @param real scores of real pictures with their texts, at the largest size
     * @param figures what to tell people, scalars
     */
    record Lesson(Value loss, Value matching, Value real, Map<String, Value> figures) {}

    /** Real pictures at each of {@code sizes}, of which the last is theirs: means over squares of pixels. */
    static List<Value> scaled(Value pictures, List<Integer> sizes) {
        return sizes.stream().map(size -> size == pictures.dim(1) ? pictures : Functions.averagePool(pictures, pictures.dim(1) / size)).toList();
    }

    /** A single one has the parameters' whole place, several have numbered ones. */
    private Parameters place(Parameters all, int scale) {
        return networks.size() == 1 ? all : all.at(scale);
    }

    private Scores scores(Parameters place, int scale, Value features, Value text) {
        return new Scores(networks.get(scale).logits(place, features, text), networks.get(scale).unconditional(place, features));
    }

    /** Traces the discriminators' loss; {@code due} if the gradient penalty is, where there is one. */
    Lesson lesson(Parameters all, Evidence evidence, boolean due) {
        boolean penalized = due && settings.penalty() != GradientPenalty.NONE;
        List<Lesson> lessons = new ArrayList<>();
        List<Value> penalties = new ArrayList<>();
        for (int scale = 0; scale < networks.size(); scale++) {
            lessons.add(lesson(place(all, scale), scale, evidence, penalized, penalties));
        }
        Value loss = lessons.stream().map(Lesson::loss).reduce(Value::add).orElseThrow();
        Map<String, Value> figures = new LinkedHashMap<>(lessons.getLast().figures);
        figures.put("d.loss", loss);
        if (penalized) {
            Value penalty = penalties.stream().reduce(Value::add).orElseThrow();
            figures.put("d.penalty", penalty);
            loss = loss.add(penalty.mul(settings.penaltyInterval()));
        }
        return new Lesson(loss, lessons.stream().map(Lesson::matching).reduce(Value::add).orElseThrow(), lessons.getLast().real, figures);
    }

    private Lesson lesson(Parameters place, int scale, Evidence evidence, boolean penalized, List<Value> penalties) {
        GanSettings.Terms terms = settings.terms();
        AdversarialLoss adversarial = settings.adversarial();
        Discriminator network = networks.get(scale);
        Map<String, Value> figures = new LinkedHashMap<>();
        Value pictures = evidence.real.get(scale);
        Value features = network.features(place, pictures);
        Scores real = scores(place, scale, features, evidence.told);
        Value matching = weighed(adversarial.real(real.fitting), terms.real());
        if (terms.mismatched() > 0) {
            matching = matching.add(mismatched(place, scale, features, evidence, real.fitting, figures).mul(terms.mismatched()));
        }
        Value fake = evidence.fake.get(scale).stopGradient();
        Scores drawn = scores(place, scale, network.features(place, fake), evidence.told.stopGradient());
        Value loss = matching.add(weighed(adversarial.fake(drawn.fitting, real.fitting), terms.fake()));
        if (real.alone.isPresent() && terms.realAlone() > 0) {
            loss = loss.add(adversarial.real(real.alone.get()).mul(terms.realAlone()));
        }
        if (real.alone.isPresent() && terms.fakeAlone() > 0) {
            loss = loss.add(adversarial.fake(drawn.alone.orElseThrow(), real.alone.get()).mul(terms.fakeAlone()));
        }
        figures.put("d.real", real.fitting.mean().reshape(Shape.SCALAR));
        figures.put("d.fake", drawn.fitting.mean().reshape(Shape.SCALAR));
        if (penalized) {
            penalties.add(settings.penalty().of(new GradientPenalty.Shown(pictures, sum(real), fake, sum(drawn), evidence.told,
                    evidence.pairs.others, (others, text) -> sum(scores(place, scale, network.features(place, others), text)), evidence.keys),
                    settings.penaltyWeight(), settings.penaltyNoise()));
        }
        return new Lesson(loss, matching, real.fitting, figures);
    }

    /** Both scores of a network that gives two, for penalties hold for all that it says. */
    private static Value sum(Scores scores) {
        return scores.alone.map(scores.fitting::add).orElse(scores.fitting);
    }

    /** The loss on real pictures beside texts that are not theirs. */
    private Value mismatched(Parameters place, int scale, Value features, Evidence evidence, Value real, Map<String, Value> figures) {
        AdversarialLoss adversarial = settings.adversarial();
        Discriminator network = networks.get(scale);
        Value sum = place.graph().scalar(0);
        Mismatched pairs = evidence.pairs;
        if (settings.oneWrong() < 1 && pairs.count > 0) {
            Value scores = switch (settings.mismatches()) {
                case SHIFTED -> network.logits(place, features.slice(0, 0, pairs.count), pairs.others.slice(0, 0, pairs.count));
                case ROLLED -> rolled(place, scale, features, evidence);
            };
            sum = sum.add(adversarial.fake(scores, real.slice(0, 0, pairs.count)).mul((1 - settings.oneWrong()) * pairs.weight));
        }
        if (settings.oneWrong() > 0) {
            Value wrong = network.logits(place, features, evidence.wrong);
            sum = sum.add(adversarial.fake(wrong, real).mul(settings.oneWrong()));
            figures.put("d.wrong", wrong.mean().reshape(Shape.SCALAR));
        }
        return sum;
    }

    /** Scores of each text with the next picture, in the order of the texts where they are compared with those of the texts' own pictures. */
    private Value rolled(Parameters place, int scale, Value features, Evidence evidence) {
        Discriminator network = networks.get(scale);
        if (evidence.pairs.next.isEmpty()) {
            return network.logits(place, GanProgram.shifted(features), evidence.told);
        }
        // In the order of the pictures no other part's need be looked at.
        return settings.adversarial().compares() ? network.logits(place, network.features(place, evidence.pairs.next.get().apply(scale)), evidence.told)
                : network.logits(place, features, evidence.pairs.others);
    }

    /** From now on they judge by the updated parameters as they stand, whatever those came from. */
    static void learn(Parameters all, Map<String, Value> updated) {
        updated.forEach((name, value) -> all.replace(name, value.stopGradient()));
    }

    /** What the generator loses by their judgement of its pictures. */
    Value verdict(Parameters all, Evidence evidence) {
        AdversarialLoss adversarial = settings.adversarial();
        double alone = settings.terms().generatorAlone();
        Value loss = null;
        for (int scale = 0; scale < networks.size(); scale++) {
            Parameters place = place(all, scale);
            Discriminator network = networks.get(scale);
            Scores drawn = scores(place, scale, network.features(place, evidence.fake.get(scale)), evidence.told);
            // Real pictures are only the mark here.
            Scores real = adversarial.compares() ? stopped(scores(place, scale, network.features(place, evidence.real.get(scale)), evidence.told)) : drawn;
            Value own = adversarial.generator(drawn.fitting, real.fitting);
            if (drawn.alone.isPresent() && alone > 0) {
                own = own.add(adversarial.generator(drawn.alone.get(), real.alone.orElseThrow()).mul(alone));
            }
            loss = loss == null ? own : loss.add(own);
        }
        return loss;
    }

    private static Scores stopped(Scores scores) {
        return new Scores(scores.fitting.stopGradient(), scores.alone.map(Value::stopGradient));
    }

    private static Value weighed(Value loss, double weight) {
        return weight == 1 ? loss : loss.mul(weight);
    }
}
