package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;

/**
 * How words and regions meet in a matching model, see {@link Damsm} and {@link DamsmLoss}.
 *
 * @param regions edge of the map of activations whose places are a picture's regions
 * @param against whether texts that are wrong in one attribute stand among the others
 */
public record DamsmSettings(
        @Range(min = 4, max = 512) @Default("8") int regions,
        @Default("true") boolean against,
        @Range(min = 0, max = 1000) @Default("4") double gamma1,
        @Range(min = 0, max = 50) @Default("5") double gamma2,
        @Range(min = 0, max = 1000) @Default("10") double gamma3) {

    /** Refuses a size that is no map of activations between pictures of {@code size} pixels and 4x4. */
    public void requireSize(String where, int size) {
        if (regions > size || Integer.bitCount(regions) != 1) {
            throw new IllegalArgumentException("%s is %d, expected 4, 8, 16 and so on up to %d".formatted(where, regions, size));
        }
    }
}
