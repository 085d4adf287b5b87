package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.tensor.Tensor;
import dev.t2i.train.GanSettings;
import dev.t2i.train.GanTrial;
import java.util.List;

/** Pictures from a configuration's generator, one and many at once; text features are given, so the encoder's time is not in it. */
final class Drawings {
    private static final int MANY = 16;

    private Drawings() {}

    static List<Work> works(GanSettings settings) {
        String size = settings.size() + " pixels, ";
        return List.of(work(settings, size + "one picture", Work.MILLISECONDS, 1), work(settings, size + MANY + " at once", Work.IMAGES, MANY));
    }

    private static Work work(GanSettings settings, String name, String unit, int count) {
        return new Work(Suite.SAMPLE, name, unit, count, Work.Cost.UNKNOWN, Work.Kind.PICTURES, backend -> new Running(settings, backend, count));
    }

    /** A generator on a backend. */
    private static final class Running implements Work.Running {
        private final GanTrial trial;
        private final int count;
        private Tensor pictures;

        Running(GanSettings settings, Backend backend, int count) {
            trial = new GanTrial(settings, backend);
            this.count = count;
        }

        @Override
        public void run() {
            pictures = trial.draw(count);
        }

        @Override
        public List<Tensor> results() {
            return List.of(pictures);
        }

        @Override
        public void close() {
            trial.close();
        }
    }
}
