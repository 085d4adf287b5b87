package dev.t2i.backend.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.gpt2.Gpt2Model;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GPT-2's states on the native backend, against the vector backend's with F32 weights. */
class NativeEncoderTest {
    private static final Gpt2Config CONFIG = Gpt2Config.of(90, 16, 96, 3, 4);
    private static final int TOKENS = 12;
    private static final double DEVIATION = 0.1;

    /** Errors are relative to the largest state: those of the arithmetic alone, and with BF16 those of rounded weights. */
    @ParameterizedTest
    @CsvSource({"F32, 1e-5", "BF16, 1e-2"})
    void statesComeNearThoseOfTheVectorBackend(DType weights, double tolerance) {
        float[] expected = states(new VectorBackend(2), DType.F32);
        float[] actual = states(NativeBackends.best(2), weights);
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            error = Math.max(error, Math.abs(expected[i] - actual[i]));
        }
        assertEquals(TOKENS * CONFIG.embedding(), actual.length);
        assertTrue(error <= tolerance * largest, "an error of %s where the largest state is %s".formatted(error, largest));
    }

    private static float[] states(Backend backend, DType weights) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "encoder", _ -> weights);
        Value ids = graph.input("ids", DType.I32, Shape.of(1, TOKENS));
        Value mask = graph.input("mask", DType.F32, Shape.of(1, TOKENS));
        graph.output("states", Gpt2Model.hiddenStates(place, CONFIG, ids, mask));
        Random random = new Random(8);
        try (Arena arena = Arena.ofShared(); Session session = backend.open()) {
            for (Parameters.Declaration declaration : place.declarations()) {
                Tensor tensor = Tensor.allocate(arena, weights, declaration.shape());
                double middle = declaration.name().contains("ln_") && declaration.name().endsWith("weight") ? 1 : 0;
                for (long i = 0; i < tensor.size(); i++) {
                    tensor.set(i, middle + DEVIATION * random.nextGaussian());
                }
                session.lend(place.stateName(declaration.name()), tensor);
            }
            Executable executable = session.compile(graph);
            Tensor someIds = Tensor.allocate(arena, DType.I32, Shape.of(1, TOKENS));
            Tensor allReal = Tensor.allocate(arena, DType.F32, Shape.of(1, TOKENS));
            for (int i = 0; i < TOKENS; i++) {
                someIds.set(i, 7 * i);
                allReal.set(i, 1);
            }
            executable.run(Map.of("ids", someIds, "mask", allReal));
            return executable.output("states").toFloatArray();
        }
    }
}
