package dev.t2i.bench;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Bandwidth (bytes read and written) of copying tensors much larger than the caches, on one thread. */
@Figure(unit = "GB/s", limit = "System.arraycopy of as many floats")
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TensorCopy {

    private static final int ELEMENTS = 1 << 24;

    private Arena arena;
    private Tensor single;
    private Tensor half;
    private Tensor target;
    private float[] array;
    private float[] targetArray;

    @Setup
    public void fill() {
        arena = Arena.ofShared();
        Shape shape = Shape.of(ELEMENTS);
        single = Tensor.allocate(arena, DType.F32, shape);
        half = Tensor.allocate(arena, DType.F16, shape);
        target = Tensor.allocate(arena, DType.F32, shape);
        array = new float[ELEMENTS];
        targetArray = new float[ELEMENTS];
        Random random = new Random(1);
        for (int i = 0; i < ELEMENTS; i++) {
            array[i] = random.nextFloat();
            single.set(i, array[i]);
            half.set(i, array[i]);
        }
    }

    @TearDown
    public void close() {
        arena.close();
    }

    @Benchmark
    @OperationsPerInvocation(8 * ELEMENTS)
    public float[] limit() {
        System.arraycopy(array, 0, targetArray, 0, ELEMENTS);
        return targetArray;
    }

    @Benchmark
    @OperationsPerInvocation(8 * ELEMENTS)
    public Tensor sameType() {
        target.copyFrom(single);
        return target;
    }

    @Benchmark
    @OperationsPerInvocation(6 * ELEMENTS)
    public Tensor fromHalf() {
        target.copyFrom(half);
        return target;
    }
}
