package dev.t2i.gan;

import dev.t2i.graph.Constant;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Layers;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.Optional;

/**
 * How a generator's latent variables are distributed for a given text: cell after cell, each by a mixture of normal distributions
 * that depends on the text and on the cells before it, as GIVT does (Tschannen et al. 2023). What a sentence leaves open, such
 * as left or right, has several separate answers, and what one cell decided, such as that the house stands here, binds the
 * others; mixtures say the first, the order of cells the second.
 *
 * <p>It is the prior of a conditional autoencoder, and turns plain noise into latent variables for pictures of one's own.
 *
 * <p>What a word means for a cell depends on where the cell is: "left" makes a house likelier here and unlikelier there. Attention
 * finds that out too late: once it is sharp, on nouns and colours, no gradient points to words that it passes over. Therefore every
 * cell also hears, with weights of its own, which words occur at all.
 *
 * <p>The words pass a few blocks of a transformer that looks both ways, for "on the left" comes after what it is said of, where
 * a language model no longer sees it; then the cells, a token each, look back at each other and at the words. With {@code reach}, every
 * word first hears those beside it, so many to either side, each place with weights of its own (a convolution over the words): which of two
 * things is "on the left" stands next to it, and attention alone has to find twice over, from word to word and from cell to word, what
 * pays only when both are found.
 *
 * @param side cells along an edge
 * @param depth variables in a cell
 * @param blocks of the transformer over the cells
 * @param readers blocks of the transformer over the words
 * @param width of each token
 * @param reach how far to either side a word hears others before the blocks over the words; 0 for none
 */
public record LatentPrior(int side, int depth, int blocks, int readers, int width, int reach) {
    private static final int COMPONENTS = 8;
    private static final double EPSILON = 1e-5;
    /** Features of each word that those beside it hear. */
    private static final int SPOKEN = 64;
    /** Features of which a cell hears the largest over all words. */
    private static final int HEARD = 64;
    private static final double UNHEARD = -1e4;
    /** Log deviations stay between plus and minus this: nothing overflows. */
    private static final double LARGEST_LOG_DEVIATION = 4;
    /** A component as likely as the likeliest is never left out, whatever rounding makes of the quotient. */
    private static final double LARGEST_LEAST = 0.999;

    /** Latent variables of a picture. */
    public int latentWidth() {
        return cells() * depth;
    }

    /** Standard normal numbers that a picture takes: one for each latent variable, and one a cell for the choice of a component. */
    public int noiseWidth() {
        return cells() * (depth + 1);
    }

    /** Passes of {@link #refine} after which any latent variables have become a draw. */
    public int passes() {
        return cells();
    }

    private int cells() {
        return side * side;
    }

    /** Log densities {@code [n]} of {@code latent [n, latentWidth]}, in nats. */
    public Value logDensity(Parameters place, Value latent, TextCondition text) {
        return place.scoped(() -> {
            int n = latent.dim(0);
            Mixture mixture = mixture(place, latent, read(place, text));
            Value x = latent.reshape(n, cells(), 1, depth);
            Value standard = x.sub(mixture.means).mul(mixture.logDeviations.neg().exp());
            Value each = standard.square().mul(-0.5).sub(mixture.logDeviations).sub(0.5 * Math.log(2 * Math.PI))
                    .sum(3).reshape(n, cells(), COMPONENTS).add(Functions.logSoftmax(mixture.logits, 2));
            Value most = each.maximum(2).stopGradient();
            return each.sub(most).exp().sum(2).log().add(most).sum(1).reshape(n);
        });
    }

    /** The text as {@link #refine} wants it, the same in every pass: the states of its words are the prior's own. */
    public TextCondition read(Parameters place, TextCondition text) {
        TextCondition.Words words = text.words().orElseThrow();
        return place.scoped(() -> new TextCondition(text.sentence(),
                Optional.of(new TextCondition.Words(readWords(place.at("reader"), words), words.embeddings(), words.mask()))));
    }

    /**
     * One pass of sampling by fixed-point iteration (Song et al. 2021): every cell is drawn as if {@code latent} were right about
     * those before it. A pass makes at least one more cell right, from the first on, so that after {@link #passes} passes from
     * anywhere, or as soon as a pass changes nothing, the result is exactly what drawing cell after cell would have given.
     *
     * @param noise {@code [n, noiseWidth]}, standard normal
     * @param truncation scalar factor on the noise; below 1, components that are less likely than {@code (1 - truncation)^2} times a cell's
     *        likeliest are left out, and the others stay as likely beside each other as they are
     * @param latent {@code [n, latentWidth]}
     * @param text after {@link #read}
     */
    public Value refine(Parameters place, Value noise, Value truncation, Value latent, TextCondition text) {
        return place.scoped(() -> {
            int n = latent.dim(0);
            Mixture mixture = mixture(place, latent, text);
            Value parts = noise.reshape(n, cells(), 1, depth + 1);
            Value within = parts.slice(3, 0, depth).mul(truncation);
            // The normal distribution function makes a uniform number of a normal one.
            Value uniform = parts.slice(3, depth, depth + 1).reshape(n, cells(), 1).mul(Math.sqrt(0.5)).erf().add(1).mul(0.5);
            Value weights = likely(mixture.logits, truncation);
            Value below = weights.reshape(n * cells(), COMPONENTS).matMul(latent.graph().literal(earlier(COMPONENTS, false))).reshape(weights.shape());
            Value reached = uniform.greaterEqual(below);
            Value next = reached.slice(2, 1, COMPONENTS).pad(2, 0, 1, 0);
            Value chosen = reached.sub(next).reshape(n, cells(), COMPONENTS, 1);
            Value drawn = mixture.logDeviations.exp().mul(within).add(mixture.means);
            return drawn.mul(chosen).sum(2).reshape(latent.shape());
        });
    }

    private static Value likely(Value logits, Value truncation) {
        // Min-p sampling (Nguyen et al. 2024). A temperature would favour the likeliest of several good answers in every cell anew.
        Value quotients = logits.sub(logits.maximum(2).stopGradient()).exp();
        Value least = truncation.neg().add(1).max(0).square().min(LARGEST_LEAST);
        Value kept = quotients.mul(quotients.greaterEqual(least));
        return kept.div(kept.sum(2));
    }

    /**
     * Of every cell, given those before it.
     *
     * @param logits of the components' weights, {@code [n, cells, components]}
     * @param means {@code [n, cells, components, depth]}
     * @param logDeviations of the same shape
     */
    private record Mixture(Value logits, Value means, Value logDeviations) {}

    private Mixture mixture(Parameters place, Value latent, TextCondition text) {
        int n = latent.dim(0);
        int cells = cells();
        Value words = text.words().orElseThrow().states();
        Value wordMask = text.words().get().mask().reshape(n, 1, 1, words.dim(1));
        Value before = latent.reshape(n, cells, depth).slice(1, 0, cells - 1).pad(1, 1, 0, 0);
        Value tokens = linear(place.at("in"), before, width)
                .add(place.get("cells", Shape.of(1, cells, width), new Initializer.Normal(0.5)))
                .add(linear(place.at("sentence"), text.sentence(), width).reshape(n, 1, width))
                .add(hear(place.at("heard"), text.words().get()));
        Value sight = latent.graph().literal(earlier(cells, true)).transpose(1, 0).reshape(1, 1, cells, cells);
        for (int i = 0; i < blocks; i++) {
            Parameters block = place.at("blocks").at(i);
            tokens = tokens.add(look(block.at("cells"), tokens, null, sight));
            tokens = tokens.add(look(block.at("words"), tokens, words, wordMask));
            tokens = think(block.at("layer"), tokens);
        }
        int out = COMPONENTS * (1 + 2 * depth);
        Value all = Layers.linear(place.at("out"), norm(place, tokens), out, new Initializer.Normal(0.02), new Initializer.Normal(0.5));
        Shape shape = Shape.of(n, cells, COMPONENTS, depth);
        int half = COMPONENTS * depth;
        Value logDeviations = all.slice(2, COMPONENTS + half, out).reshape(shape)
                .mul(1 / LARGEST_LOG_DEVIATION).tanh().mul(LARGEST_LOG_DEVIATION);
        return new Mixture(all.slice(2, 0, COMPONENTS), all.slice(2, COMPONENTS, COMPONENTS + half).reshape(shape), logDeviations);
    }

    private Value readWords(Parameters place, TextCondition.Words words) {
        int n = words.states().dim(0);
        int count = words.states().dim(1);
        Value embedded = Layers.layerNorm(place.at("embedded_norm"), words.embeddings(), EPSILON);
        Value tokens = linear(place.at("in"), words.states(), width)
                .add(Layers.linear(place.at("embedded"), embedded, width, Initializer.ZEROS, Initializer.ZEROS));
        if (reach > 0) {
            tokens = tokens.add(near(place.at("near"), embedded, words.mask()));
        }
        Value mask = words.mask().reshape(n, 1, 1, count);
        for (int i = 0; i < readers; i++) {
            Parameters block = place.at("blocks").at(i);
            tokens = tokens.add(look(block.at("words"), tokens, null, mask));
            tokens = think(block.at("layer"), tokens);
        }
        return norm(place, tokens);
    }

    /** What each word makes of those beside it, {@code [n, words, width]}; nothing at first. */
    private Value near(Parameters place, Value embedded, Value mask) {
        int n = embedded.dim(0);
        int count = embedded.dim(1);
        Value spoken = linear(place, embedded, SPOKEN).mul(mask.reshape(n, count, 1));
        Value framed = spoken.pad(1, reach, reach, 0);
        Value[] heard = new Value[2 * reach + 1];
        for (int i = 0; i < heard.length; i++) {
            heard[i] = framed.slice(1, i, i + count);
        }
        return Layers.linear(place.at("out"), Value.concat(2, heard), width, Initializer.ZEROS, Initializer.ZEROS);
    }

    /** What each cell makes of the words that occur, {@code [n, cells, width]}; nothing at first. */
    private Value hear(Parameters place, TextCondition.Words words) {
        int n = words.states().dim(0);
        Value embedded = Layers.layerNorm(place.at("norm"), words.embeddings(), EPSILON);
        Value each = linear(place, embedded, HEARD);
        Value heard = words.mask().reshape(n, words.mask().dim(1), 1).select(each, each.graph().scalar(UNHEARD)).maximum(1).reshape(1, n, HEARD);
        Value weights = place.get("own", Shape.of(cells(), width, HEARD), Initializer.ZEROS);
        return heard.broadcastTo(Shape.of(cells(), n, HEARD)).matMul(weights, false, true).transpose(1, 0, 2);
    }

    /** What tokens take up from {@code others}, or from each other where that is null. */
    private Value look(Parameters place, Value tokens, Value others, Value mask) {
        Value x = norm(place, tokens);
        return new Attention(width).gather(place, x, others == null ? x : others, mask);
    }

    private Value think(Parameters place, Value tokens) {
        Value hidden = Functions.gelu(linear(place.at("in"), norm(place, tokens), 4 * width));
        return tokens.add(Layers.linear(place.at("out"), hidden, width, Initializer.ZEROS, Initializer.ZEROS));
    }

    private static Value norm(Parameters place, Value tokens) {
        return Layers.layerNorm(place.at("norm"), tokens, EPSILON);
    }

    private static Value linear(Parameters place, Value x, int out) {
        return Layers.linear(place, x, out, Initializer.kaiming(Shape.of(out, x.dim(-1)), 1), Initializer.ZEROS);
    }

    /** {@code [count, count]}: 1 where the row comes before the column, or is the column itself if {@code orSame}. */
    private static Constant earlier(int count, boolean orSame) {
        float[] ones = new float[count * count];
        for (int row = 0; row < count; row++) {
            for (int column = orSame ? row : row + 1; column < count; column++) {
                ones[row * count + column] = 1;
            }
        }
        return Constant.of(Shape.of(count, count), ones);
    }
}
