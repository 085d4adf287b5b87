package dev.t2i.metric;

import dev.t2i.error.BadInputException;
import dev.t2i.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * R-precision (Xu et al. 2018): how often a matching model finds the caption that a picture was drawn for among
 * {@value #DISTRACTORS} others. By chance that is one time in a hundred.
 */
public final class Retrieval {
    public static final int DISTRACTORS = 99;
    private static final int STREAM = 77;

    private Retrieval() {}

    /**
     * @param images {@code [pictures][width]}
     * @param texts {@code [captions][width]}; the first are those of the pictures
     * @param fits whether the caption with the second number is true of what the caption with the first number was written for, and so
     *             no distractor; at least captions that say the same. Of what was drawn nobody asks: where the caption leaves something free, a
     *             distractor may be true of the drawing
     * @throws BadInputException when too few captions are left to choose from
     */
    public static Proportion precision(float[][] images, float[][] texts, BiPredicate<Integer, Integer> fits, long seed) {
        long right = 0;
        for (int i = 0; i < images.length; i++) {
            double own = cosine(images[i], texts[i]);
            boolean first = true;
            for (int other : distractors(i, texts.length, fits, seed)) {
                first &= cosine(images[i], texts[other]) < own;
            }
            right += first ? 1 : 0;
        }
        return new Proportion(right, images.length);
    }

    /** Refuses what {@link #precision} would refuse, before pictures are drawn for it. */
    static void requireDistractors(int pictures, int captions, BiPredicate<Integer, Integer> fits, long seed) {
        for (int i = 0; i < pictures; i++) {
            distractors(i, captions, fits, seed);
        }
    }

    /** How often a picture is nearer to its own caption than to the same caption with one attribute changed; half of the times by chance. */
    public static Proportion overWrong(float[][] images, float[][] texts, float[][] wrong) {
        long right = 0;
        for (int i = 0; i < images.length; i++) {
            right += cosine(images[i], texts[i]) > cosine(images[i], wrong[i]) ? 1 : 0;
        }
        return new Proportion(right, images.length);
    }

    /** Different captions at random, in the order of a shuffle that stops when there are enough. */
    private static List<Integer> distractors(int picture, int captions, BiPredicate<Integer, Integer> fits, long seed) {
        CounterRandom random = new CounterRandom(seed, STREAM, picture);
        int[] order = new int[captions];
        for (int i = 0; i < captions; i++) {
            order[i] = i;
        }
        List<Integer> chosen = new ArrayList<>(DISTRACTORS);
        for (int i = 0; i < captions && chosen.size() < DISTRACTORS; i++) {
            int j = i + random.below(captions - i, i);
            int candidate = order[j];
            order[j] = order[i];
            if (candidate != picture && !fits.test(picture, candidate)) {
                chosen.add(candidate);
            }
        }
        if (chosen.size() < DISTRACTORS) {
            throw new BadInputException("rprecision needs %d captions that do not fit a picture, the data have %d for picture %d; use more or more various data"
                    .formatted(DISTRACTORS, chosen.size(), picture));
        }
        return chosen;
    }

    static double cosine(float[] x, float[] y) {
        double product = 0;
        double lengths = 0;
        double others = 0;
        for (int i = 0; i < x.length; i++) {
            product += (double) x[i] * y[i];
            lengths += (double) x[i] * x[i];
            others += (double) y[i] * y[i];
        }
        return product / Math.sqrt(Math.max(1e-30, lengths * others));
    }
}
