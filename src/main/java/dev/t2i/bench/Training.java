package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.error.BackendException;
import dev.t2i.train.GanSettings;
import dev.t2i.train.GanTrial;
import java.util.List;

/** A configuration's training steps, and pictures from its generator; text features are given, so the encoder's time is not in it. */
final class Training {
    private static final int MANY = 16;

    private Training() {}

    static List<Measurement> train(Backend backend, GanSettings settings, Stopwatch stopwatch) {
        try (GanTrial trial = new GanTrial(settings, backend)) {
            int steps = trial.cycle();
            double seconds = stopwatch.seconds(() -> {
                for (int i = 0; i < steps; i++) {
                    trial.step();
                }
            });
            if (!trial.isFinite()) {
                throw new BackendException("backend '%s': the measured training has losses that are not finite".formatted(backend.name()));
            }
            String name = "%d pixels, batch %d".formatted(settings.size(), settings.batch());
            return List.of(new Measurement(Suite.TRAIN, name, backend.name(), steps * settings.batch() / seconds, "images/s"));
        }
    }

    static List<Measurement> sample(Backend backend, GanSettings settings, Stopwatch stopwatch) {
        try (GanTrial trial = new GanTrial(settings, backend)) {
            double one = stopwatch.seconds(() -> trial.draw(1));
            double many = stopwatch.seconds(() -> trial.draw(MANY));
            String size = settings.size() + " pixels, ";
            return List.of(new Measurement(Suite.SAMPLE, size + "one picture", backend.name(), 1e3 * one, Measurement.MILLISECONDS),
                    new Measurement(Suite.SAMPLE, size + MANY + " at once", backend.name(), MANY / many, "images/s"));
        }
    }
}
