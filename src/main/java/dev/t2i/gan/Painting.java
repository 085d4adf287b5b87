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
 */
public record Painting(List<Value> pictures, Optional<Posterior.Distribution> augmentation) {
    public Painting {
        pictures = List.copyOf(pictures);
    }

    /** A single picture of each text, without augmentation. */
    public static Painting of(Value pictures) {
        return new Painting(List.of(pictures), Optional.empty());
    }

    /** The largest pictures. */
    public Value result() {
        return pictures.getLast();
    }
}
