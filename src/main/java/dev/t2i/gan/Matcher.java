package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Optional;
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

    /**
     * What it sees in pictures.
     *
     * @param wholes a vector a picture, which points where the vectors of fitting sentences do, {@code [n, width]}
     * @param regions of matchers that look at regions, {@code [n, regions, width]}
     */
    record Seen(Value wholes, Optional<Value> regions) {
        public List<Value> values() {
            return regions.map(some -> List.of(wholes, some)).orElse(List.of(wholes));
        }

        /** The same made of other values, in the order of {@link #values}. */
        public Seen with(List<Value> values) {
            return new Seen(values.getFirst(), regions.map(_ -> values.get(1)));
        }
    }

    /** Whether it wants the words of texts. */
    boolean usesWords();

    /** {@code pictures [n, size, size, 3]} in [-1, 1]; what is seen in one does not depend on the others. */
    Seen look(Parameters place, Value pictures);

    /** What is seen in pictures beside their texts. */
    Match match(Parameters place, Seen seen, Texts texts);

    /** Whole pictures and whole sentences: {@link MatchingLoss}. */
    record OfSentences(ImageEncoder image, double sharpness) implements Matcher {
        @Override
        public boolean usesWords() {
            return false;
        }

        @Override
        public Seen look(Parameters place, Value pictures) {
            return new Seen(image.encode(place, pictures), Optional.empty());
        }

        @Override
        public Match match(Parameters place, Seen seen, Texts texts) {
            Value pictures = seen.wholes;
            Value right = texts.right.sentence();
            Value wrong = texts.wrong.sentence();
            return new Match(MatchingLoss.of(pictures, right, wrong, sharpness), MatchingLoss.accuracy(pictures, right, wrong),
                    pictures.mul(right).sum(1).greater(pictures.mul(wrong).sum(1)).mean().reshape(Shape.SCALAR));
        }
    }

    /** The share of rows of {@code scores [n, m]} whose largest stands on the diagonal. */
    static Value onDiagonal(Value scores) {
        Value own = Functions.oneHot(scores.graph().iota(0, Shape.of(scores.dim(0))), scores.dim(1));
        return scores.mul(own).sum(1).greaterEqual(scores.maximum(1).sub(1e-4)).mean().reshape(Shape.SCALAR);
    }
}
