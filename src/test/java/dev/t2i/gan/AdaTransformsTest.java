package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoublePredicate;
import java.util.function.DoubleUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AdaTransformsTest {
    /** What cubic interpolation may be off, of pictures up to about 3, whose finest wave is five to ten pixels long. */
    private static final double INTERPOLATION = 0.03;

    private static Value transformed(Value pictures, Value draws, Value probability, Set<DiffAugment.Part> parts) {
        AdaTransforms transforms = new AdaTransforms(pictures, draws, DiffAugment.Chances.same(probability), parts);
        Value changed = AffineWarp.apply(pictures, transforms.map(), !parts.contains(DiffAugment.Part.ROTATE));
        return parts.stream().anyMatch(DiffAugment.Part.OF_COLOUR::contains) ? transforms.colour(changed) : changed;
    }

    @Test
    void picturesAndGradientsAgreeWithPyTorchAndWithTheTruth() {
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile fixtures = SafetensorsFile.open(Path.of("src/test/resources/gan/ada.safetensors"), arena);
            double probability = Double.parseDouble(fixtures.metadata().get("probability"));
            List<String> keys = fixtures.names().stream().filter(name -> name.endsWith("/truth")).map(name -> name.substring(0, name.lastIndexOf('/'))).toList();
            assertEquals(7, keys.size());
            for (String key : keys) {
                String size = key.substring(0, key.indexOf('/') + 1);
                Set<DiffAugment.Part> parts = Arrays.stream(key.substring(size.length()).split("\\+"))
                        .map(part -> DiffAugment.Part.valueOf(part.toUpperCase(Locale.ROOT)))
                        .collect(Collectors.toCollection(() -> EnumSet.noneOf(DiffAugment.Part.class)));
                Graph graph = new Graph();
                Value pictures = graph.input("pictures", DType.F32, fixtures.tensor(size + "pictures").shape());
                Value smooth = graph.input("smooth", DType.F32, pictures.shape());
                Value draws = graph.input("draws", DType.F32, fixtures.tensor(size + "draws").shape());
                Value weights = graph.input("weights", DType.F32, pictures.shape());
                Value changed = transformed(pictures, draws, graph.scalar(probability), parts);
                graph.output("changed", changed);
                graph.output("smooth", transformed(smooth, draws, graph.scalar(probability), parts));
                graph.output("gradient", Gradients.of(changed.square().mul(weights).sum(), List.of(pictures)).getFirst());
                Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, Map.of("pictures", fixtures.tensor(size + "pictures"),
                        "smooth", fixtures.tensor(size + "smooth"), "draws", fixtures.tensor(size + "draws"), "weights", fixtures.tensor(size + "weights")));
                assertArrayEquals(GraphRun.numbers(fixtures.tensor(key + "/truth")), results.get("smooth"), INTERPOLATION, key);
                assertArrayEquals(GraphRun.numbers(fixtures.tensor(key)), results.get("changed"), 5e-5, key);
                assertArrayEquals(GraphRun.numbers(fixtures.tensor(key + "/gradient")), results.get("gradient"), 2e-4, key);
            }
        }
    }

    /** Pictures of whole pixels are moved as they are, bit for bit. */
    @Test
    void flipsQuarterTurnsAndWholePixelsAreExact() {
        int size = 6;
        Graph graph = new Graph();
        Value pictures = graph.uniform(graph.input("keys", DType.I32, Shape.of(4, 4)), Shape.of(4, size * size * 3)).reshape(4, size, size, 3);
        AffineMap map = AffineMap.identity(graph, 4);
        Value quarters = graph.iota(0, Shape.of(4, 1));
        Value one = graph.fill(1, Shape.of(4, 1));
        map = map.scaled(one.neg(), one).turned(quarters.sub(2).abs().sub(1), quarters.sub(1).abs().neg().add(1)).moved(one, one.mul(-2));
        graph.output("pictures", pictures);
        graph.output("changed", AffineWarp.apply(pictures, map, false));
        graph.output("upright", AffineWarp.apply(pictures, map, true));
        Tensor keys = GraphRun.tensor(DType.I32, Shape.of(4, 4), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, Map.of("keys", keys));
        assertArrayEquals(results.get("changed"), results.get("upright"));
        for (int i = 0; i < 4; i++) {
            for (int y = 0; y < size; y++) {
                for (int x = 0; x < size; x++) {
                    // Twice the places from the centre.
                    int u = 2 * x - (size - 1) + 2;
                    int v = 2 * y - (size - 1) - 4;
                    for (int turn = 0; turn < i; turn++) {
                        int turned = -v;
                        v = u;
                        u = turned;
                    }
                    int fromX = mirrored((-u + size - 1) / 2, size);
                    int fromY = mirrored((v + size - 1) / 2, size);
                    assertEquals(results.get("pictures")[((i * size + fromY) * size + fromX) * 3], results.get("changed")[((i * size + y) * size + x) * 3],
                            "quarter turns: " + i);
                }
            }
        }
    }

    private static int mirrored(int at, int size) {
        return at < 0 ? -1 - at : at >= size ? 2 * size - 1 - at : at;
    }

    @Test
    void nothingChangesWithoutAProbability() {
        Graph graph = new Graph();
        Value pictures = graph.uniform(graph.input("keys", DType.I32, Shape.of(3, 4)), Shape.of(3, 9 * 9 * 3)).reshape(3, 9, 9, 3);
        Value draws = graph.uniform(graph.input("others", DType.I32, Shape.of(3, 4)), Shape.of(3, AdaTransforms.DRAWS));
        graph.output("pictures", pictures);
        Set<DiffAugment.Part> all = EnumSet.allOf(DiffAugment.Part.class);
        graph.output("shapes", AffineWarp.apply(pictures, new AdaTransforms(pictures, draws, DiffAugment.Chances.same(graph.scalar(0)), all).map(), false));
        graph.output("colours", transformed(pictures, draws, graph.scalar(0), all));
        Tensor keys = GraphRun.tensor(DType.I32, Shape.of(3, 4), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, Map.of("keys", keys, "others", keys));
        assertArrayEquals(results.get("pictures"), results.get("shapes"));
        assertArrayEquals(results.get("pictures"), results.get("colours"), 1e-6);
    }

    /** Shares of a large batch, and the strengths that the paper has. */
    @Test
    void drawsAreDistributedAsInThePaper() {
        int n = 4000;
        Graph graph = new Graph();
        Value draws = graph.uniform(graph.input("keys", DType.I32, Shape.of(n, 4)), Shape.of(n, AdaTransforms.DRAWS));
        Value pictures = graph.fill(0, Shape.of(n, 8, 8, 3));
        for (DiffAugment.Part part : DiffAugment.Part.OF_SHAPE) {
            AffineMap map = new AdaTransforms(pictures, draws, DiffAugment.Chances.same(graph.scalar(0.8)), EnumSet.of(part)).map();
            graph.output(part + " xx", map.xx());
            graph.output(part + " yx", map.yx());
            graph.output(part + " dx", map.dx());
        }
        double[] keys = new double[4 * n];
        for (int i = 0; i < n; i++) {
            keys[4 * i + 3] = i;
        }
        Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, Map.of("keys", GraphRun.tensor(DType.I32, Shape.of(n, 4), keys)));
        assertEquals(0.4, share(results.get("XFLIP xx"), xx -> xx == -1), 0.03);
        assertEquals(0.4, share(results.get("ROTATE90 yx"), yx -> Math.abs(yx) == 1), 0.03);
        assertEquals(0.2, share(results.get("ROTATE90 xx"), xx -> xx == -1), 0.03);
        assertEquals(0.2, share(results.get("ROTATE yx"), yx -> yx == 0), 0.03);
        assertEquals(0.2, share(results.get("SCALE xx"), xx -> xx == 1), 0.03);
        assertEquals(0.2 * Math.sqrt(0.8), deviation(results.get("SCALE xx"), xx -> Math.log(xx) / Math.log(2)), 0.01);
        assertEquals(0.2 * Math.sqrt(0.8), deviation(results.get("ANISO xx"), xx -> Math.log(xx) / Math.log(2)), 0.01);
        assertEquals(Math.sqrt(0.8), deviation(results.get("XFRAC dx"), dx -> dx), 0.04);
        assertEquals(Math.sqrt(0.5 * 0.8), deviation(results.get("XINT dx"), dx -> dx), 0.03);
        assertTrue(Arrays.stream(results.get("XINT dx")).allMatch(dx -> dx == Math.rint(dx) && Math.abs(dx) <= 1));
        assertTrue(Arrays.stream(results.get("ANISO xx")).allMatch(xx -> xx * xx <= AffineWarp.MOST_STRETCH * 1.00001));
    }

    /** A penalty on the slope of what a discriminator says of pictures that were changed, as gradient penalties are. */
    @Test
    void penaltiesOnSlopesHaveTheSlopesOfFiniteDifferences() {
        int size = 8;
        Graph graph = new Graph();
        Value pictures = graph.input("pictures", DType.F32, Shape.of(2, size, size, 3));
        // Any numbers, but no inputs.
        Value draws = graph.iota(1, Shape.of(2, AdaTransforms.DRAWS)).mul(0.618).add(graph.iota(0, Shape.of(2, AdaTransforms.DRAWS)).mul(0.43));
        draws = draws.sub(draws.unary(Op.UnaryKind.FLOOR));
        Value said = transformed(pictures, draws, graph.scalar(0.9), EnumSet.allOf(DiffAugment.Part.class)).sin().sum();
        Value penalty = Gradients.of(said.reshape(), List.of(pictures)).getFirst().square().sum().reshape();
        graph.output("said", said);
        graph.output("penalty", penalty);
        graph.output("slope", Gradients.of(penalty, List.of(pictures)).getFirst());
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        Tensor at = GraphRun.uniform(random, DType.F64, pictures.shape(), -1, 1);
        Tensor along = GraphRun.uniform(random, DType.F64, pictures.shape(), -1, 1);
        double[] penalties = new double[2];
        double step = 1e-5;
        double expected = 0;
        try (Session session = new ScalarBackend(Precision.F64).open(); Executable executable = session.compile(graph)) {
            executable.run(Map.of("pictures", at));
            double[] slope = GraphRun.numbers(executable.output("slope"));
            for (int i = 0; i < slope.length; i++) {
                expected += slope[i] * along.getDouble(i);
            }
            for (int side = 0; side < 2; side++) {
                double[] moved = GraphRun.numbers(at);
                for (int i = 0; i < moved.length; i++) {
                    moved[i] += (2 * side - 1) * step * along.getDouble(i);
                }
                executable.run(Map.of("pictures", GraphRun.tensor(DType.F64, pictures.shape(), moved)));
                penalties[side] = executable.output("penalty").getDouble(0);
            }
        }
        assertTrue(Math.abs(expected) > 1, "slope " + expected);
        assertEquals((penalties[1] - penalties[0]) / (2 * step), expected, 1e-6 * Math.abs(expected));
    }

    private static double share(double[] numbers, DoublePredicate which) {
        return (double) Arrays.stream(numbers).filter(which).count() / numbers.length;
    }

    private static double deviation(double[] numbers, DoubleUnaryOperator of) {
        double mean = Arrays.stream(numbers).map(of).average().orElseThrow();
        return Math.sqrt(Arrays.stream(numbers).map(of).map(x -> (x - mean) * (x - mean)).average().orElseThrow());
    }
}
