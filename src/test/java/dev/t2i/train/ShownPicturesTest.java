package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.GraphRun;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.data.Example;
import dev.t2i.gan.DiffAugment;
import dev.t2i.gan.DiffAugmentSettings;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Which pictures are mirrored and turned. */
class ShownPicturesTest {
    private static final int STEPS = 6;
    private static final List<Example> EXAMPLES = List.of(example("a dog", Optional.of("a cat")), example("a dog on the LEFT of a tree", Optional.empty()),
            example("a dog beside a tree", Optional.of("a dog to the right of a tree")), example("a red house under a moon", Optional.empty()));

    private static Example example(String caption, Optional<String> wrong) {
        return new Example(caption, wrong, Optional.empty());
    }

    /** For each of {@link #EXAMPLES}, in how many steps the part changed it, and in the pictures drawn for it. */
    private static int[] changes(DiffAugment.Part part, List<Example> examples) {
        ShownPictures shown = new ShownPictures(new DiffAugmentSettings(List.of(part), 1, 0, 0.8, 1000, 4), 4);
        Graph graph = new Graph();
        Value pictures = graph.input("pictures", DType.F32, Shape.of(4, 8, 8, 3));
        graph.output("real", shown.real(graph, List.of(pictures), UnaryOperator.identity()).getFirst().sub(pictures).abs().sum(1, 2, 3));
        graph.output("drawn", shown.drawn(graph, List.of(pictures), UnaryOperator.identity()).getFirst().sub(pictures).abs().sum(1, 2, 3));
        int[] changes = new int[4];
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> all = new HashMap<>();
            shown.allocateInputs(all, arena);
            double[] pixels = new double[4 * 8 * 8 * 3];
            Arrays.setAll(pixels, i -> Math.sin(i * i));
            all.put("pictures", GraphRun.tensor(DType.F32, pictures.shape(), pixels));
            for (int step = 0; step < STEPS; step++) {
                shown.feed(all, 1, step, examples);
                Map<String, Tensor> wanted = new LinkedHashMap<>(all);
                wanted.keySet().retainAll(graph.inputs().keySet());
                Map<String, double[]> results = GraphRun.run(new ScalarBackend(), graph, wanted);
                for (int i = 0; i < 4; i++) {
                    changes[i] += results.get("real")[i] + results.get("drawn")[i] > 1e-3 ? 1 : 0;
                }
            }
        }
        return changes;
    }

    private static void assertChanged(int[] changes, boolean... expected) {
        for (int i = 0; i < 4; i++) {
            assertEquals(expected[i], changes[i] > 0, "changes " + Arrays.toString(changes));
        }
    }

    @Test
    void picturesWhoseCaptionsNameSidesAreNeitherMirroredNorTurned() {
        assertChanged(changes(DiffAugment.Part.XFLIP, EXAMPLES), true, false, false, true);
        assertChanged(changes(DiffAugment.Part.ROTATE90, EXAMPLES), true, false, false, false);
        assertChanged(changes(DiffAugment.Part.ROTATE, EXAMPLES), true, false, false, false);
        assertChanged(changes(DiffAugment.Part.SCALE, EXAMPLES), true, true, true, true);
        assertChanged(changes(DiffAugment.Part.ROTATE, List.of()), true, true, true, true);
    }
}
