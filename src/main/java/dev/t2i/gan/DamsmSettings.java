package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How words and regions meet in a matching model, see {@link Damsm} and {@link DamsmLoss}.
 *
 * @param regions edge of the map of activations of our own image encoder whose places are a picture's regions
 * @param inception torchvision's Inception-v3 as a safetensors file, which 't2i model convert' makes of the published one: it looks at
 *        pictures and stays as it is, as in the paper, in the place of our own image encoder, whose channels are then left out
 * @param against whether texts that are wrong in one attribute stand among the others
 */
public record DamsmSettings(
        @Range(min = 4, max = 512) @Default("8") int regions,
        Optional<String> inception,
        @Default("true") boolean against,
        @Range(min = 0, max = 1000) @Default("4") double gamma1,
        @Range(min = 0, max = 50) @Default("5") double gamma2,
        @Range(min = 0, max = 1000) @Default("10") double gamma3) {

    /** As a model's folder, which holds the weights themselves, describes them: without the place where they once came from. */
    public DamsmSettings inFolder() {
        return new DamsmSettings(regions, inception.map(file -> Path.of(file).getFileName().toString()), against, gamma1, gamma2, gamma3);
    }

    /** The picture side for texts of that width. */
    RegionEncoder build(ImageEncoder own) {
        return inception.isPresent() ? new RegionEncoder.Inception(own.width()) : new RegionEncoder.Own(own, regions);
    }

    /** Refuses a size that is no map of activations between pictures of {@code size} pixels and 4x4. */
    public void requireSize(String where, int size) {
        if (regions > size || Integer.bitCount(regions) != 1) {
            throw new IllegalArgumentException("%s is %d, expected 4, 8, 16 and so on up to %d".formatted(where, regions, size));
        }
    }
}
