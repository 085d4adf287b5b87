package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.backend.Backends;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataSpec;
import dev.t2i.data.SceneExport;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.tensor.Tensor;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training holds all its memory after its first steps: days of steps take no more than the first of them. */
class SteadyMemoryTest {
    /** Every kind of step: a penalty each third, a generator update each second. */
    private static final int ALL_KINDS = 6;
    private static final int STEPS = 1000;
    /** A leak of a few objects a step would pass a bound made for one; this one allows for the JIT's and the test framework's own. */
    private static final long HEAP_SLACK = 4 << 20;

    @TempDir
    private Path folder;

    @Test
    void aThousandStepsTakeNoMoreMemoryThanTheFirst() {
        Path model = TinyModel.write(folder.resolve("tiny"));
        GanSettings settings = TrainingRunTest.settings("adapter", Integer.MAX_VALUE, "batch=2", "generator.channels=[6,4,3]", "discriminator.channels=[3,4,6]");
        // Decoding these is quicker than rendering scenes.
        Path pictures = folder.resolve("pictures");
        SceneExport.write(pictures, 4, settings.size(), 1, SceneSampler.Split.TRAIN, false, _ -> {});
        CaptionedImages data = DataSpec.parse("folder:" + pictures).open();
        try (GanTask task = new GanTask(settings, TextSource.open(model), data, "pictures", Backends.get("vector", 1))) {
            task.initialize();
            task.compile();
            for (int step = 0; step < ALL_KINDS; step++) {
                task.step(step);
            }
            long tensors = Tensor.allocations();
            long direct = direct().getTotalCapacity();
            int midway = ALL_KINDS + STEPS / 4;
            for (int step = ALL_KINDS; step < midway; step++) {
                task.step(step);
            }
            long heap = heap();
            for (int step = midway; step < ALL_KINDS + STEPS; step++) {
                task.step(step);
            }
            long grown = heap() - heap;
            assertEquals(tensors, Tensor.allocations(), "tensors allocated by " + STEPS + " steps");
            assertEquals(direct, direct().getTotalCapacity(), "bytes off the heap");
            assertTrue(grown < HEAP_SLACK, "the heap grew by " + grown + " bytes");
            assertTrue(task.statistics().values().stream().allMatch(Double::isFinite), task.statistics().toString());
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
