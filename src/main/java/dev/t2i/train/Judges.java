package dev.t2i.train;

import dev.t2i.gan.AdversarialLoss;
import dev.t2i.gan.Discriminator;
import dev.t2i.gan.GradientPenalty;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
     */
    record Evidence(List<Value> real, List<Value> fake, Value told, Value wrong) {}

    /**
     * What they learn in a step.
     *
     * @param loss to be minimised
     * @param matching the part of it that says how text and real pictures match
     * @param real scores of real pictures with their texts, at the largest size
     */
    record Lesson(Value loss, Value matching, Value real) {}

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
        Graph graph = all.graph();
        List<Lesson> lessons = new ArrayList<>();
        List<Value> penalties = new ArrayList<>();
        for (int scale = 0; scale < networks.size(); scale++) {
            lessons.add(lesson(place(all, scale), scale, evidence, penalized, penalties));
        }
        Value loss = lessons.stream().map(Lesson::loss).reduce(Value::add).orElseThrow();
        graph.output("d.loss", loss);
        if (penalized) {
            Value penalty = penalties.stream().reduce(Value::add).orElseThrow();
            graph.output("d.penalty", penalty);
            loss = loss.add(penalty.mul(settings.penaltyInterval()));
        }
        return new Lesson(loss, lessons.stream().map(Lesson::matching).reduce(Value::add).orElseThrow(), lessons.getLast().real);
    }

    private Lesson lesson(Parameters place, int scale, Evidence evidence, boolean penalized, List<Value> penalties) {
        GanSettings.Terms terms = settings.terms();
        AdversarialLoss adversarial = settings.adversarial();
        Discriminator network = networks.get(scale);
        Graph graph = place.graph();
        Value pictures = evidence.real.get(scale);
        Value features = network.features(place, pictures);
        Scores real = scores(place, scale, features, evidence.told);
        Value matching = weighed(adversarial.real(real.fitting), terms.real());
        if (terms.mismatched() > 0) {
            matching = matching.add(mismatched(place, scale, features, evidence, real.fitting).mul(terms.mismatched()));
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
        if (scale == networks.size() - 1) {
            graph.output("d.real", real.fitting.mean());
            graph.output("d.fake", drawn.fitting.mean());
        }
        if (penalized) {
            penalties.add(settings.penalty().of(new GradientPenalty.Shown(pictures, sum(real), fake, sum(drawn), evidence.told,
                    others -> sum(scores(place, scale, network.features(place, others), evidence.told)), () -> keys(graph, pictures.dim(0))),
                    settings.penaltyWeight(), settings.penaltyNoise()));
        }
        return new Lesson(loss, matching, real.fitting);
    }

    /** Both scores of a network that gives two, for penalties hold for all that it says. */
    private static Value sum(Scores scores) {
        return scores.alone.map(scores.fitting::add).orElse(scores.fitting);
    }

    private static Value keys(Graph graph, int rows) {
        Value known = graph.inputs().get(GanProgram.PENALTY_KEYS);
        return known != null ? known : graph.input(GanProgram.PENALTY_KEYS, DType.I32, Shape.of(rows, 4));
    }

    /** The loss on real pictures beside texts that are not theirs. */
    private Value mismatched(Parameters place, int scale, Value features, Evidence evidence, Value real) {
        AdversarialLoss adversarial = settings.adversarial();
        Discriminator network = networks.get(scale);
        Value sum = place.graph().scalar(0);
        int n = features.dim(0);
        if (settings.oneWrong() < 1) {
            Value others = switch (settings.mismatches()) {
                case SHIFTED -> adversarial.fake(network.logits(place, features.slice(0, 0, n - 1), evidence.told.slice(0, 1, n)), real.slice(0, 0, n - 1));
                case ROLLED -> adversarial.fake(network.logits(place,
                        Value.concat(0, features.slice(0, 1, n), features.slice(0, 0, 1)), evidence.told), real);
            };
            sum = sum.add(others.mul(1 - settings.oneWrong()));
        }
        if (settings.oneWrong() > 0) {
            Value wrong = network.logits(place, features, evidence.wrong);
            sum = sum.add(adversarial.fake(wrong, real).mul(settings.oneWrong()));
            if (scale == networks.size() - 1) {
                place.graph().output("d.wrong", wrong.mean());
            }
        }
        return sum;
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
