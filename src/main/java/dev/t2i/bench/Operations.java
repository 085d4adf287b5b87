package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Single operations: a square matrix product, the default model's 3x3 convolutions with both gradients, an affine transformation.
 * A name tells the whole shape, all but the batch of 32: {@code bench/operations.py} gives PyTorch the same work by it.
 */
final class Operations {
    private static final int BATCH = 32;
    private static final String FLOPS = "GFLOP/s";
    /** Channels from and to, and the size of the pictures, of the 3x3 convolutions in configs/scenes-64.yaml. */
    private static final int[][] LAYERS = {
        {192, 192, 4}, {192, 192, 8}, {192, 96, 16}, {96, 96, 16}, {96, 48, 32}, {48, 48, 32},
        {48, 32, 64}, {32, 32, 64}, {32, 3, 64}, {3, 32, 64},
    };

    private Operations() {}

    /**
     * @param work floating-point operations, or bytes moved, of one run
     */
    private record Case(String name, List<Shape> operands, Function<Value[], Value> operation, double work, String unit) {}

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        int edge = 1024;
        cases.add(new Case("sgemm " + edge, List.of(Shape.of(edge, edge), Shape.of(edge, edge)), x -> x[0].matMul(x[1]),
                2.0 * edge * edge * edge, FLOPS));
        for (int[] layer : LAYERS) {
            convolution(cases, layer[0], layer[1], layer[2]);
        }
        Shape pictures = Shape.of(BATCH, 64, 64, 32);
        Shape perChannel = Shape.of(BATCH, 1, 1, 32);
        cases.add(new Case("affine, leaky relu " + pictures, List.of(pictures, perChannel, perChannel),
                x -> x[0].mul(x[1]).add(x[2]).leakyRelu(0.2), 2.0 * Float.BYTES * pictures.size(), "GB/s"));
        return cases;
    }

    private static void convolution(List<Case> cases, int from, int to, int size) {
        Shape picture = Shape.of(BATCH, size, size, from);
        Shape result = Shape.of(BATCH, size, size, to);
        Shape kernel = Shape.of(3, 3, from, to);
        Window window = Window.of(1, 1);
        double work = 2.0 * result.size() * from * 9;
        String name = "conv 3x3 %d->%d %dx%d ".formatted(from, to, size, size);
        cases.add(new Case(name + "forward", List.of(picture, kernel), x -> x[0].graph().add(new Op.Conv2d(window), x), work, FLOPS));
        cases.add(new Case(name + "input gradient", List.of(result, kernel),
                x -> x[0].graph().add(new Op.Conv2dInputGradient(window, size, size), x), work, FLOPS));
        cases.add(new Case(name + "weight gradient", List.of(picture, result),
                x -> x[0].graph().add(new Op.Conv2dWeightGradient(window, 3, 3), x), work, FLOPS));
    }

    static List<Measurement> measure(Backend backend, Stopwatch stopwatch) {
        List<Measurement> measurements = new ArrayList<>();
        for (Case one : cases()) {
            measurements.add(new Measurement(Suite.OPS, one.name, backend.name(), one.work * 1e-9 / seconds(one, backend, stopwatch), one.unit));
        }
        return measurements;
    }

    private static double seconds(Case one, Backend backend, Stopwatch stopwatch) {
        Graph graph = new Graph();
        try (Arena arena = Arena.ofShared(); Session session = backend.open()) {
            Value[] values = new Value[one.operands.size()];
            for (int i = 0; i < values.length; i++) {
                // States, because inputs would be brought to the executable, or to a device, in every run.
                values[i] = graph.state("x" + i, DType.F32, one.operands.get(i));
                session.lend("x" + i, Numbers.small(arena, one.operands.get(i)));
            }
            graph.output("y", one.operation.apply(values));
            Executable executable = session.compile(graph);
            return stopwatch.seconds(() -> executable.run(Map.of()));
        }
    }
}
