package dev.t2i.train;

import dev.t2i.gan.Generator;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.graph.Graph;

/** What all trainings of a text-to-image model set. */
interface PictureSettings {
    long seed();

    /** Edge of the pictures in pixels. */
    int size();

    int batch();

    /** What is done to real pictures before anybody sees them. */
    AugmentSettings augment();

    Schedule schedule();

    GanSettings.Text text();

    GeneratorSettings generator();

    GanSettings.Average average();

    /** Whether activations are computed again for gradients rather than kept. */
    boolean recompute();

    /** How many parts each batch is worked off in. */
    int accumulate();

    /** Whether the text side learns along and has a moving average as the generator has. */
    default boolean averagesText() {
        return text().train() != GanSettings.TextTraining.NONE && average().halfLife() > 0;
    }

    /** A graph for a training step. */
    default Graph newGraph() {
        Graph graph = new Graph();
        if (recompute()) {
            graph.recompute();
        }
        return graph;
    }

    /** Factor on the noise that the finished model draws with unless told otherwise. */
    double truncation();

    default Generator buildGenerator() {
        return generator().build(text().adapter().width());
    }
}
