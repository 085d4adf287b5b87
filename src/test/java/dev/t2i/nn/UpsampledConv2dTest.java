package dev.t2i.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The four-phase form of a convolution behind an enlargement against the plain one, with gradients of first and second order. */
class UpsampledConv2dTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1, 1", "2, 4, 4, 3, 5", "3, 5, 2, 4, 2"})
    void isConvolutionOfTheEnlargedPicture(int n, int h, int w, int in, int out) {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(n, h, w, in));
        Value seed = graph.input("seed", DType.F32, Shape.of(n, 2 * h, 2 * w, out));
        Parameters parameters = Parameters.of(graph, "net");
        Value phases = Layers.upsampledConv2d(parameters, x, out, Initializer.ZEROS, Initializer.ZEROS);
        Value plain = Layers.conv2d(parameters, Functions.upsampleNearest(x, 2), out, 3, Window.of(1, 1));
        describe(graph, "phases", phases, seed, x, parameters);
        describe(graph, "plain", plain, seed, x, parameters);

        SplittableRandom random = new SplittableRandom(n + 7 * h);
        try (Session session = new ScalarBackend(Precision.F64).open()) {
            parameters.declarations().forEach(d -> session.put("net/" + d.name(), GraphRun.uniform(random, DType.F32, d.shape(), -1, 1)));
            Executable executable = session.compile(graph);
            executable.run(Map.of("x", GraphRun.uniform(random, DType.F32, x.shape(), -1, 1),
                    "seed", GraphRun.uniform(random, DType.F32, seed.shape(), -1, 1)));
            for (String part : List.of("", " dx", " dweight", " dbias", " ddx", " ddweight")) {
                Tensor got = executable.output("phases" + part);
                Tensor want = executable.output("plain" + part);
                assertEquals(want.shape(), got.shape());
                assertArrayEquals(GraphRun.numbers(want), GraphRun.numbers(got), 1e-12 * (1 + want.size()), part);
            }
        }
    }

    /** Outputs {@code y} and the gradients of its product with {@code seed} and, through the picture's gradient, those of second order. */
    private static void describe(Graph graph, String name, Value y, Value seed, Value x, Parameters parameters) {
        Value weight = parameters.states().get("weight");
        Value bias = parameters.states().get("bias");
        Value loss = y.tanh().mul(seed).sum();
        List<Value> first = Gradients.of(loss, List.of(x, weight, bias));
        List<Value> second = Gradients.of(first.get(0).square().sum(), List.of(x, weight));
        graph.output(name, y);
        graph.output(name + " dx", first.get(0));
        graph.output(name + " dweight", first.get(1));
        graph.output(name + " dbias", first.get(2));
        graph.output(name + " ddx", second.get(0));
        graph.output(name + " ddweight", second.get(1));
    }
}
