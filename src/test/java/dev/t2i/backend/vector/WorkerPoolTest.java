package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every task runs exactly once, whatever the number of threads and however quickly runs follow each other. */
class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void runsEveryTaskOnce(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            int[] plain = new int[40];
            for (int round = 0; round < 5_000; round++) {
                int count = round % 41;
                AtomicIntegerArray counts = new AtomicIntegerArray(count);
                pool.run(count, (task, worker) -> {
                    assertTrue(worker >= 0 && worker < threads);
                    counts.incrementAndGet(task);
                    plain[task]++;
                });
                for (int i = 0; i < count; i++) {
                    assertEquals(1, counts.get(i));
                }
            }
            int sum = 0;
            for (int each : plain) {
                sum += each;
            }
            int expected = 0;
            for (int round = 0; round < 5_000; round++) {
                expected += round % 41;
            }
            assertEquals(expected, sum);
        }
    }

    @Test
    void keepsNothingOfTheThreadThatOpensIt() {
        InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
        local.set("a request's");
        try (WorkerPool pool = new WorkerPool(3)) {
            CyclicBarrier all = new CyclicBarrier(3);
            pool.run(3, (_, worker) -> {
                assertDoesNotThrow(() -> all.await());
                assertEquals(worker == 0 ? "a request's" : null, local.get());
            });
        }
    }

    @Test
    void wakesParkedWorkers() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(3)) {
            for (int round = 0; round < 5; round++) {
                Thread.sleep(5);
                AtomicIntegerArray counts = new AtomicIntegerArray(100);
                pool.run(100, (task, worker) -> counts.incrementAndGet(task));
                for (int i = 0; i < 100; i++) {
                    assertEquals(1, counts.get(i));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void rethrowsTheFirstExceptionAndStaysUsable(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            IllegalArgumentException thrown = new IllegalArgumentException("no");
            assertSame(thrown, assertThrows(IllegalArgumentException.class, () -> pool.run(64, (task, worker) -> {
                if (task == 3) {
                    throw thrown;
                }
            })));
            int[] runs = new int[8];
            pool.run(8, (task, worker) -> runs[task]++);
            for (int each : runs) {
                assertEquals(1, each);
            }
        }
    }

    @Test
    void refusesNestedRunsAndUseAfterClose() {
        WorkerPool pool = new WorkerPool(2);
        assertThrows(IllegalStateException.class,
                () -> pool.run(16, (task, worker) -> pool.run(1, (inner, who) -> { })));
        pool.close();
        assertThrows(IllegalStateException.class, () -> pool.run(1, (task, worker) -> { }));
        assertThrows(IllegalArgumentException.class, () -> new WorkerPool(0));
    }
}
