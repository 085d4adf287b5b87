package dev.t2i.bench;

import dev.t2i.train.GanSettings;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What to measure. */
public enum Suite {
    /** Single operations in the shapes of the default model. */
    OPS {
        @Override
        public List<Work> works(Optional<GanSettings> settings) {
            return Operations.works();
        }
    },
    /** GPT-2 of 124M parameters on one sentence. */
    ENCODE {
        @Override
        public List<Work> works(Optional<GanSettings> settings) {
            return Encoding.works();
        }
    },
    /** Pictures from a configuration's generator. */
    SAMPLE {
        @Override
        public List<Work> works(Optional<GanSettings> settings) {
            return Drawings.works(settings.orElseThrow());
        }
    },
    /** Training steps of a configuration. */
    TRAIN {
        @Override
        public List<Work> works(Optional<GanSettings> settings) {
            return List.of(Training.work(settings.orElseThrow()));
        }
    };

    /** Whether it measures a configuration's networks. */
    public boolean needsSettings() {
        return this == SAMPLE || this == TRAIN;
    }

    /** The name on the command line and in reports. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Its figures, in their order; none has begun.
     *
     * @param settings there where {@link #needsSettings}
     */
    public abstract List<Work> works(Optional<GanSettings> settings);
}
