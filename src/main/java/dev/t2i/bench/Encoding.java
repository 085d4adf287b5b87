package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.gpt2.Gpt2Model;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/** Hidden states of GPT-2 small, with random weights, for a sentence of twelve tokens; with F32 weights, and with BF16 ones. */
final class Encoding {
    private static final Gpt2Config SMALL = Gpt2Config.of(50257, 1024, 768, 12, 12);
    private static final int TOKENS = 12;

    private Encoding() {}

    static List<Measurement> measure(Backend backend, Stopwatch stopwatch) {
        String name = "GPT-2 124M, " + TOKENS + " tokens";
        return List.of(measure(backend, stopwatch, name, DType.F32), measure(backend, stopwatch, name + ", BF16 weights", DType.BF16));
    }

    private static Measurement measure(Backend backend, Stopwatch stopwatch, String name, DType weights) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "encoder", _ -> weights);
        Value ids = graph.input("ids", DType.I32, Shape.of(1, TOKENS));
        Value mask = graph.input("mask", DType.F32, Shape.of(1, TOKENS));
        graph.output("hidden", Gpt2Model.hiddenStates(place, SMALL, ids, mask));
        try (Arena arena = Arena.ofShared(); Session session = backend.open()) {
            for (Parameters.Declaration declaration : place.declarations()) {
                session.lend(place.stateName(declaration.name()), Numbers.small(arena, weights, declaration.shape()));
            }
            Executable executable = session.compile(graph);
            Tensor someIds = Tensor.allocate(arena, DType.I32, Shape.of(1, TOKENS));
            Tensor allReal = Tensor.allocate(arena, DType.F32, Shape.of(1, TOKENS));
            for (int i = 0; i < TOKENS; i++) {
                someIds.set(i, 4001 * i);
                allReal.set(i, 1);
            }
            Map<String, Tensor> inputs = Map.of("ids", someIds, "mask", allReal);
            double seconds = stopwatch.seconds(() -> executable.run(inputs));
            return new Measurement(Suite.ENCODE, name, backend.name(), 1e3 * seconds, Measurement.MILLISECONDS);
        }
    }
}
