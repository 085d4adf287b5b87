package dev.t2i.gpt2;

import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A GPT-2's weights under their plain Hugging Face names ({@code wte.weight}, {@code h.0.ln_1.weight} …), whether the
 * file has them so (saved from the bare model) or behind {@code transformer.} (saved with a language head). Matrices of
 * the blocks are {@code [in, out]}: GPT-2's "Conv1D" layout.
 */
public final class Gpt2Weights {
    static final String PREFIX = "transformer.";
    static final String HEAD = "lm_head.weight";
    /** Causal masks, which old files carry as if they were weights, and heads for other tasks. */
    private static final Pattern IGNORED = Pattern.compile(
            "(transformer\\.)?h\\.\\d+\\.attn\\.(bias|masked_bias)|lm_head\\.weight|(score|classifier|multiple_choice_head)\\..*");

    private final Weights weights;
    private final String prefix;
    private final Gpt2Config config;

    private Gpt2Weights(Weights weights, String prefix, Gpt2Config config) {
        this.weights = weights;
        this.prefix = prefix;
        this.config = config;
    }

    /**
     * Checks names, shapes and types against a config.
     *
     * @throws BadModelException naming the first wrong tensor or what is missing or unexpected
     */
    public static Gpt2Weights of(Weights weights, Gpt2Config config) {
        String prefix = weights.names().stream().anyMatch(name -> name.startsWith(PREFIX)) ? PREFIX : "";
        Map<String, Shape> expected = new LinkedHashMap<>();
        shapes(config).forEach((name, shape) -> expected.put(prefix + name, shape));
        if (!config.tieWordEmbeddings() && weights.names().contains(HEAD)) {
            expected.put(HEAD, headShape(config));
        }
        weights.requireWeights(expected, name -> IGNORED.matcher(name).matches());
        return new Gpt2Weights(weights, prefix, config);
    }

    /** The plain names and the shapes that a config implies, without the language head, in the model's order. */
    public static Map<String, Shape> shapes(Gpt2Config config) {
        int width = config.embedding();
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("wte.weight", Shape.of(config.vocabSize(), width));
        shapes.put("wpe.weight", Shape.of(config.positions(), width));
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = "h." + layer + ".";
            putNorm(shapes, block + "ln_1", width);
            putLinear(shapes, block + "attn.c_attn", width, 3 * width);
            putLinear(shapes, block + "attn.c_proj", width, width);
            putNorm(shapes, block + "ln_2", width);
            putLinear(shapes, block + "mlp.c_fc", width, config.inner());
            putLinear(shapes, block + "mlp.c_proj", config.inner(), width);
        }
        putNorm(shapes, "ln_f", width);
        return Collections.unmodifiableMap(shapes);
    }

    private static void putNorm(Map<String, Shape> shapes, String name, int width) {
        shapes.put(name + ".weight", Shape.of(width));
        shapes.put(name + ".bias", Shape.of(width));
    }

    private static void putLinear(Map<String, Shape> shapes, String name, int in, int out) {
        shapes.put(name + ".weight", Shape.of(in, out));
        shapes.put(name + ".bias", Shape.of(out));
    }

    static Shape headShape(Gpt2Config config) {
        return Shape.of(config.vocabSize(), config.embedding());
    }

    /** The names and shapes of {@link #shapes}, and the language head's where the config does not tie it. */
    public static Map<String, Shape> shapesWithHead(Gpt2Config config) {
        Map<String, Shape> shapes = new LinkedHashMap<>(shapes(config));
        if (!config.tieWordEmbeddings()) {
            shapes.put(HEAD, headShape(config));
        }
        return Collections.unmodifiableMap(shapes);
    }

    /**
     * A weight by its plain name, in place.
     *
     * @throws BadModelException for a language head that the file has not
     */
    public Tensor tensor(String name) {
        return name.equals(HEAD) ? languageHead() : weights.tensor(prefix + name);
    }

    /**
     * The language head [vocabSize, embedding]: the token embedding where the config ties them.
     *
     * @throws BadModelException when the config does not, and the file has no head
     */
    public Tensor languageHead() {
        if (config.tieWordEmbeddings()) {
            return tensor("wte.weight");
        }
        if (!weights.names().contains(HEAD)) {
            throw new BadModelException(weights.origin() + ": there is no %s, and the config does not tie it to the token embedding; "
                    .formatted(HEAD) + "this model can encode text but not write any");
        }
        return weights.tensor(HEAD);
    }
}
