package dev.t2i.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.GraphRun;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DropoutTest {
    private static final int WIDTH = 2000;

    @Test
    void dropsTheShareAndKeepsTheMean() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(3, WIDTH));
        Value y = Functions.dropout(x, graph.input("keys", DType.I32, Shape.of(3, 4)), 0.25);
        graph.output("y", y);
        graph.output("dx", Gradients.of(y.sum(), List.of(x)).getFirst());
        Tensor ones = GraphRun.tensor(DType.F32, x.shape(), filled());
        Map<String, double[]> out = GraphRun.run(new ScalarBackend(), graph, Map.of("x", ones,
                "keys", GraphRun.tensor(DType.I32, Shape.of(3, 4), 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0)));
        double[] numbers = out.get("y");
        assertEquals(0.25, Arrays.stream(numbers).filter(v -> v == 0).count() / (double) numbers.length, 0.02);
        Arrays.stream(numbers).filter(v -> v != 0).forEach(v -> assertEquals(1 / 0.75, v, 1e-6));
        assertArrayEquals(numbers, out.get("dx"), 1e-6, "what falls out learns nothing");
        assertArrayEquals(Arrays.copyOf(numbers, WIDTH), Arrays.copyOfRange(numbers, 2 * WIDTH, 3 * WIDTH), "rows of the same key are alike");
    }

    private static double[] filled() {
        double[] ones = new double[3 * WIDTH];
        Arrays.fill(ones, 1);
        return ones;
    }
}
