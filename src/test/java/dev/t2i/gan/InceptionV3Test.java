package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.error.BadModelException;
import dev.t2i.graph.Graph;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Beside the network in PyTorch, in src/test/python/inception_fixtures.py, which also says how weights and pictures come about. */
class InceptionV3Test {
    private static final Weights FIXTURE = SafetensorsFile.open(Path.of("src/test/resources/metric/inception.safetensors"), Arena.ofAuto());
    private static final int PICTURES = 2;
    private static final int EVERY = 16;

    @TempDir
    private Path folder;

    private static void uniform(String name, Tensor into, double factor, double shift) {
        long seed = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            seed = (seed ^ b) * 0x100000001B3L;
        }
        for (long i = 0; i < into.size(); i++) {
            long z = seed + (i + 1) * 0x9E3779B97F4A7C15L;
            z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
            z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            float number = (float) ((z >>> 40) / (double) (1 << 23) - 1);
            into.set(i, number * (float) factor + (float) shift);
        }
    }

    /** Published names and shapes, filled by the formula. */
    private Path weights(InceptionV3.Variant variant, Arena arena) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Parameters.Declaration declaration : InceptionWeights.declarations(variant)) {
            String layer = declaration.name().substring(0, declaration.name().lastIndexOf('.'));
            Shape shape = declaration.shape();
            if (layer.equals("fc")) {
                shapes.put(declaration.name(), shape);
            } else if (shape.rank() == 4) {
                shapes.put(layer + ".conv.weight", Shape.of(shape.dim(3), shape.dim(2), shape.dim(0), shape.dim(1)));
                List.of("weight", "bias", "running_mean", "running_var").forEach(part -> shapes.put(layer + ".bn." + part, Shape.of(shape.dim(3))));
            }
        }
        if (variant == InceptionV3.Variant.TORCHVISION) {
            shapes.put("AuxLogits.fc.weight", Shape.of(1000, 768));
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        shapes.forEach((name, shape) -> {
            Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
            if (shape.rank() > 1) {
                uniform(name, tensor, Math.sqrt(6.0 / (shape.size() / shape.dim(0))), 0);
            } else if (name.endsWith("bn.weight") || name.endsWith("running_var")) {
                uniform(name, tensor, 0.5, 1);
            } else {
                uniform(name, tensor, 0.25, 0);
            }
            writer.add(name, tensor);
        });
        Tensor batches = Tensor.allocate(arena, DType.I64, Shape.SCALAR);
        writer.add("Conv2d_1a_3x3.bn.num_batches_tracked", batches);
        Path file = folder.resolve("weights.safetensors");
        writer.write(file);
        return file;
    }

    @ParameterizedTest
    @EnumSource
    void featuresAgreeWithPyTorch(InceptionV3.Variant variant) {
        String kind = variant.name().toLowerCase(Locale.ROOT);
        try (Arena arena = Arena.ofShared(); Session session = new VectorBackend().open()) {
            InceptionWeights.load(weights(variant, arena), variant, arena).forEach((name, tensor) -> session.lend("inception/" + name, tensor));
            Graph graph = new Graph();
            Shape shape = Shape.of(PICTURES, InceptionV3.SIZE, InceptionV3.SIZE, 3);
            InceptionV3.Features features = new InceptionV3(variant).read(Parameters.of(graph, "inception"), graph.input("pictures", DType.F32, shape));
            graph.output("pooled", features.pooled());
            graph.output("logits", features.logits());
            graph.output("local", features.local());
            Tensor pictures = Tensor.allocate(arena, DType.F32, shape);
            uniform("pictures", pictures, 1, 0);
            try (Executable run = session.compile(graph)) {
                run.run(Map.of("pictures", pictures));
                assertAgrees(FIXTURE.tensor(kind + "/pooled"), run.output("pooled"), 1, kind + " pooled");
                assertAgrees(FIXTURE.tensor(kind + "/logits"), run.output("logits"), 1, kind + " logits");
                assertAgrees(FIXTURE.tensor(kind + "/local"), run.output("local"), EVERY, kind + " local");
            }
        }
    }

    private static void assertAgrees(Tensor expected, Tensor actual, int every, String what) {
        assertEquals(expected.size() * every, actual.size(), what);
        double largest = 0;
        double apart = 0;
        for (long i = 0; i < expected.size(); i++) {
            largest = Math.max(largest, Math.abs(expected.getDouble(i)));
            apart = Math.max(apart, Math.abs(expected.getDouble(i) - actual.getDouble(i * every)));
        }
        assertTrue(largest > 0 && apart <= 1e-5 * largest, what + ": apart by " + apart / largest + " of the largest");
    }

    @Test
    void theOtherVariantsFileIsNamed() {
        try (Arena arena = Arena.ofConfined()) {
            Path file = folder.resolve("other.safetensors");
            new SafetensorsWriter().add("fc.weight", Tensor.allocate(arena, DType.F32, Shape.of(1000, 2048))).write(file);
            BadModelException refused = assertThrows(BadModelException.class, () -> InceptionWeights.load(file, InceptionV3.Variant.FID, arena));
            assertTrue(refused.getMessage().contains("torchvision's inception_v3 (1000 classes), not of the FID network (1008 classes)"), refused::getMessage);
            refused = assertThrows(BadModelException.class, () -> InceptionWeights.load(file, InceptionV3.Variant.TORCHVISION, arena));
            assertTrue(refused.getMessage().contains("missing"), refused::getMessage);
            Path none = folder.resolve("none.safetensors");
            new SafetensorsWriter().add("w", Tensor.allocate(arena, DType.F32, Shape.of(2))).write(none);
            assertThrows(BadModelException.class, () -> InceptionWeights.load(none, InceptionV3.Variant.FID, arena));
        }
    }
}
