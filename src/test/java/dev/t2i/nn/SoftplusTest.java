package dev.t2i.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.t2i.backend.GraphRun;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where softplus is made of parts that have a kink, and where its exponential would overflow. */
class SoftplusTest {
    private static final double[] AT = {0, -0.0, 100, -100};

    @Test
    void valuesAtZeroAndFarOut() {
        check("value", new double[] {Math.log(2), Math.log(2), 100, 0});
    }

    /** A critic's scores may begin at exactly 0, all of them. */
    @Test
    void theSlopeAtZeroIsHalf() {
        check("slope", new double[] {0.5, 0.5, 1, 0});
    }

    private static void check(String output, double[] expected) {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(AT.length));
        Value y = Functions.softplus(x);
        graph.output("value", y);
        graph.output("slope", Gradients.of(y.sum(), List.of(x)).getFirst());
        for (var backend : List.of(new ScalarBackend(), new VectorBackend(1))) {
            double[] actual = GraphRun.run(backend, graph, Map.of("x", GraphRun.tensor(DType.F32, Shape.of(AT.length), AT))).get(output);
            assertArrayEquals(expected, actual, 1e-6, output + " on " + backend.name());
        }
    }
}
