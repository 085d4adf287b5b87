package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.backend.Backends;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.gan.InceptionV3;
import dev.t2i.gan.InceptionV3.Variant;
import dev.t2i.gan.InceptionWeights;
import dev.t2i.graph.Graph;
import dev.t2i.image.MetricResize;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.nn.Parameters;
import dev.t2i.pickle.PyTorchCheckpoint;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Inception-v3 as torchvision and pytorch-fid have it; a hundred megabytes of weights are too large to keep: {@code inception_torchvision.py FOLDER} makes them. */
@EnabledIfSystemProperty(named = "t2i.inception.torchvision", matches = ".+", disabledReason = "no Inception-v3 of torchvision: -Dt2i.inception.torchvision is not set")
class PublishedInceptionTest {
    /** Largest error over largest number; the project's promise. */
    private static final double TOLERANCE = 1e-5;

    private final Path given = Path.of(System.getProperty("t2i.inception.torchvision"));
    private final List<Picture> pictures = IntStream.range(0, 3).mapToObj(i -> PictureFiles.read(given.resolve("pictures-%d.png".formatted(i)))).toList();

    @TempDir
    private Path folder;

    private Path file(Variant variant, String pattern) {
        Path file = given.resolve(pattern.formatted(variant.name().toLowerCase(Locale.ROOT)));
        assumeTrue(Files.exists(file), () -> "no " + file);
        return file;
    }

    @ParameterizedTest
    @EnumSource
    void featuresAreThoseOfTheNetworkThatPeopleMean(Variant variant) {
        try (Arena arena = Arena.ofShared(); Session session = Backends.get("vector").open()) {
            Weights expected = SafetensorsFile.open(file(variant, "expected-%s.safetensors"), arena);
            InceptionWeights.load(file(variant, "weights-%s.safetensors"), variant, arena).forEach((name, tensor) -> session.lend("inception/" + name, tensor));
            Shape shape = Shape.of(pictures.size(), InceptionV3.SIZE, InceptionV3.SIZE, 3);
            Graph graph = new Graph();
            InceptionV3.Features seen = new InceptionV3(variant).read(Parameters.of(graph, "inception"), graph.input("pictures", DType.F32, shape));
            graph.output("pooled", seen.pooled());
            graph.output("logits", seen.logits());
            graph.output("local", seen.local());
            Map<String, Double> errors = new TreeMap<>();
            try (Executable run = session.compile(graph)) {
                run.run(Map.of("pictures", scaled(shape, arena)));
                graph.outputs().keySet().forEach(name -> errors.put(name, error(expected.tensor(name), run.output(name).toFloatArray())));
            }
            System.out.printf("Inception-v3 of %s: relative errors %s%n", variant, errors);
            assertTrue(errors.values().stream().allMatch(error -> error <= TOLERANCE), () -> "relative errors " + errors);
        }
    }

    private Tensor scaled(Shape shape, Arena arena) {
        Tensor scaled = Tensor.allocate(arena, DType.F32, shape);
        long at = 0;
        for (Picture picture : pictures) {
            for (byte level : picture.rgb()) {
                scaled.set(at++, (level & 255) / 127.5 - 1);
            }
        }
        return scaled;
    }

    private static double error(Tensor expected, float[] got) {
        assertEquals(expected.size(), got.length);
        double largest = 0;
        double apart = 0;
        for (int i = 0; i < got.length; i++) {
            largest = Math.max(largest, Math.abs(expected.getDouble(i)));
            apart = Math.max(apart, Math.abs(expected.getDouble(i) - got[i]));
        }
        return apart / largest;
    }

    /** The way that people's weights take: a file of torch.save, converted, then pictures through what measures look with. */
    @ParameterizedTest
    @EnumSource
    void aConvertedCheckpointMeasuresTheSame(Variant variant) {
        Path converted = folder.resolve("converted.safetensors");
        PyTorchCheckpoint.convert(file(variant, "weights-%s.pth"), "", converted);
        FeatureNetwork.View view = look(variant, converted);
        assertArrayEquals(look(variant, file(variant, "weights-%s.safetensors")).features(), view.features(), "bit for bit");
        try (Arena arena = Arena.ofShared()) {
            Weights expected = SafetensorsFile.open(file(variant, "expected-%s.safetensors"), arena);
            float[] features = new float[pictures.size() * InceptionV3.POOLED];
            for (int i = 0; i < pictures.size(); i++) {
                System.arraycopy(view.features()[i], 0, features, i * InceptionV3.POOLED, InceptionV3.POOLED);
            }
            double error = error(expected.tensor("pooled"), features);
            System.out.printf("Inception-v3 of %s, converted: relative error %s%n", variant, error);
            assertTrue(error <= TOLERANCE, () -> "relative error " + error);
        }
    }

    private FeatureNetwork.View look(Variant variant, Path weights) {
        try (InceptionFeatures network = InceptionFeatures.open(variant, weights, MetricResize.PYTORCH, Backends.get("vector"))) {
            return network.look(pictures);
        }
    }
}
