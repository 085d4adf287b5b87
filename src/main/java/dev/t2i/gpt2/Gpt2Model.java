package dev.t2i.gpt2;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;

/**
 * GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners") as functions over values: a decoder
 * of pre-normalised blocks with learned positions. Parameters have Hugging Face's names without the {@code transformer.}
 * in front, and their layouts: {@code h.0.attn.c_attn.weight} is {@code [in, out]}.
 *
 * <p>Token rows are kept flat, {@code [batch * tokens, embedding]}, between the blocks, so that bias, activation and
 * residual become the ends of matrix products.
 */
public final class Gpt2Model {
    /** Added to the scores of what may not be seen. Far below every score, far from overflow. */
    private static final double UNSEEN = -1e38;
    private static final double DEVIATION = 0.02;

    /** What the queries of a layer look at, given the keys and values {@code [batch, heads, tokens, headSize]} of this call. */
    interface Memory {
        Value keys(int layer, Value fresh);

        Value values(int layer, Value fresh);
    }

    /** Nothing but the tokens of this call. */
    private static final Memory NO_MEMORY = new Memory() {
        @Override
        public Value keys(int layer, Value fresh) {
            return fresh;
        }

        @Override
        public Value values(int layer, Value fresh) {
            return fresh;
        }
    };

    private Gpt2Model() {}

    /**
     * The last layer's states after the final normalisation, {@code [batch, tokens, embedding]}. Positions count from 0 in
     * every row, as in transformers when it is given no positions; a token sees itself and the unmasked ones before it.
     *
     * @param ids           I32 {@code [batch, tokens]}
     * @param attentionMask F32 {@code [batch, tokens]}, 1 for real tokens and 0 for padding
     */
    public static Value hiddenStates(Parameters place, Gpt2Config config, Value ids, Value attentionMask) {
        return hiddenStates(place, config, ids, attentionMask, NO_MEMORY);
    }

    static Value hiddenStates(Parameters place, Gpt2Config config, Value ids, Value attentionMask, Memory memory) {
        int batch = ids.dim(0);
        int tokens = ids.dim(1);
        Value embedded = tokenEmbedding(place, config).gather(ids)
                .add(positionEmbedding(place, config).slice(0, 0, tokens)); // [batch, tokens, embedding]
        Value hidden = blocks(place, config, embedded.reshape(batch * tokens, config.embedding()),
                causalBias(attentionMask), memory);
        return hidden.reshape(batch, tokens, config.embedding());
    }

    /** {@link #hiddenStates} through the language head: {@code [batch, tokens, vocabSize]}. */
    public static Value logits(Parameters place, Gpt2Config config, Value ids, Value attentionMask) {
        return languageHead(place, config, hiddenStates(place, config, ids, attentionMask));
    }

    /** Scores of every token to come next: {@code hidden [.., embedding]} to {@code [.., vocabSize]}. */
    public static Value languageHead(Parameters place, Gpt2Config config, Value hidden) {
        Value table = config.tieWordEmbeddings() ? tokenEmbedding(place, config) : place.at("lm_head")
                .get("weight", Shape.of(config.vocabSize(), config.embedding()), new Initializer.Normal(DEVIATION));
        int rows = (int) (hidden.shape().size() / config.embedding());
        return hidden.reshape(rows, config.embedding()).matMul(table, false, true)
                .reshape(hidden.shape().with(-1, config.vocabSize()));
    }

    /**
     * Mean negative log-likelihood, in nats, of the targets that the mask counts.
     *
     * @param targets    I32 {@code [batch, tokens]}: for each token the one to come next
     * @param targetMask F32 {@code [batch, tokens]}, 1 where the target counts; at least one must
     * @return F32 scalar
     */
    public static Value languageLoss(Parameters place, Gpt2Config config, Value ids, Value attentionMask, Value targets,
            Value targetMask) {
        int rows = ids.dim(0) * ids.dim(1);
        Value logits = logits(place, config, ids, attentionMask).reshape(rows, config.vocabSize());
        Value shifted = logits.sub(logits.maximum(-1).stopGradient());
        Value picked = shifted.mul(Functions.oneHot(targets.cast(DType.F32).reshape(rows), config.vocabSize())).sum(-1);
        Value surprise = shifted.exp().sum(-1).log().sub(picked); // [rows, 1]
        Value weights = targetMask.reshape(rows, 1);
        return surprise.mul(weights).sum().div(weights.sum()).reshape(Shape.SCALAR);
    }

    /** All parameters with their shapes and GPT-2's start, to make a new model or to check a file. */
    public static List<Parameters.Declaration> declarations(Gpt2Config config) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "gpt2");
        Value ids = graph.input("input_ids", DType.I32, Shape.of(1, 1));
        logits(place, config, ids, graph.input("attention_mask", DType.F32, Shape.of(1, 1)));
        return place.declarations();
    }

    static Value tokenEmbedding(Parameters place, Gpt2Config config) {
        return place.at("wte").get("weight", Shape.of(config.vocabSize(), config.embedding()), new Initializer.Normal(DEVIATION));
    }

    static Value positionEmbedding(Parameters place, Gpt2Config config) {
        return place.at("wpe").get("weight", Shape.of(config.positions(), config.embedding()), new Initializer.Normal(DEVIATION));
    }

    /** All layers and the final normalisation: {@code x [batch * tokens, embedding]}, {@code bias [batch, 1, tokens, keys]}. */
    static Value blocks(Parameters place, Gpt2Config config, Value x, Value bias, Memory memory) {
        Value hidden = x;
        for (int layer = 0; layer < config.layers(); layer++) {
            hidden = block(place.at("h").at(layer), config, layer, hidden, bias, memory);
        }
        return Layers.layerNorm(place.at("ln_f"), hidden, config.layerNormEpsilon());
    }

    private static Value block(Parameters place, Gpt2Config config, int layer, Value x, Value bias, Memory memory) {
        Value attended = attention(place.at("attn"), config, layer,
                Layers.layerNorm(place.at("ln_1"), x, config.layerNormEpsilon()), bias, memory);
        Value y = x.add(attended);
        return y.add(feedForward(place.at("mlp"), config, Layers.layerNorm(place.at("ln_2"), y, config.layerNormEpsilon())));
    }

    /** Causal self-attention over {@code x [batch * tokens, embedding]}. */
    private static Value attention(Parameters place, Gpt2Config config, int layer, Value x, Value bias, Memory memory) {
        int width = config.embedding();
        int batch = bias.dim(0);
        int tokens = bias.dim(2);
        Value joint = projection(place.at("c_attn"), x, 3 * width, DEVIATION)
                .reshape(batch, tokens, 3, config.heads(), config.headSize());
        Value mixed = place.scoped(() -> {
            Value queries = part(joint, 0); // [batch, heads, tokens, headSize]
            Value keys = memory.keys(layer, part(joint, 1)); // [batch, heads, keys, headSize]
            Value values = memory.values(layer, part(joint, 2));
            Value scores = queries.matMul(keys, false, true).mul(scaling(config, layer)).add(bias);
            return Functions.softmax(scores, -1).matMul(values).transpose(0, 2, 1, 3); // [batch, tokens, heads, headSize]
        });
        return projection(place.at("c_proj"), mixed.reshape(batch * tokens, width), width, residualDeviation(config));
    }

    private static Value part(Value joint, int index) {
        int heads = joint.dim(3);
        return joint.slice(2, index, index + 1).reshape(joint.dim(0), joint.dim(1), heads, joint.dim(4)).transpose(0, 2, 1, 3);
    }

    private static double scaling(Gpt2Config config, int layer) {
        double scaling = config.scaleAttention() ? 1 / Math.sqrt(config.headSize()) : 1;
        return config.scaleByInverseLayer() ? scaling / (layer + 1) : scaling;
    }

    private static Value feedForward(Parameters place, Gpt2Config config, Value x) {
        Value wide = activate(config.activation(), projection(place.at("c_fc"), x, config.inner(), DEVIATION));
        return projection(place.at("c_proj"), wide, config.embedding(), residualDeviation(config));
    }

    private static Value activate(Activation activation, Value x) {
        return switch (activation) {
            case GELU_TANH -> Functions.geluTanh(x);
            case GELU -> Functions.gelu(x);
            case RELU -> x.relu();
            case SILU -> Functions.silu(x);
            case TANH -> x.tanh();
        };
    }

    /** Hugging Face's "Conv1D": {@code x [rows, in]} times {@code weight [in, out]} plus {@code bias [out]}. */
    private static Value projection(Parameters place, Value x, int out, double deviation) {
        return place.scoped(() -> x.matMul(place.get("weight", Shape.of(x.dim(-1), out), new Initializer.Normal(deviation)))
                .add(place.get("bias", Shape.of(out), Initializer.ZEROS)));
    }

    /** Each layer adds twice to the residual; smaller steps keep its variance at the start from growing with depth. */
    private static double residualDeviation(Gpt2Config config) {
        return DEVIATION / Math.sqrt(2.0 * config.layers());
    }

    /** For each query and key 0 where it may look, else {@link #UNSEEN}: {@code [batch, 1, tokens, tokens]}. */
    private static Value causalBias(Value attentionMask) {
        int batch = attentionMask.dim(0);
        int tokens = attentionMask.dim(1);
        Graph graph = attentionMask.graph();
        Value earlier = graph.iota(0, Shape.of(tokens, 1)).greaterEqual(graph.iota(1, Shape.of(1, tokens)));
        return bias(earlier.mul(attentionMask.reshape(batch, 1, 1, tokens)));
    }

    /** 0 where {@code seen} is 1, {@link #UNSEEN} where it is 0. */
    static Value bias(Value seen) {
        return seen.select(seen.graph().scalar(0), seen.graph().scalar(UNSEEN));
    }
}
