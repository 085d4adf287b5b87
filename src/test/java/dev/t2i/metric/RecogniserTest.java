package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.config.Settings;
import dev.t2i.config.SettingsException;
import dev.t2i.error.BadModelException;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import dev.t2i.train.Checkpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecogniserTest {
    private static final Backend BACKEND = new ScalarBackend();
    private static final RecogniserSettings TINY = settings("network: {size: 32, channels: [8, 8, 8], blocks: [0, 0, 1]}");

    private static RecogniserSettings settings(String network) {
        return Settings.parse("task: recogniser\nbatch: 3\nexam: 8\nschedule: {samples: 12}\noptimizer: {}\n" + network, "test",
                RecogniserSettings.class, List.of());
    }

    @Test
    void trainingStepsChangeEveryParameterAndRepeatExactly() {
        List<float[]> once = parametersAfter(2);
        assertEquals(once.size(), parametersAfter(2).size());
        List<float[]> before = parametersAfter(0);
        List<float[]> again = parametersAfter(2);
        for (int i = 0; i < once.size(); i++) {
            assertArrayEquals(once.get(i), again.get(i));
            assertFalse(Arrays.equals(before.get(i), once.get(i)));
        }
    }

    private static List<float[]> parametersAfter(int steps) {
        try (RecogniserTask task = new RecogniserTask(TINY, BACKEND)) {
            task.initialize();
            task.compile();
            for (int step = 0; step < steps; step++) {
                task.step(step);
                task.statistics().values().forEach(value -> assertTrue(Double.isFinite(value)));
            }
            List<float[]> values = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                for (Checkpoint.StateType state : task.states()) {
                    Tensor home = Tensor.allocate(arena, DType.F32, state.shape());
                    task.session().get(state.name(), home);
                    values.add(home.toFloatArray());
                }
            }
            return values;
        }
    }

    @Test
    void anExportedRecogniserReadsPicturesAloneAsInBatches(@TempDir Path folder) throws IOException {
        try (RecogniserTask task = new RecogniserTask(TINY, BACKEND)) {
            task.initialize();
            task.compile();
            task.step(0);
            task.export(folder, "tiny", 3);
        }
        assertTrue(Files.readString(folder.resolve("README.md")).contains("mean of these attributes"));
        try (Recogniser recogniser = Recogniser.open(folder, BACKEND)) {
            assertEquals("tiny", recogniser.name());
            assertEquals(32, recogniser.size());
            assertEquals(8, recogniser.featureCount());
            int count = 35;
            int length = 32 * 32 * 3;
            float[] pictures = new float[count * length];
            Lesson lesson = new Lesson(32);
            for (int i = 0; i < count; i++) {
                new LessonMaker(1, 32).make(i, lesson);
                System.arraycopy(lesson.picture, 0, pictures, i * length, length);
            }
            List<Recogniser.Reading> readings = recogniser.read(pictures, count);
            float[][] features = recogniser.features(pictures, count);
            assertEquals(count, readings.size());
            float[] last = new float[length];
            System.arraycopy(pictures, (count - 1) * length, last, 0, length);
            assertEquals(readings.getLast(), recogniser.read(last, 1).getFirst());
            assertArrayEquals(features[count - 1], recogniser.features(last, 1)[0]);
            assertThrows(IllegalArgumentException.class, () -> recogniser.read(last, 2));
        }
        Files.writeString(folder.resolve("config.json"), Files.readString(folder.resolve("config.json")).replace("\"size\" : 32", "\"size\" : 40"));
        assertThrows(BadModelException.class, () -> Recogniser.open(folder, BACKEND));
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        assertThrows(SettingsException.class, () -> settings("network: {size: 36}"));
        assertThrows(SettingsException.class, () -> settings("network: {channels: [8, 12, 8]}"));
        assertThrows(SettingsException.class, () -> settings("network: {blocks: [1]}"));
    }
}
