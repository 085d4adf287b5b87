package dev.t2i.metric;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import java.util.List;

/**
 * What a recogniser's network looks like.
 *
 * @param size side of the pictures that it reads, in pixels
 * @param channels at a half, a quarter and an eighth of the size, each a multiple of 8
 * @param blocks residual blocks at each of these
 */
public record RecogniserShape(
        @Range(min = 32, max = 512) @Default("64") int size,
        @Range(min = 8, max = 1024) @Default("[24, 48, 96]") List<Integer> channels,
        @Range(min = 0, max = 16) @Default("[1, 1, 2]") List<Integer> blocks) {
    public RecogniserShape {
        channels = List.copyOf(channels);
        blocks = List.copyOf(blocks);
        if (size % 8 != 0) {
            throw new IllegalArgumentException("size: " + size + " is not a multiple of 8");
        }
        if (channels.size() != 3 || blocks.size() != 3) {
            throw new IllegalArgumentException("channels and blocks: the network has 3 levels, not " + channels.size() + " and " + blocks.size());
        }
        if (channels.stream().anyMatch(count -> count % 8 != 0)) {
            throw new IllegalArgumentException("channels: " + channels + " are not all multiples of 8");
        }
    }

    /** Length of the feature vectors that distances are measured on. */
    public int features() {
        return channels.getLast();
    }
}
