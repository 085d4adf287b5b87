package dev.t2i.gan;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import java.util.List;

/**
 * The shape of the discriminators, of which there is one for each size that the generator paints.
 *
 * @param headWidth of {@code one_way}: width of the layer that joins features and text
 * @param batchDeviation of {@code one_way}: whether the deviation over groups of pictures joins the features
 * @param channels from the full picture down to 4x4, the picture halving with each further entry
 */
public record DiscriminatorSettings(
        @Default("one_way") Kind kind,
        @Range(min = 1, max = 65_536) @Default("64") int headWidth,
        @Default("false") boolean batchDeviation,
        List<Integer> channels) {

    /** Published designs. */
    public enum Kind { ONE_WAY }

    public DiscriminatorSettings {
        channels = Channels.check("channels", channels);
    }

    /** Refuses shapes that do not fit pictures of those sizes. */
    public void requireSizes(List<Integer> sizes) {
        if (sizes.size() > 1) {
            throw new IllegalArgumentException("discriminator.kind is one_way, which judges pictures of one size; the generator paints " + sizes);
        }
        Channels.requireSize("discriminator.channels", channels, sizes.getLast());
    }

    /** The networks for text features of that width, for each of the sizes. */
    public List<Discriminator> build(int textWidth, List<Integer> sizes) {
        return List.of(new OneWayDiscriminator(textWidth, headWidth, channels, batchDeviation));
    }
}
