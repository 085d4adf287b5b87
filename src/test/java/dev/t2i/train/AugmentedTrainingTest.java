package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings whose discriminator is shown augmented pictures. */
class AugmentedTrainingTest {
    /** A target that a discriminator of a few steps misses for certain, so that the probability moves at each change. */
    private static final String[] ADAPTIVE = {"diff_augment.parts=[colour, translation, cutout, xflip, rotate90, xint, scale, rotate, aniso, xfrac, "
        + "brightness, contrast, lumaflip, hue, saturation]", "diff_augment.probability=0.5",
        "diff_augment.target=0.999", "diff_augment.span=80", "diff_augment.interval=3", "augment.crop=0.1875", "augment.flip=true"};

    @TempDir
    private Path folder;
    private Path model;

    @BeforeEach
    void writeModel() {
        model = TinyModel.write(folder.resolve("tiny"));
    }

    private Map<String, float[]> train(RunFolder run, boolean resume, int stopAfter, String... overrides) {
        GanSettings settings = TrainingRunTest.settings("none", 40, overrides);
        try (GanTask task = TrainingRunTest.task(settings, model, Backends.get("vector", 2))) {
            return TaskRun.train(task, settings, run, resume, stopAfter);
        }
    }

    @Test
    void theProbabilityIsPartOfACheckpoint() {
        Map<String, float[]> whole = train(new RunFolder(folder.resolve("whole")), false, Integer.MAX_VALUE, ADAPTIVE);
        RunFolder halves = new RunFolder(folder.resolve("halves"));
        // Five steps: one change, and two steps counted toward the next.
        Map<String, float[]> half = train(halves, false, 5, ADAPTIVE);
        TaskRun.assertSame(whole, train(halves, true, Integer.MAX_VALUE, ADAPTIVE));
        float atFirst = 0.5f;
        float after = half.get("augment/probability")[0];
        assertEquals(4 * 3 / 80.0, Math.abs(after - atFirst), 1e-6, "a stride is batch * interval / span");
        assertTrue(half.get("augment/signs")[0] != 0 || whole.get("augment/signs")[0] != 0);
        float end = whole.get("augment/probability")[0];
        assertTrue(end >= 0 && end <= 0.8f && end != after, "probability " + end);
    }

    @Test
    void augmentationChangesWhatIsLearnt() {
        Map<String, float[]> plain = train(new RunFolder(folder.resolve("plain")), false, 4);
        Map<String, float[]> augmented = train(new RunFolder(folder.resolve("augmented")), false, 4, "diff_augment.parts=[translation]");
        assertEquals(plain.keySet(), augmented.keySet());
        assertFalse(Arrays.equals(plain.get("discriminator/inp.weight"), augmented.get("discriminator/inp.weight")));
        Map<String, float[]> again = train(new RunFolder(folder.resolve("again")), false, 4, "diff_augment.parts=[translation]");
        TaskRun.assertSame(augmented, again);
    }
}
