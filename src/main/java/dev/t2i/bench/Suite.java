package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.train.GanSettings;
import java.util.List;
import java.util.Optional;

/** What to measure. */
public enum Suite {
    /** Single operations in the shapes of the default model. */
    OPS {
        @Override
        public List<Measurement> measure(Backend backend, Optional<GanSettings> settings, Stopwatch stopwatch) {
            return Operations.measure(backend, stopwatch);
        }
    },
    /** GPT-2 of 124M parameters on one sentence. */
    ENCODE {
        @Override
        public List<Measurement> measure(Backend backend, Optional<GanSettings> settings, Stopwatch stopwatch) {
            return Encoding.measure(backend, stopwatch);
        }
    },
    /** Pictures from a configuration's generator. */
    SAMPLE {
        @Override
        public List<Measurement> measure(Backend backend, Optional<GanSettings> settings, Stopwatch stopwatch) {
            return Training.sample(backend, settings.orElseThrow(), stopwatch);
        }
    },
    /** Training steps of a configuration. */
    TRAIN {
        @Override
        public List<Measurement> measure(Backend backend, Optional<GanSettings> settings, Stopwatch stopwatch) {
            return Training.train(backend, settings.orElseThrow(), stopwatch);
        }
    };

    /** Whether it measures a configuration's networks. */
    public boolean needsSettings() {
        return this == SAMPLE || this == TRAIN;
    }

    /** @param settings there where {@link #needsSettings} */
    public abstract List<Measurement> measure(Backend backend, Optional<GanSettings> settings, Stopwatch stopwatch);
}
