package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.function.Supplier;

/** The picture side of a matching model with the loss that it is trained by, which may then guide a generator. */
public interface Matcher {
    /**
     * Texts to match pictures with.
     *
     * @param right text i fits picture i
     * @param wrong text i fits picture i in all but one attribute
     * @param same  gives {@code [n, 2n]}: 1 where a text, the right ones first, is by chance the same as picture i's own, else 0
     */
    record Texts(TextCondition right, TextCondition wrong, Supplier<Value> same) {}

    /**
     * How pictures and texts match, all scalars.
     *
     * @param loss      to be minimised
     * @param matched   how often a picture's best text is its own
     * @param overWrong how often its own is better than the wrong one
     */
    record Match(Value loss, Value matched, Value overWrong) {}

    /** Whether it wants the words of texts. */
    boolean usesWords();

    /** {@code pictures [n, size, size, 3]} in [-1, 1] beside their texts. */
    Match match(Parameters place, Value pictures, Texts texts);

    /** One vector for each of {@code pictures [n, size, size, 3]}, which points where the vectors of fitting sentences do: {@code [n, width]}. */
    Value wholes(Parameters place, Value pictures);

    /** Whole pictures and whole sentences: {@link MatchingLoss}. */
    record OfSentences(ImageEncoder image, double sharpness) implements Matcher {
        @Override
        public boolean usesWords() {
            return false;
        }

        @Override
        public Value wholes(Parameters place, Value pictures) {
            return image.encode(place, pictures);
        }

        @Override
        public Match match(Parameters place, Value pictures, Texts texts) {
            Value seen = wholes(place, pictures);
            Value right = texts.right.sentence();
            Value wrong = texts.wrong.sentence();
            return new Match(MatchingLoss.of(seen, right, wrong, sharpness), MatchingLoss.accuracy(seen, right, wrong),
                    seen.mul(right).sum(1).greater(seen.mul(wrong).sum(1)).mean().reshape(Shape.SCALAR));
        }
    }

    /** The share of rows of {@code scores [n, m]} whose largest stands on the diagonal. */
    static Value onDiagonal(Value scores) {
        Value own = Functions.oneHot(scores.graph().iota(0, Shape.of(scores.dim(0))), scores.dim(1));
        return scores.mul(own).sum(1).greaterEqual(scores.maximum(1).sub(1e-4)).mean().reshape(Shape.SCALAR);
    }
}
