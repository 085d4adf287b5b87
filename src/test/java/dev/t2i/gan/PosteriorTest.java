package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.GraphRun;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an autoencoder's pictures are held to. */
class PosteriorTest {
    private static final int SIZE = 8;
    private static final Shape SHAPE = Shape.of(2, SIZE, SIZE, 3);
    private final SplittableRandom random = new SplittableRandom(11);

    private static double difference(Tensor drawn, Tensor real, double contrast) {
        Graph graph = new Graph();
        Value a = graph.input("drawn", DType.F32, SHAPE);
        Value b = graph.input("real", DType.F32, SHAPE);
        graph.output("difference", Posterior.difference(a, b, contrast));
        return GraphRun.run(new ScalarBackend(Precision.F64), graph, Map.of("drawn", drawn, "real", real)).get("difference")[0];
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.4, 1})
    void weighsPixelsByHowFarTheyAreFromTheMeanAroundThem(double contrast) {
        Tensor drawn = GraphRun.uniform(random, DType.F32, SHAPE, -1, 1);
        Tensor real = GraphRun.uniform(random, DType.F32, SHAPE, -1, 1);
        double sum = 0;
        for (int n = 0; n < 2; n++) {
            for (int y = 0; y < SIZE; y++) {
                for (int x = 0; x < SIZE; x++) {
                    double weight = 1 - contrast + contrast * contrast(real, n, y, x) / 0.17;
                    for (int c = 0; c < 3; c++) {
                        double gap = at(drawn, n, y, x, c) - at(real, n, y, x, c);
                        sum += weight * (Math.abs(gap) + gap * gap);
                    }
                }
            }
        }
        assertEquals(sum / SHAPE.size(), difference(drawn, real, contrast), 1e-6);
    }

    /** Mean over the colours; the mean around it is that of its cell, of 4 along an edge. */
    private static double contrast(Tensor picture, int n, int y, int x) {
        int cell = SIZE / 4;
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            double around = 0;
            for (int i = 0; i < cell * cell; i++) {
                around += at(picture, n, y / cell * cell + i / cell, x / cell * cell + i % cell, c);
            }
            sum += Math.abs(at(picture, n, y, x, c) - around / (cell * cell));
        }
        return sum / 3;
    }

    private static double at(Tensor picture, int n, int y, int x, int c) {
        return picture.getDouble(((n * SIZE + (long) y) * SIZE + x) * 3 + c);
    }

    @Test
    void saysNothingOfEqualPictures() {
        Tensor picture = GraphRun.uniform(random, DType.F32, SHAPE, -1, 1);
        assertEquals(0, difference(picture, picture, 0.9));
    }
}
