package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.error.BadInputException;
import java.util.List;
import java.util.Optional;

/**
 * A generator's shape.
 *
 * @param noiseWidth latent variables; of {@code transformer} those of the whole picture
 * @param channels from the 4x4 stem upward, the picture doubling with each further entry; of {@code dcgan} once more to the result, of
 *        {@code stackgan}, {@code stackgan_tree} and {@code attngan} those of the first stage; {@code transformer} has none
 * @param styleWidth of {@code mapped}: width of the mapped noise and of the style; of {@code transformer}: of tokens and style
 * @param styleLayers of {@code mapped}: layers that join mapped noise and text to the style
 * @param spatialNoise of {@code mapped}: whether each cell of the stem has noise of its own; noiseWidth is then a multiple of 16
 * @param coordinates of {@code mapped}: whether modulation may vary linearly over the picture
 * @param attention of {@code mapped}: edges in pixels, from 4, at which places look at the words of the text
 * @param priorBlocks of {@code mapped}: blocks of the prior's transformer over the cells, 0 for plain noise; needs spatialNoise
 * @param priorReaders of {@code mapped}: blocks of the prior's transformer over the words
 * @param priorWidth of {@code mapped}: width of both
 * @param priorReach of {@code mapped}: how many words to either side each word hears before the prior's transformer reads them; 0 for none
 * @param affineWidth of {@code df_gan}: width of the hidden layer of each affine, 0 for as many as the channels that it acts on
 * @param grown of {@code mapped}: how many of the last channels were appended to a generator that had learnt without them; each
 *     corrects the enlarged picture of the entries before it
 * @param augmentationWidth of {@code stackgan}, {@code stackgan_tree}, {@code attngan}: width of the conditioning augmentation
 * @param stages of {@code stackgan}: 2 for Stage II, four times as large; of {@code stackgan_tree}, {@code attngan}: how many, each twice
 *        as large as the one before
 * @param residuals of the same: residual blocks of each further stage
 * @param patches of {@code transformer}: patches along an edge
 * @param patch of {@code transformer}: edge of a patch in pixels
 * @param patchNoise of {@code transformer}: latent variables of each patch
 * @param blocks of {@code transformer}: how many
 * @param detail of {@code transformer}: channels of each pixel before the last convolution
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
        @Range(min = 0, max = 16) @Default("0") int priorReach,
        @Range(min = 0, max = 4096) @Default("256") int affineWidth,
        @Range(min = 0, max = 8) @Default("0") int grown,
        @Default("[]") List<Integer> channels,
        @Range(min = 1, max = 4096) @Default("128") int augmentationWidth,
        @Range(min = 1, max = 6) @Default("1") int stages,
        @Range(min = 0, max = 16) @Default("2") int residuals,
        @Range(min = 1, max = 256) @Default("16") int patches,
        @Range(min = 1, max = 64) @Default("4") int patch,
        @Range(min = 1, max = 64) @Default("4") int patchNoise,
        @Range(min = 1, max = 64) @Default("4") int blocks,
        @Range(min = 1, max = 256) @Default("16") int detail) {

    /** Published or own designs. */
    public enum Kind { DF_GAN, MAPPED, DCGAN, STACKGAN, STACKGAN_TREE, ATTNGAN, TRANSFORMER }

    public GeneratorSettings {
        if (kind == Kind.TRANSFORMER) {
            channels = List.copyOf(channels);
            requireMultiple("style_width", styleWidth, Attention.HEADS);
        } else {
            channels = Channels.check("channels", channels);
        }
        attention = List.copyOf(attention);
        for (int edge : attention) {
            if (edge < 4 || edge > Channels.pixels(channels) || Integer.bitCount(edge) != 1) {
                throw new IllegalArgumentException("attention names %d pixels, expected powers of two from 4 to %d".formatted(edge, Channels.pixels(channels)));
            }
        }
        if (priorBlocks > 0 && (kind != Kind.MAPPED || !spatialNoise)) {
            throw new IllegalArgumentException("prior_blocks is %d, which needs kind mapped and spatial_noise".formatted(priorBlocks));
        }
        if (grown > 0 && (kind != Kind.MAPPED || grown >= channels.size())) {
            throw new IllegalArgumentException("grown is %d, which needs kind mapped and more channels than that".formatted(grown));
        }
        requireMultiple("prior_width", priorWidth, Attention.HEADS);
        if (spatialNoise && noiseWidth % 16 != 0) {
            throw new IllegalArgumentException("noise_width is %d, expected a multiple of 16 where spatial_noise is true".formatted(noiseWidth));
        }
        if (stages > 1 && kind != Kind.STACKGAN && kind != Kind.STACKGAN_TREE && kind != Kind.ATTNGAN || stages > 2 && kind == Kind.STACKGAN) {
            throw new IllegalArgumentException(
                    "stages is %d, but stackgan has 1 or 2, stackgan_tree and attngan any number, other kinds 1".formatted(stages));
        }
    }

    private static void requireMultiple(String setting, int width, int of) {
        if (width % of != 0) {
            throw new IllegalArgumentException("%s is %d, expected a multiple of %d".formatted(setting, width, of));
        }
    }

    /** Refuses a shape that does not make pictures of {@code size} pixels; {@code where} is what these settings are called. */
    public void requireSize(String where, int size) {
        int own = sizes().getLast();
        if (own == size) {
            return;
        }
        switch (kind) {
            case TRANSFORMER -> throw new BadInputException("%s: patches %d of patch %d pixels make pictures of %d, but size is %d"
                    .formatted(where, patches, patch, own, size));
            case DCGAN, STACKGAN, STACKGAN_TREE, ATTNGAN -> throw new BadInputException(
                    "%s: %d entries of channels and %d stages make pictures of %d pixels, but size is %d".formatted(where, channels.size(), stages, own, size));
            case DF_GAN, MAPPED -> Channels.requireSize(where + ".channels", channels, size);
        }
    }

    /** Edges in pixels of the pictures that it paints, the smallest first. */
    public List<Integer> sizes() {
        return build(1).sizes();
    }

    /** Whether it draws the text's part of a picture from a distribution. */
    public boolean augments() {
        return switch (kind) {
            case STACKGAN, STACKGAN_TREE, ATTNGAN -> true;
            case DF_GAN, MAPPED, DCGAN, TRANSFORMER -> false;
        };
    }

    /** Whether it has batch normalisation. */
    public boolean normalisesBatches() {
        return switch (kind) {
            case DCGAN, STACKGAN, STACKGAN_TREE, ATTNGAN -> true;
            case DF_GAN, MAPPED, TRANSFORMER -> false;
        };
    }

    /** Whether it is built upon another generator, which stays as it is. */
    public boolean needsStart() {
        return kind == Kind.STACKGAN && stages == 2;
    }

    /** The network for text features of that width. */
    public Generator build(int textWidth) {
        return switch (kind) {
            case DF_GAN -> new DfGanGenerator(noiseWidth, textWidth, affineWidth, channels);
            case MAPPED -> new MappedGenerator(noiseWidth, textWidth, styleWidth, styleLayers, spatialNoise, coordinates, attention,
                    priorBlocks, priorReaders, priorWidth, priorReach, grown, channels);
            case DCGAN -> new DcganGenerator(noiseWidth, textWidth, channels);
            case STACKGAN -> new StackGanGenerator(noiseWidth, augmentationWidth, textWidth, channels, stages == 2 ? Optional.of(residuals) : Optional.empty());
            case STACKGAN_TREE -> new StackGanTreeGenerator(noiseWidth, augmentationWidth, textWidth, channels, stages, residuals);
            case ATTNGAN -> new AttnGanGenerator(noiseWidth, augmentationWidth, textWidth, channels, stages, residuals);
            case TRANSFORMER -> new TransformerGenerator(patches * patch, noiseWidth, patchNoise, textWidth, styleWidth, blocks, patch, detail);
        };
    }
}
