package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.config.Settings;
import dev.t2i.gan.AdversarialLoss;
import dev.t2i.gan.GradientPenalty;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The configuration that is compared with PyTorch describes PyTorch's network and loss. */
class YardstickConfigurationTest {
    /** {@code sum(p.numel() for p in network.parameters())} in PyTorch. */
    private static final long GENERATOR = 7_939_587;
    private static final long DISCRIMINATOR = 3_506_756;

    @Test
    void sameNetworksAndLoss() {
        GanSettings settings = Settings.load(Path.of("configs/yardstick-64.yaml"), GanSettings.class, List.of());
        assertEquals(16, settings.batch());
        assertEquals(64, settings.size());
        assertEquals(1, settings.criticIterations());
        assertEquals(100, settings.generator().noiseWidth());
        assertEquals(256, settings.text().adapter().width());
        assertEquals(GanSettings.TextTraining.NONE, settings.text().train());
        assertEquals(new GanSettings.Loss(AdversarialLoss.HINGE, 0, GradientPenalty.MATCHING_AWARE, 2, 1, 0, 10,
                GanSettings.Mismatches.SHIFTED, new GanSettings.Terms(1, 0.5, 0.5, 0, 0, 0), 0.01, 0, 0, 0), settings.loss());
        assertEquals(0, settings.optimizer().beta1());
        assertEquals(0.9, settings.optimizer().beta2());
        for (long done : new long[] {0, 300_000, 599_999}) {
            assertEquals(1, settings.optimizer().factor(done, settings.schedule().samples()));
        }
        assertEquals(1e-4, settings.optimizer().generatorRate());
        assertEquals(4e-4, settings.optimizer().discriminatorRate());
        try (GanTrial trial = new GanTrial(settings, new VectorBackend(1))) {
            assertEquals(GENERATOR, trial.generatorParameters());
            assertEquals(DISCRIMINATOR, trial.discriminatorParameters());
        }
    }
}
