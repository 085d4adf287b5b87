package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The probability of augmentation, steered by how sure the discriminator is of real pictures (ADA's heuristic r_t, Karras et al. 2020):
 * every few steps it goes up or down by a fixed amount, between 0 and a ceiling. Probability and what was counted since the last change
 * are states, so that a training goes on from a checkpoint as if it had never stopped.
 */
public final class AdaptiveAugment {
    /** Input, a scalar: 1 in the last step before a change, else 0. */
    public static final String ADJUST = "augment.adjust";
    private static final String PROBABILITY = "augment/probability";
    private static final String SIGNS = "augment/signs";

    private final DiffAugmentSettings settings;
    private final int batch;

    /** @param batch real pictures a step */
    public AdaptiveAugment(DiffAugmentSettings settings, int batch) {
        this.settings = settings;
        this.batch = batch;
    }

    /** First values of its states, all of them scalars; none where the probability stays. */
    public Map<String, Double> firstValues() {
        Map<String, Double> values = new LinkedHashMap<>();
        if (settings.adapts()) {
            values.put(PROBABILITY, settings.probability());
            values.put(SIGNS, 0.0);
        }
        return values;
    }

    /** The probability in a step, a scalar. */
    public Value probability(Graph graph) {
        return settings.adapts() ? graph.state(PROBABILITY, DType.F32, Shape.SCALAR) : graph.scalar(settings.probability());
    }

    /** Whether {@link #ADJUST} is 1 in step {@code step}, counted from 0. */
    public boolean adjusts(long step) {
        return step % settings.interval() == settings.interval() - 1;
    }

    /**
     * Counts a step, and changes the probability where that is due.
     *
     * @param logits of real pictures with their captions, as the discriminator saw them
     * @param counting a scalar, 0 in a step of which nothing may stay, else 1
     */
    public void follow(Graph graph, Value logits, Value counting) {
        if (!settings.adapts()) {
            return;
        }
        Value probability = probability(graph);
        Value before = graph.state(SIGNS, DType.F32, Shape.SCALAR);
        Value adjust = graph.input(ADJUST, DType.F32, Shape.SCALAR);
        Value signs = before.add(logits.sign().mean().reshape(Shape.SCALAR));
        double stride = (double) batch * settings.interval() / settings.span();
        Value direction = signs.div(settings.interval()).sub(settings.target()).sign();
        Value moved = probability.add(direction.mul(adjust).mul(stride)).max(0).min(settings.ceiling());
        graph.assign(graph.state(PROBABILITY, DType.F32, Shape.SCALAR), counting.select(moved, probability));
        graph.assign(graph.state(SIGNS, DType.F32, Shape.SCALAR), counting.select(signs.mul(adjust.neg().add(1)), before));
        graph.output("d.augment", probability);
    }
}
