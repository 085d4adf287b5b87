package dev.t2i.gan;

import dev.t2i.graph.Value;
import java.util.List;
import java.util.Optional;

/**
 * What a generator made of a batch of texts.
 *
 * @param pictures at each of its sizes, the smallest first, {@code [n, size, size, 3]} in [-1, 1]; the last is the result
 * @param augmentation of generators with conditioning augmentation (Zhang et al. 2017): the distribution that they drew the text's
 *        part of a picture from
 * @param tellsMean whether discriminators are told its mean of the text, as in StackGAN, rather than the sentence, as in AttnGAN
 */
public record Painting(List<Value> pictures, Optional<Posterior.Distribution> augmentation, boolean tellsMean) {
    public Painting {
        pictures = List.copyOf(pictures);
    }

    /** One whose discriminators are told the augmentation's mean, if there is one. */
    public Painting(List<Value> pictures, Optional<Posterior.Distribution> augmentation) {
        this(pictures, augmentation, true);
    }

    /** A single picture of each text, without augmentation. */
    public static Painting of(Value pictures) {
        return new Painting(List.of(pictures), Optional.empty());
    }

    /** The largest pictures. */
    public Value result() {
        return pictures.getLast();
    }

    /** What discriminators are told of texts: the augmentation's mean, behind which no gradient passes, or {@code sentences} themselves. */
    public Value toldOf(Value sentences) {
        return augmentation.filter(_ -> tellsMean).map(some -> some.mean().stopGradient()).orElse(sentences);
    }
}
