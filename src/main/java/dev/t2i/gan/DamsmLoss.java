package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.Shape;

/**
 * The loss of AttnGAN's deep attentional multimodal similarity model (Xu et al. 2018): every word looks for its regions of a picture,
 * and a text fits a picture as far as its words find what they say.
 *
 * @param gamma1 how sharply words look at regions; the released configurations have 4
 * @param gamma2 how much the best word counts more than the others; 5
 * @param gamma3 factor on similarities before the softmax over a batch; 10
 */
public record DamsmLoss(double gamma1, double gamma2, double gamma3) {
    private static final double UNSEEN = -1e9;
    private static final double TINY = 1e-12;

    /**
     * How each of {@code n} pictures fits each of {@code m} texts, word by word: {@code [n, m]}, before {@code gamma3}.
     *
     * @param regions {@code [n, regions, width]}
     * @param words   states {@code [m, tokens, width]} and their mask
     */
    public Value wordSimilarity(Value regions, TextCondition.Words words) {
        Graph graph = regions.graph();
        int n = regions.dim(0);
        int count = regions.dim(1);
        int width = regions.dim(2);
        int m = words.states().dim(0);
        int tokens = words.states().dim(1);
        Value said = words.states().reshape(m * tokens, width);
        Value scores = regions.reshape(n * count, width).matMul(said, false, true).reshape(n, count, m, tokens);
        Value unseen = words.mask().reshape(1, 1, m, tokens).select(graph.scalar(0), graph.scalar(UNSEEN));
        // First whose word a region is, then which regions are a word's.
        Value shares = Functions.softmax(Functions.softmax(scores.add(unseen), 3).mul(gamma1), 1).reshape(n, count, m * tokens);
        // What a word found is the mean of regions by its shares. Its product with the word and its own length are had from products
        // between regions alone, without a vector for every picture and word.
        Value product = shares.mul(scores.reshape(n, count, m * tokens)).sum(1);
        Value squaredLength = regions.matMul(regions, false, true).matMul(shares).mul(shares).sum(1); // [n, 1, m * tokens]
        Value fit = product.mul(squaredLength.max(0).add(TINY).rsqrt()).mul(said.square().sum(1).add(TINY).rsqrt().reshape(1, 1, m * tokens));
        return fit.mul(gamma2).exp().reshape(n, m, tokens).mul(words.mask().reshape(1, m, tokens)).sum(2).log().reshape(n, m);
    }

    /** Cosines between {@code wholes [n, width]} and {@code sentences [m, width]}: {@code [n, m]}. */
    public static Value sentenceSimilarity(Value wholes, Value sentences) {
        return Functions.normalize(wholes, TINY).matMul(Functions.normalize(sentences, TINY), false, true);
    }

    /**
     * Both cross-entropies, of texts given pictures and of pictures given texts; a scalar.
     *
     * @param similarity {@code [n, m]}; text i is picture i's, texts from {@code n} on are nobody's
     * @param same       {@code [n, m]}: 1 where a text is by chance the same as picture i's own, which is no mistake, else 0
     */
    public Value contrast(Value similarity, Value same) {
        Graph graph = similarity.graph();
        int n = similarity.dim(0);
        Value labels = graph.iota(0, Shape.of(n));
        Value logits = same.select(graph.scalar(UNSEEN), similarity.mul(gamma3));
        return Functions.crossEntropy(logits, labels).add(Functions.crossEntropy(logits.slice(1, 0, n).transpose(1, 0), labels));
    }
}
