package dev.t2i.gpt2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.ModelJson;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The sizes and switches of a GPT-2, as a Hugging Face {@code config.json} holds them.
 *
 * @param vocabSize           {@code vocab_size}: rows of the token embedding
 * @param positions           {@code n_positions}: the longest sequence
 * @param embedding           {@code n_embd}: width of the hidden states, a multiple of {@code heads}
 * @param layers              {@code n_layer}
 * @param heads               {@code n_head}
 * @param inner               {@code n_inner}: width inside the feed-forward half; 4 times {@code embedding} where the file says null
 * @param activation          {@code activation_function}
 * @param layerNormEpsilon    {@code layer_norm_epsilon}
 * @param scaleAttention      {@code scale_attn_weights}: divide attention scores by the root of the head's width
 * @param scaleByInverseLayer {@code scale_attn_by_inverse_layer_idx}: divide them by the layer's number, from 1, too
 * @param tieWordEmbeddings   {@code tie_word_embeddings}: the language head is the token embedding
 * @param beginOfText         {@code bos_token_id}; empty where the vocabulary has no such token
 * @param endOfText           {@code eos_token_id}; empty where the vocabulary has no such token
 */
public record Gpt2Config(int vocabSize, int positions, int embedding, int layers, int heads, int inner,
        Activation activation, double layerNormEpsilon, boolean scaleAttention, boolean scaleByInverseLayer,
        boolean tieWordEmbeddings, OptionalInt beginOfText, OptionalInt endOfText) {
    private static final int LONGEST_FILE = 1 << 20;
    private static final long MOST_PARAMETERS = 100_000_000_000L;
    private static final int GPT2_VOCAB_SIZE = 50257;
    private static final int GPT2_END_OF_TEXT = 50256;

    /**
     * Checks every number against its neighbours and against sane bounds, so that memory can be reserved from them.
     *
     * @throws IllegalArgumentException with a message in the config file's words
     */
    public Gpt2Config {
        requireRange("vocab_size", vocabSize, 1, 10_000_000);
        requireRange("n_positions", positions, 1, 1 << 20);
        requireRange("n_embd", embedding, 1, 1 << 16);
        requireRange("n_layer", layers, 1, 1024);
        requireRange("n_head", heads, 1, 1024);
        requireRange("n_inner", inner, 1, 1 << 18);
        Objects.requireNonNull(activation);
        if (embedding % heads != 0) {
            throw new IllegalArgumentException("n_embd is %d, not a multiple of n_head %d".formatted(embedding, heads));
        }
        if (!(layerNormEpsilon > 0 && layerNormEpsilon <= 1)) {
            throw new IllegalArgumentException("layer_norm_epsilon is %s, must be above 0 and at most 1".formatted(layerNormEpsilon));
        }
        requireToken("bos_token_id", beginOfText, vocabSize);
        requireToken("eos_token_id", endOfText, vocabSize);
        if (parameters(vocabSize, positions, embedding, layers, inner) > MOST_PARAMETERS) {
            throw new IllegalArgumentException("the sizes make %d parameters, more than %d".formatted(
                    parameters(vocabSize, positions, embedding, layers, inner), MOST_PARAMETERS));
        }
    }

    /** GPT-2 of other sizes, with all switches as OpenAI's models have them; the last token is the end of text. */
    public static Gpt2Config of(int vocabSize, int positions, int embedding, int layers, int heads) {
        return new Gpt2Config(vocabSize, positions, embedding, layers, heads, Math.multiplyExact(4, embedding),
                Activation.GELU_TANH, 1e-5, true, false, true, OptionalInt.of(vocabSize - 1), OptionalInt.of(vocabSize - 1));
    }

    /** Width of one attention head. */
    public int headSize() {
        return embedding / heads;
    }

    /** Number of parameters, the tied language head not counted twice. */
    public long parameters() {
        return parameters(vocabSize, positions, embedding, layers, inner)
                + (tieWordEmbeddings ? 0 : (long) vocabSize * embedding);
    }

    private static long parameters(long vocab, long positions, long width, long layers, long inner) {
        long attention = 4 * width * width + 4 * width;
        long feedForward = 2 * width * inner + inner + width;
        return (vocab + positions) * width + layers * (attention + feedForward + 4 * width) + 2 * width;
    }

    private static void requireRange(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s is %d, must be %d to %d".formatted(key, value, least, most));
        }
    }

    private static void requireToken(String key, OptionalInt id, int vocabSize) {
        if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= vocabSize)) {
            throw new IllegalArgumentException("%s is %d, outside the vocabulary of %d".formatted(key, id.getAsInt(), vocabSize));
        }
    }

    /**
     * Reads a {@code config.json}. Absent keys have transformers' defaults, unknown keys are its business.
     *
     * @throws BadModelException when a value has the wrong type or range, or asks for what this program lacks
     */
    public static Gpt2Config read(Path file) {
        Reader json = new Reader(file, ModelJson.readObject(file, LONGEST_FILE));
        json.requireGpt2();
        int vocabSize = json.integer(GPT2_VOCAB_SIZE, "vocab_size");
        int embedding = json.integer(768, "n_embd", "hidden_size");
        int inner = json.integer(Math.clamp(4L * embedding, 1, Integer.MAX_VALUE), "n_inner");
        String activation = json.text(Activation.GELU_TANH.hubName(), "activation_function");
        try {
            return new Gpt2Config(vocabSize, json.integer(1024, "n_positions", "max_position_embeddings", "n_ctx"),
                    embedding, json.integer(12, "n_layer", "num_hidden_layers"),
                    json.integer(12, "n_head", "num_attention_heads"), inner,
                    Activation.named(activation).orElseThrow(() -> json.wrong("activation_function is '%s', supported are %s"
                            .formatted(activation, Activation.allNames()))),
                    json.number(1e-5, "layer_norm_epsilon"), json.flag(true, "scale_attn_weights"),
                    json.flag(false, "scale_attn_by_inverse_layer_idx"), json.flag(true, "tie_word_embeddings"),
                    json.token("bos_token_id", vocabSize), json.token("eos_token_id", vocabSize));
        } catch (IllegalArgumentException e) {
            throw new BadModelException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes a {@code config.json} that transformers loads as a language model computing in F32, whatever type the
     * weights are stored in.
     */
    public void write(Path file) {
        ObjectNode json = JsonMapper.builder().build().createObjectNode();
        json.putArray("architectures").add("GPT2LMHeadModel");
        json.put("model_type", "gpt2");
        json.put("vocab_size", vocabSize).put("n_positions", positions).put("n_ctx", positions);
        json.put("n_embd", embedding).put("n_layer", layers).put("n_head", heads);
        if (inner == 4 * embedding) {
            json.putNull("n_inner");
        } else {
            json.put("n_inner", inner);
        }
        json.put("activation_function", activation.hubName()).put("layer_norm_epsilon", layerNormEpsilon);
        json.put("scale_attn_weights", scaleAttention).put("scale_attn_by_inverse_layer_idx", scaleByInverseLayer);
        json.put("tie_word_embeddings", tieWordEmbeddings);
        json.put("attn_pdrop", 0.0).put("embd_pdrop", 0.0).put("resid_pdrop", 0.0);
        putToken(json, "bos_token_id", beginOfText);
        putToken(json, "eos_token_id", endOfText);
        json.put("dtype", "float32").put("torch_dtype", "float32");
        AtomicFile.write(file, json.toPrettyString() + "\n");
    }

    private static void putToken(ObjectNode json, String key, OptionalInt id) {
        if (id.isPresent()) {
            json.put(key, id.getAsInt());
        } else {
            json.putNull(key);
        }
    }

    /** Typed access to the keys of one file. */
    private record Reader(Path file, JsonNode root) {
        void requireGpt2() {
            String type = text("gpt2", "model_type");
            if (!type.equals("gpt2")) {
                throw wrong("model_type is '%s'; only 'gpt2' is supported".formatted(type));
            }
            for (String key : new String[] {"add_cross_attention", "is_encoder_decoder"}) {
                if (flag(false, key)) {
                    throw wrong("%s is true, which is not supported; use a plain GPT-2".formatted(key));
                }
            }
            if (root.hasNonNull("quantization_config")) {
                throw wrong("the weights are quantized, which is not supported; use F32, F16 or BF16 weights");
            }
            if (!root.path("pruned_heads").isEmpty()) {
                throw wrong("pruned_heads is not empty, which is not supported; save the model unpruned");
            }
        }

        /** The value under the first of the key's names that is there: old files, and transformers, know several. */
        private JsonNode value(String... names) {
            JsonNode found = null;
            for (String name : names) {
                JsonNode node = root.get(name);
                if (node != null && !node.isNull()) {
                    if (found != null && !found.equals(node) && !name.equals("n_ctx")) {
                        throw wrong("%s is %s, but %s is %s".formatted(names[0], shown(found), name, shown(node)));
                    }
                    found = found == null ? node : found;
                }
            }
            return found;
        }

        int integer(int otherwise, String... names) {
            JsonNode node = value(names);
            if (node == null) {
                return otherwise;
            }
            if (!node.isIntegralNumber() || !node.canConvertToInt()) {
                throw wrong("%s is %s, must be a whole number below 2^31".formatted(names[0], shown(node)));
            }
            return node.intValue();
        }

        double number(double otherwise, String name) {
            JsonNode node = value(name);
            if (node != null && !node.isNumber()) {
                throw wrong("%s is %s, must be a number".formatted(name, shown(node)));
            }
            return node == null ? otherwise : node.doubleValue();
        }

        boolean flag(boolean otherwise, String name) {
            JsonNode node = value(name);
            if (node != null && !node.isBoolean()) {
                throw wrong("%s is %s, must be true or false".formatted(name, shown(node)));
            }
            return node == null ? otherwise : node.booleanValue();
        }

        String text(String otherwise, String name) {
            JsonNode node = value(name);
            if (node != null && !node.isTextual()) {
                throw wrong("%s is %s, must be a string".formatted(name, shown(node)));
            }
            return node == null ? otherwise : node.textValue();
        }

        /**
         * Small models often keep GPT-2's 50256 beside a smaller vocabulary, as transformers' defaults leave it; such
         * a token can never occur. Where a list is given, its first entry counts.
         */
        OptionalInt token(String name, int vocabSize) {
            JsonNode node = root.get(name);
            if (node != null && node.isArray() && !node.isEmpty()) {
                node = node.get(0);
            }
            if (node != null && !node.isNull() && !node.isIntegralNumber()) {
                throw wrong("%s is %s, must be a whole number".formatted(name, shown(node)));
            }
            long id = node == null ? GPT2_END_OF_TEXT : node.isNull() ? -1 : node.longValue();
            return id >= 0 && id < vocabSize ? OptionalInt.of((int) id) : OptionalInt.empty();
        }

        private static String shown(JsonNode node) {
            String text = node.toString();
            return text.length() > 60 ? text.substring(0, 60) + "..." : text;
        }

        BadModelException wrong(String problem) {
            return new BadModelException(file + ": " + problem);
        }
    }
}
