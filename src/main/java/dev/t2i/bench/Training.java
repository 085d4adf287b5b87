package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.error.BackendException;
import dev.t2i.tensor.Tensor;
import dev.t2i.train.GanSettings;
import dev.t2i.train.GanTrial;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/** A configuration's training steps; text features are given, so the encoder's time is not in it. */
final class Training {

    private Training() {}

    /** A run is a whole cycle of steps with and without penalty. Compared is what the first of them computes. */
    static Work work(GanSettings settings) {
        String name = "%d pixels, batch %d".formatted(settings.size(), settings.batch());
        return new Work(Suite.TRAIN, name, Work.IMAGES, (double) GanTrial.cycle(settings) * settings.batch(), Work.Cost.UNKNOWN,
                Work.Kind.NUMBERS, backend -> new Running(settings, backend));
    }

    /** A training on a backend. */
    private static final class Running implements Work.Running {
        private final Arena arena = Arena.ofShared();
        private final GanTrial trial;
        private final String backend;
        private final int steps;
        private List<Tensor> firstResults;

        Running(GanSettings settings, Backend backend) {
            trial = new GanTrial(settings, backend);
            this.backend = backend.name();
            steps = GanTrial.cycle(settings);
        }

        @Override
        public void run() {
            for (int i = 0; i < steps; i++) {
                trial.step();
                // Later steps say little: where a gradient is about zero, Adam makes a whole step of its rounding.
                if (firstResults == null) {
                    firstResults = trial.results(arena);
                }
            }
        }

        @Override
        public List<Tensor> results() {
            return firstResults;
        }

        @Override
        public Map<String, RunProfile> profile() {
            return trial.profile();
        }

        @Override
        public void close() {
            boolean finite = trial.isFinite();
            trial.close();
            arena.close();
            if (!finite) {
                throw new BackendException("backend '%s': the measured training has losses that are not finite".formatted(backend));
            }
        }
    }
}
