package dev.t2i.bench;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Profiled.RunProfile;
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
    private static final int ID_STEP = 4001;
    /** The weights of a layer's four products: queries, keys and values, their projection, and the two of the MLP. */
    private static final double PRODUCT_WEIGHTS = 12.0 * 768 * 768 * 12;

    private Encoding() {}

    static List<Work> works() {
        String name = "GPT-2 124M, " + TOKENS + " tokens";
        return List.of(work(name, DType.F32), work(name + ", BF16 weights", DType.BF16));
    }

    private static Work work(String name, DType weights) {
        boolean wide = weights == DType.F32;
        // Products in BF16 may be faster than what F32 allows.
        Work.Cost cost = new Work.Cost(wide ? 2 * TOKENS * PRODUCT_WEIGHTS : 0, weights.bytes() * PRODUCT_WEIGHTS);
        return new Work(Suite.ENCODE, name, Work.MILLISECONDS, 1, cost, wide ? Work.Kind.NUMBERS : Work.Kind.BF16_NUMBERS,
                backend -> new Running(backend, weights));
    }

    /** The encoder on a backend. */
    private static final class Running implements Work.Running {
        private static final String RESULT = "hidden";

        private final Arena arena = Arena.ofShared();
        private final Session session;
        private final Executable executable;
        private final Map<String, Tensor> inputs;

        Running(Backend backend, DType weights) {
            session = backend.open();
            Graph graph = new Graph();
            Parameters place = Parameters.of(graph, "encoder", _ -> weights);
            Value ids = graph.input("ids", DType.I32, Shape.of(1, TOKENS));
            Value mask = graph.input("mask", DType.F32, Shape.of(1, TOKENS));
            graph.output(RESULT, Gpt2Model.hiddenStates(place, SMALL, ids, mask));
            int stream = 0;
            for (Parameters.Declaration declaration : place.declarations()) {
                session.lend(place.stateName(declaration.name()), Numbers.small(arena, weights, declaration.shape(), stream++));
            }
            executable = session.compile(graph);
            Tensor someIds = Tensor.allocate(arena, DType.I32, Shape.of(1, TOKENS));
            Tensor allReal = Tensor.allocate(arena, DType.F32, Shape.of(1, TOKENS));
            for (int i = 0; i < TOKENS; i++) {
                someIds.set(i, ID_STEP * i);
                allReal.set(i, 1);
            }
            inputs = Map.of("ids", someIds, "mask", allReal);
        }

        @Override
        public void run() {
            executable.run(inputs);
        }

        @Override
        public List<Tensor> results() {
            return List.of(executable.output(RESULT));
        }

        @Override
        public Map<String, RunProfile> profile() {
            return Costs.profile(executable, inputs).map(run -> Map.of("", run)).orElse(Map.of());
        }

        @Override
        public void close() {
            executable.close();
            session.close();
            arena.close();
        }
    }
}
