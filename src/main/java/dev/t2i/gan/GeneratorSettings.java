package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import java.util.List;

/**
 * A generator's shape.
 *
 * @param channels from the 4x4 stem upward, the picture doubling with each further entry
 * @param styleWidth of {@code mapped}: width of the mapped noise and of the style
 * @param styleLayers of {@code mapped}: layers that join mapped noise and text to the style
 * @param spatialNoise of {@code mapped}: whether each cell of the stem has noise of its own; noiseWidth is then a multiple of 16
 * @param coordinates of {@code mapped}: whether modulation may vary linearly over the picture
 * @param attention of {@code mapped}: edges in pixels at which places look at the words of the text
 * @param priorBlocks of {@code mapped}: blocks of the prior's transformer over the cells, 0 for plain noise; needs spatialNoise
 * @param priorReaders of {@code mapped}: blocks of the prior's transformer over the words
 * @param priorWidth of {@code mapped}: width of both
 * @param affineWidth of {@code df_gan}: width of the hidden layer of each affine
 * @param grown of {@code mapped}: how many of the last channels were appended to a generator that had learnt without them; each
 *     corrects the enlarged picture of the entries before it
 */
public record GeneratorSettings(
        @Default("mapped") Kind kind,
        @Range(min = 1, max = 4096) @Default("64") int noiseWidth,
        @Range(min = 1, max = 4096) @Default("128") int styleWidth,
        @Range(min = 1, max = 8) @Default("1") int styleLayers,
        @Default("false") boolean spatialNoise,
        @Default("false") boolean coordinates,
        @Default("[]") List<Integer> attention,
        @Range(min = 0, max = 64) @Default("0") int priorBlocks,
        @Range(min = 0, max = 16) @Default("2") int priorReaders,
        @Range(min = 1, max = 1024) @Default("128") int priorWidth,
        @Range(min = 1, max = 4096) @Default("256") int affineWidth,
        @Range(min = 0, max = 8) @Default("0") int grown,
        List<Integer> channels) {

    /** Published or own designs. */
    public enum Kind { DF_GAN, MAPPED }

    public GeneratorSettings {
        channels = Channels.check("channels", channels);
        attention = List.copyOf(attention);
        for (int edge : attention) {
            if (edge <= 4 || edge > Channels.pixels(channels) || Integer.bitCount(edge) != 1) {
                throw new IllegalArgumentException("attention names %d pixels, expected powers of two from 8 to %d".formatted(edge, Channels.pixels(channels)));
            }
        }
        if (priorBlocks > 0 && (kind != Kind.MAPPED || !spatialNoise)) {
            throw new IllegalArgumentException("prior_blocks is %d, which needs kind mapped and spatial_noise".formatted(priorBlocks));
        }
        if (grown > 0 && (kind != Kind.MAPPED || grown >= channels.size())) {
            throw new IllegalArgumentException("grown is %d, which needs kind mapped and more channels than that".formatted(grown));
        }
        if (priorWidth % Attention.HEADS != 0) {
            throw new IllegalArgumentException("prior_width is %d, expected a multiple of %d".formatted(priorWidth, Attention.HEADS));
        }
        if (spatialNoise && noiseWidth % 16 != 0) {
            throw new IllegalArgumentException("noise_width is %d, expected a multiple of 16 where spatial_noise is true".formatted(noiseWidth));
        }
    }

    /** Refuses a shape that does not make pictures of {@code size} pixels; {@code where} is what these settings are called. */
    public void requireSize(String where, int size) {
        Channels.requireSize(where + ".channels", channels, size);
    }

    /** Edges in pixels of the pictures that it paints, the smallest first. */
    public List<Integer> sizes() {
        return List.of(Channels.pixels(channels));
    }

    /** The network for text features of that width. */
    public Generator build(int textWidth) {
        return switch (kind) {
            case DF_GAN -> new DfGanGenerator(noiseWidth, textWidth, affineWidth, channels);
            case MAPPED -> new MappedGenerator(noiseWidth, textWidth, styleWidth, styleLayers, spatialNoise, coordinates, attention,
                    priorBlocks, priorReaders, priorWidth, grown, channels);
        };
    }
}
