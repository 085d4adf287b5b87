package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import dev.t2i.config.Settings;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.data.SceneExport;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.tensor.Tensor;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training holds all its memory after its first steps: days of steps take no more than the first of them. */
class SteadyMemoryTest {
    private static final int STEPS = Integer.getInteger("t2i.steps", 1000);
    /** Every kind of GAN step: a penalty each third, a generator update each second. */
    private static final int ALL_KINDS = 6;
    /** What the JIT and the garbage collector keep for themselves differs by this much; a leak of 3 KB a step is more, of the language model's of 600 bytes. */
    private static final long HEAP_SLACK = 2 << 20;

    @TempDir
    private Path folder;

    @Test
    void aGanTakesNoMoreMemoryAfterItsFirstSteps() {
        GanSettings settings = TrainingRunTest.settings("adapter", Integer.MAX_VALUE, "batch=2");
        // Decoding these is quicker than rendering scenes.
        Path pictures = folder.resolve("pictures");
        SceneExport.write(pictures, 4, settings.size(), 1, SceneSampler.Split.TRAIN, false, _ -> { });
        CaptionedImages data = DataSpec.parse("folder:" + pictures).open();
        TextSource text = TextSource.open(TinyModel.write(folder.resolve("tiny")));
        try (GanTask task = new GanTask(settings, text, Optional.empty(), data, "pictures", Backends.get("vector", 2))) {
            assertSteady(task, STEPS);
        }
    }

    @Test
    void aLanguageModelTakesNoMoreMemoryAfterItsFirstSteps() {
        LanguageSettings settings = Settings.parse("""
                batch: 4
                schedule: {samples: 1000000, tick: 80, snapshot: 0, checkpoint: 80}
                vocab_size: 270
                positions: 16
                embedding: 8
                layers: 1
                heads: 2
                held_out: 0
                """, "test", LanguageSettings.class, List.of());
        Texts texts = new Texts(List.of("a house", "a tree", "a house and a tree", "the sea"));
        try (LanguageTask task = new LanguageTask(settings, texts, LanguageTask.vocabulary(settings, texts), Backends.get("vector", 2))) {
            assertSteady(task, 5 * STEPS);
        }
    }

    private static void assertSteady(Task task, int steps) {
        task.initialize();
        task.compile();
        run(task, 0, ALL_KINDS);
        System.gc();
        long tensors = Tensor.allocations();
        long direct = direct().getTotalCapacity();
        // The first third is for the JIT, which compiles the step meanwhile.
        run(task, ALL_KINDS, steps / 3);
        long heap = heap();
        run(task, steps / 3, steps);
        long grown = heap() - heap;
        assertEquals(tensors, Tensor.allocations(), "tensors allocated by " + steps + " steps");
        // Not equal: buffers that an earlier test in this JVM has left may be freed meanwhile.
        long now = direct().getTotalCapacity();
        assertTrue(now <= direct, "off the heap there were " + direct + " bytes, now " + now);
        assertTrue(grown < HEAP_SLACK, "the heap grew by " + grown + " bytes");
        assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
    }

    private static void run(Task task, int from, int to) {
        for (int step = from; step < to; step++) {
            task.step(step);
        }
    }

    /** The JVM counts the memory of arenas with that of direct buffers. */
    private static BufferPoolMXBean direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct")).findFirst().orElseThrow();
    }

    private static long heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
