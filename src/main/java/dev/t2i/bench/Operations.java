package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
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
    /** Channels from and to, and the size of the pictures, of the 3x3 convolutions in configs/scenes-64.yaml. */
    private static final int[][] LAYERS = {
        {192, 192, 4}, {192, 192, 8}, {192, 96, 16}, {96, 96, 16}, {96, 48, 32}, {48, 48, 32},
        {48, 32, 64}, {32, 32, 64}, {32, 3, 64}, {3, 32, 64},
    };

    private Operations() {}

    static List<Work> works() {
        List<Work> works = new ArrayList<>();
        int edge = 1024;
        Shape square = Shape.of(edge, edge);
        works.add(work("sgemm " + edge, 2.0 * edge * edge * edge, square, List.of(square, square), x -> x[0].matMul(x[1])));
        for (int[] layer : LAYERS) {
            convolution(works, layer[0], layer[1], layer[2]);
        }
        works.add(affine(Shape.of(BATCH, 64, 64, 32)));
        return works;
    }

    private static void convolution(List<Work> works, int from, int to, int size) {
        Shape picture = Shape.of(BATCH, size, size, from);
        Shape result = Shape.of(BATCH, size, size, to);
        Shape kernel = Shape.of(3, 3, from, to);
        Window window = Window.of(1, 1);
        double flops = 2.0 * result.size() * from * 9;
        String name = "conv 3x3 %d->%d %dx%d ".formatted(from, to, size, size);
        works.add(work(name + "forward", flops, result, List.of(picture, kernel), x -> x[0].graph().add(new Op.Conv2d(window), x)));
        works.add(work(name + "input gradient", flops, picture, List.of(result, kernel),
                x -> x[0].graph().add(new Op.Conv2dInputGradient(window, size, size), x)));
        works.add(work(name + "weight gradient", flops, kernel, List.of(picture, result),
                x -> x[0].graph().add(new Op.Conv2dWeightGradient(window, 3, 3), x)));
    }

    private static Work work(String name, double flops, Shape result, List<Shape> operands, Function<Value[], Value> operation) {
        return new Work(Suite.OPS, name, Work.FLOPS, 1e-9 * flops, new Work.Cost(flops, bytes(result, operands)), Work.Kind.NUMBERS,
                backend -> new Running(backend, operands, operation));
    }

    private static Work affine(Shape pictures) {
        Shape perChannel = Shape.of(pictures.dim(0), 1, 1, pictures.dim(3));
        List<Shape> operands = List.of(pictures, perChannel, perChannel);
        double bytes = bytes(pictures, List.of(pictures));
        return new Work(Suite.OPS, "affine, leaky relu " + pictures, Work.BYTES, 1e-9 * bytes, new Work.Cost(0, bytes), Work.Kind.NUMBERS,
                backend -> new Running(backend, operands, x -> x[0].mul(x[1]).add(x[2]).leakyRelu(0.2)));
    }

    private static double bytes(Shape result, List<Shape> operands) {
        return (double) Float.BYTES * (result.size() + operands.stream().mapToLong(Shape::size).sum());
    }

    /** One operation on a backend. */
    private static final class Running implements Work.Running {
        private static final String RESULT = "y";

        private final Arena arena = Arena.ofShared();
        private final Session session;
        private final Shape shape;
        private final Executable executable;

        Running(Backend backend, List<Shape> operands, Function<Value[], Value> operation) {
            session = backend.open();
            Graph graph = new Graph();
            Value[] values = new Value[operands.size()];
            for (int i = 0; i < values.length; i++) {
                // States, because inputs would be brought to the executable, or to a device, in every run, and outputs home from it.
                values[i] = graph.state("x" + i, DType.F32, operands.get(i));
                session.lend("x" + i, Numbers.small(arena, operands.get(i), i));
            }
            Value result = operation.apply(values);
            shape = result.shape();
            session.put(RESULT, Tensor.allocate(arena, DType.F32, shape));
            graph.assign(graph.state(RESULT, DType.F32, shape), result);
            executable = session.compile(graph);
        }

        @Override
        public void run() {
            executable.run(Map.of());
        }

        @Override
        public List<Tensor> results() {
            Tensor result = Tensor.allocate(arena, DType.F32, shape);
            session.get(RESULT, result);
            return List.of(result);
        }

        @Override
        public Map<String, RunProfile> profile() {
            return Costs.profile(executable, Map.of()).map(run -> Map.of("", run)).orElse(Map.of());
        }

        @Override
        public void close() {
            executable.close();
            session.close();
            arena.close();
        }
    }
}
