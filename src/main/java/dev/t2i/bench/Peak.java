package dev.t2i.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Measures this machine's {@link Limits} with the Vector API: multiply-adds that never leave the registers, and sums over memory. */
final class Peak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int SUMS = 12;
    private static final int ROUNDS = 2_000_000;
    /** Of all threads together at least: more than a cache holds that a few cores share. */
    private static final int FLOATS = 1 << 25;
    /** Of each thread at least: several times its share of the last cache, which grows with the cores. */
    private static final int FLOATS_EACH = 1 << 24;
    private static final int TRIALS = 40;
    private static final int WARMUPS = 3;

    private Peak() {}

    /**
     * Floats that each thread reads.
     *
     * @param heap bytes that Java may take, of which half have to do
     */
    static int floatsEach(int threads, long heap) {
        long wanted = Math.max(FLOATS / threads, FLOATS_EACH);
        long most = heap / 2 / Float.BYTES / threads;
        return Math.toIntExact(Math.min(wanted, most) / (4 * LANES) * (4 * LANES));
    }

    /** The best of some trials, since whatever else runs can only take away. */
    static Limits measure(int threads) {
        List<float[]> memory = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            // Zeros alone could be one page of the system's.
            float[] part = new float[floatsEach(threads, Runtime.getRuntime().maxMemory())];
            Arrays.fill(part, 1);
            memory.add(part);
        }
        double bytes = (double) Float.BYTES * memory.size() * memory.getFirst().length;
        double flops = 2.0 * SUMS * LANES * ROUNDS * threads;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Callable<Float>> computing = new ArrayList<>();
            List<Callable<Float>> reading = new ArrayList<>();
            for (float[] part : memory) {
                computing.add(() -> multiplyAdd(ROUNDS));
                reading.add(() -> sum(part));
            }
            return new Limits(1e-9 * flops / best(pool, computing), 1e-9 * bytes / best(pool, reading));
        }
    }

    private static double best(ExecutorService pool, List<Callable<Float>> tasks) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < WARMUPS + TRIALS; i++) {
            long before = System.nanoTime();
            try {
                for (Future<Float> result : pool.invokeAll(tasks)) {
                    result.get();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            } catch (ExecutionException e) {
                throw new IllegalStateException("a measurement of the machine's limits failed", e.getCause());
            }
            if (i >= WARMUPS) {
                best = Math.min(best, (System.nanoTime() - before) * 1e-9);
            }
        }
        return best;
    }

    /** Twelve sums, enough to keep two pipelines of four cycles busy, and few enough for the sixteen registers of AVX2. */
    private static float multiplyAdd(int rounds) {
        // The sums tend to 2 and stay there: no infinities, no denormal numbers. They begin apart, or a compiler might see that they are one.
        FloatVector x = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector y = FloatVector.broadcast(SPECIES, 1);
        FloatVector a = FloatVector.broadcast(SPECIES, 0.1f);
        FloatVector b = a.add(y);
        FloatVector c = b.add(y);
        FloatVector d = c.add(y);
        FloatVector e = d.add(y);
        FloatVector f = e.add(y);
        FloatVector g = f.add(y);
        FloatVector h = g.add(y);
        FloatVector i = h.add(y);
        FloatVector j = i.add(y);
        FloatVector k = j.add(y);
        FloatVector l = k.add(y);
        for (int round = 0; round < rounds; round++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
        }
        return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l).reduceLanes(VectorOperators.ADD);
    }

    /** From four places at once, which keeps more of the memory's requests under way than one row does. */
    private static float sum(float[] numbers) {
        int quarter = numbers.length / 4;
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i <= quarter - LANES; i += LANES) {
            a = a.add(FloatVector.fromArray(SPECIES, numbers, i));
            b = b.add(FloatVector.fromArray(SPECIES, numbers, i + quarter));
            c = c.add(FloatVector.fromArray(SPECIES, numbers, i + 2 * quarter));
            d = d.add(FloatVector.fromArray(SPECIES, numbers, i + 3 * quarter));
        }
        return a.add(b).add(c).add(d).reduceLanes(VectorOperators.ADD);
    }
}
