package dev.t2i.train;

import dev.t2i.gan.Generator;
import dev.t2i.gan.GeneratorSettings;

/** What all trainings of a text-to-image model set. */
interface PictureSettings {
    long seed();

    /** Edge of the pictures in pixels. */
    int size();

    int batch();

    Schedule schedule();

    GanSettings.Text text();

    GeneratorSettings generator();

    GanSettings.Average average();

    /** Factor on the noise that the finished model draws with unless told otherwise. */
    double truncation();

    default Generator buildGenerator() {
        return generator().build(text().adapter().width());
    }
}
