package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import java.util.List;

/**
 * A generator's shape.
 *
 * @param channels from the 4x4 stem upward, the picture doubling with each further entry
 * @param styleWidth of {@code mapped}: width of the mapped noise and of the style
 * @param coordinates of {@code mapped}: whether modulation may vary linearly over the picture
 * @param affineWidth of {@code df_gan}: width of the hidden layer of each affine
 */
public record GeneratorSettings(
        @Default("mapped") Kind kind,
        @Range(min = 1, max = 4096) @Default("64") int noiseWidth,
        @Range(min = 1, max = 4096) @Default("128") int styleWidth,
        @Default("false") boolean coordinates,
        @Range(min = 1, max = 4096) @Default("256") int affineWidth,
        List<Integer> channels) {

    /** Published or own designs. */
    public enum Kind { DF_GAN, MAPPED }

    public GeneratorSettings {
        channels = Channels.check("channels", channels);
    }

    /** The network for text features of that width. */
    public Generator build(int textWidth) {
        return switch (kind) {
            case DF_GAN -> new DfGanGenerator(noiseWidth, textWidth, affineWidth, channels);
            case MAPPED -> new MappedGenerator(noiseWidth, textWidth, styleWidth, coordinates, channels);
        };
    }
}
