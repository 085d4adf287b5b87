package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;

/**
 * What is done to pictures of a data set before anybody sees them.
 *
 * @param crop how much larger pictures are loaded than they are wanted, to be cut out of at a place drawn anew each time; 0.1875 is
 *             the papers' 76/64, 0 for none
 * @param flip whether every other picture, drawn anew each time, is mirrored left to right; those whose caption names a side never are
 */
public record AugmentSettings(
        @Range(min = 0, max = 1) @Default("0") double crop,
        @Default("false") boolean flip) {
    /** Pictures as they are. */
    public static final AugmentSettings NONE = new AugmentSettings(0, false);

    /** The size that pictures of {@code size} are loaded at. */
    int loaded(int size) {
        return (int) Math.round(size * (1 + crop));
    }
}
