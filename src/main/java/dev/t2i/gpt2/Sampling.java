package dev.t2i.gpt2;

import dev.t2i.error.BadInputException;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;

/**
 * How the next token is chosen from its logits: temperature, then only the {@code topK} likeliest, then only the smallest
 * set of likeliest ones whose probability reaches {@code topP} (nucleus sampling, Holtzman et al. 2020), in this order, as
 * transformers does.
 *
 * @param temperature 0 takes the likeliest token always (the first of equals); 1 leaves the model's probabilities alone
 * @param topK        0 for all; tokens as likely as the last of them stay too
 * @param topP        above 0; 1 for all
 * @param seed        the same seed makes the same choices
 */
public record Sampling(double temperature, int topK, double topP, long seed) {
    /** Always the likeliest. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);

    public Sampling {
        if (!(temperature >= 0 && temperature <= 100)) {
            throw new BadInputException("the temperature must be 0 to 100, not " + temperature);
        }
        if (topK < 0) {
            throw new BadInputException("top-k must be at least 0, not " + topK);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new BadInputException("top-p must be above 0 and at most 1, not " + topP);
        }
    }

    /** The token for place {@code index} of the new text, from logits of any shape that holds the vocabulary once. */
    public int choose(Tensor logits, int index) {
        float[] scores = logits.toFloatArray();
        return temperature == 0 ? likeliest(scores) : draw(scores, new CounterRandom(seed, 0, 0).uniform(index));
    }

    private static int likeliest(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    private int draw(float[] scores, double uniform) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        // Sorting is stable: among equals the smaller id comes first, on every machine.
        Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -scores[i]));
        int kept = scores.length;
        if (topK > 0 && topK < kept) {
            kept = topK;
            while (kept < scores.length && scores[order[kept]] == scores[order[topK - 1]]) {
                kept++;
            }
        }
        double[] weights = new double[kept];
        double total = 0;
        for (int i = 0; i < kept; i++) {
            weights[i] = StrictMath.exp((scores[order[i]] - scores[order[0]]) / temperature);
            total += weights[i];
        }
        double nucleus = 0;
        int inside = 0;
        while (inside < kept && (inside == 0 || nucleus < topP * total)) {
            nucleus += weights[inside++];
        }
        double rest = uniform * nucleus;
        for (int i = 0; i < inside; i++) {
            rest -= weights[i];
            if (rest < 0) {
                return order[i];
            }
        }
        return order[inside - 1];
    }
}
