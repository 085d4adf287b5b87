package dev.t2i.gpt2;

import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Keys and values of the tokens so far, as states {@code [1, heads, capacity, headSize]}, so that a further token costs one
 * row instead of the whole text again. One graph fills them from a prompt, another adds a token at a given position.
 */
record KeyValueCache(Gpt2Config config, int capacity) {
    private String name(String kind, int layer) {
        return "cache." + capacity + "/" + kind + "." + layer;
    }

    private Shape shape() {
        return Shape.of(1, config.heads(), capacity, config.headSize());
    }

    /** Puts empty caches into a session, where it has none of this capacity yet. */
    void allocate(Session session) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor empty = Tensor.allocate(arena, DType.F32, shape());
            for (int layer = 0; layer < config.layers(); layer++) {
                for (String kind : List.of("keys", "values")) {
                    if (!session.has(name(kind, layer))) {
                        session.put(name(kind, layer), empty);
                    }
                }
            }
        }
    }

    /**
     * Hidden states of a prompt, whose keys and values take the cache's first places.
     *
     * @param ids  I32 {@code [1, tokens]}, padded on the right, at most {@code capacity} tokens
     * @param mask F32 {@code [1, tokens]}
     */
    Value fill(Parameters place, Value ids, Value mask) {
        return Gpt2Model.hiddenStates(place, config, ids, mask, new Gpt2Model.Memory() {
            @Override
            public Value keys(int layer, Value fresh) {
                return kept("keys", layer, fresh);
            }

            @Override
            public Value values(int layer, Value fresh) {
                return kept("values", layer, fresh);
            }

            private Value kept(String kind, int layer, Value fresh) {
                Value state = fresh.graph().state(name(kind, layer), DType.F32, shape());
                fresh.graph().assign(state, fresh.pad(2, 0, capacity - fresh.dim(2), 0));
                return fresh;
            }
        });
    }

    /**
     * The hidden state {@code [1, 1, embedding]} of one more token, which sees the places before its own.
     *
     * @param id       I32 {@code [1, 1]}
     * @param position I32 {@code [1]}: its place, below {@code capacity}
     */
    Value extend(Parameters place, Value id, Value position) {
        Graph graph = id.graph();
        Value at = position.cast(DType.F32).reshape(1, 1, 1, 1);
        Value embedded = Gpt2Model.tokenEmbedding(place, config).gather(id)
                .add(Gpt2Model.positionEmbedding(place, config).gather(position)); // [1, 1, embedding]
        Value bias = Gpt2Model.bias(at.greaterEqual(graph.iota(3, Shape.of(1, 1, 1, capacity))));
        Value here = graph.iota(2, Shape.of(1, 1, capacity, 1)).equal(at);
        Value hidden = Gpt2Model.blocks(place, config, embedded.reshape(1, config.embedding()), bias, new Gpt2Model.Memory() {
            @Override
            public Value keys(int layer, Value fresh) {
                return joined("keys", layer, fresh);
            }

            @Override
            public Value values(int layer, Value fresh) {
                return joined("values", layer, fresh);
            }

            private Value joined(String kind, int layer, Value fresh) {
                Value state = graph.state(name(kind, layer), DType.F32, shape());
                Value longer = here.select(fresh, state);
                graph.assign(state, longer);
                return longer;
            }
        });
        return hidden.reshape(1, 1, config.embedding());
    }
}
