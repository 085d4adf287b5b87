package dev.t2i.bench;

import dev.t2i.backend.Backends;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time of one matrix product, {@code [m, k]} by {@code [k, n]}, on the backends that have kernels of their own for it: a square one,
 * and those of a layer of GPT-2 small for twelve tokens. The weights of so few products may stay in the last-level cache, as those of
 * a whole network do not.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@org.openjdk.jmh.annotations.Measurement(iterations = 5, time = 1)
@Fork(1)
public class MatrixProduct {

    @Param({"vector", "native"})
    public String backend;

    @Param({"F32", "BF16"})
    public DType weights;

    /** m, k and n. */
    @Param({"1024x1024x1024", "12x768x2304", "12x768x768", "12x768x3072", "12x3072x768"})
    public String sizes;

    private Arena arena;
    private Session session;
    private Executable executable;

    @Setup
    public void compile() {
        String[] edges = sizes.split("x");
        Shape left = Shape.of(Integer.parseInt(edges[0]), Integer.parseInt(edges[1]));
        Shape right = Shape.of(Integer.parseInt(edges[1]), Integer.parseInt(edges[2]));
        arena = Arena.ofShared();
        session = Backends.get(backend).open();
        session.lend("a", Numbers.small(arena, left, 1));
        session.lend("b", Numbers.small(arena, weights, right, 2));
        Graph graph = new Graph();
        graph.output("c", graph.state("a", DType.F32, left).matMul(graph.state("b", weights, right)));
        executable = session.compile(graph);
    }

    @TearDown
    public void close() {
        session.close();
        arena.close();
    }

    @Benchmark
    public Executable product() {
        executable.run(Map.of());
        return executable;
    }
}
