package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.nn.Initializer;
import java.util.List;
import java.util.Locale;

/**
 * The shape of the discriminators, of which there is one for each size that the generator paints.
 *
 * @param headWidth of {@code one_way}: width of the layer that joins features and text
 * @param batchDeviation of {@code one_way}: whether the deviation over groups of pictures joins the features
 * @param plainShortcuts of {@code one_way}: whether blocks that keep their channels pass on what came in as it is, as DF-GAN's do
 * @param channels of {@code one_way}: from the full picture down to 4x4, the picture halving with each further entry
 * @param grown of {@code one_way}: how many of the first channels were put before those of the discriminator that it grew from
 * @param width of {@code stacked}: channels of the first convolution
 * @param alone of {@code stacked}: whether pictures are judged without their text as well
 * @param normalization of {@code stacked}: of its features; a penalty on each picture's slope wants {@code layer}
 * @param start of {@code stacked}: where convolutions start
 */
public record DiscriminatorSettings(
        @Default("one_way") Kind kind,
        @Range(min = 1, max = 65_536) @Default("64") int headWidth,
        @Default("false") boolean batchDeviation,
        @Default("false") boolean plainShortcuts,
        @Default("[]") List<Integer> channels,
        @Range(min = 0, max = 8) @Default("0") int grown,
        @Range(min = 1, max = 1024) @Default("64") int width,
        @Default("false") boolean alone,
        @Default("batch") StackedDiscriminator.Normalization normalization,
        @Default("normal") Start start) {
    /** The papers' smallest pictures: larger ones are brought to as many channels as these have. */
    private static final int SMALLEST = 64;

    /** Published designs. */
    public enum Kind {
        /** DF-GAN's: {@link OneWayDiscriminator}. */
        ONE_WAY,
        /** That of DCGAN, StackGAN and AttnGAN: {@link StackedDiscriminator}. */
        STACKED
    }

    /** First weights of convolutions. */
    public enum Start {
        /** Deviation 0.02, as DCGAN and StackGAN start. */
        NORMAL,
        /** As AttnGAN starts. */
        ORTHOGONAL
    }

    public DiscriminatorSettings {
        channels = kind == Kind.ONE_WAY ? Channels.check("channels", channels) : List.copyOf(channels);
        if (kind != Kind.ONE_WAY && !channels.isEmpty()) {
            throw new IllegalArgumentException("channels shape a discriminator of kind one_way, with kind stacked set width instead");
        }
        if (kind != Kind.STACKED && normalization != StackedDiscriminator.Normalization.BATCH) {
            throw new IllegalArgumentException("normalization is %s, but only discriminators of kind stacked have any; leave it out"
                    .formatted(normalization.name().toLowerCase(Locale.ROOT)));
        }
        if (kind != Kind.ONE_WAY && grown > 0) {
            throw new IllegalArgumentException("grown is %d, but only discriminators of kind one_way grow; set it to 0".formatted(grown));
        }
        if (kind == Kind.ONE_WAY && grown > channels.size() - 2) {
            throw new IllegalArgumentException("grown is %d, but of %s at most %d can have been added to a discriminator; the smallest one has two"
                    .formatted(grown, channels, channels.size() - 2));
        }
    }

    /** Refuses shapes that do not fit pictures of those sizes. */
    public void requireSizes(List<Integer> sizes) {
        if (kind == Kind.ONE_WAY) {
            if (sizes.size() > 1) {
                throw new IllegalArgumentException(
                        "discriminator.kind is one_way, which judges pictures of one size, but the generator paints %s; use kind stacked".formatted(sizes));
            }
            Channels.requireSize("discriminator.channels", channels, sizes.getLast());
        } else if (sizes.getFirst() < 8 || Integer.bitCount(sizes.getFirst()) != 1) {
            throw new IllegalArgumentException(
                    "discriminator.kind stacked judges pictures of 8, 16, 32 and so on pixels, but the generator paints " + sizes);
        }
    }

    /** How many pictures of a batch of {@code n} its networks look at together, picture i beside pictures i + n / groups and so on; 1 where each by itself. */
    public int groups(int n) {
        return kind == Kind.ONE_WAY && batchDeviation ? OneWayDiscriminator.group(n) : 1;
    }

    /** Whether its networks have batch normalisation. */
    public boolean normalisesBatches() {
        return kind == Kind.STACKED && normalization == StackedDiscriminator.Normalization.BATCH;
    }

    /** Whether its networks judge pictures without their text. */
    public boolean judgesAlone() {
        return kind == Kind.STACKED && alone;
    }

    /** The networks for text features of that width, for each of the sizes. */
    public List<Discriminator> build(int textWidth, List<Integer> sizes) {
        return switch (kind) {
            case ONE_WAY -> List.of(new OneWayDiscriminator(textWidth, headWidth, channels, batchDeviation, plainShortcuts, grown));
            case STACKED -> sizes.stream().<Discriminator>map(size -> new StackedDiscriminator(textWidth, width, size,
                    Math.min(SMALLEST, sizes.getFirst()), alone, normalization,
                    start == Start.NORMAL ? new Initializer.Normal(0.02) : Initializer.ORTHOGONAL)).toList();
        };
    }
}
