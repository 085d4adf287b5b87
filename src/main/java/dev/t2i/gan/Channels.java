package dev.t2i.gan;

import dev.t2i.error.BadInputException;
import java.util.List;

/** The list of channel counts that shapes a convolutional network: one entry a resolution, each twice the next. */
public final class Channels {
    private static final int SMALLEST_PICTURE = 4;
    private static final int MAX_ENTRIES = 9;
    private static final int MAX_CHANNELS = 4096;

    private Channels() {}

    /** Refuses a list that shapes no network. */
    public static List<Integer> check(String setting, List<Integer> channels) {
        if (channels == null || channels.isEmpty() || channels.size() > MAX_ENTRIES) {
            throw new BadInputException("%s: needs 1 to %d entries, one for each resolution from 4 pixels to %d"
                    .formatted(setting, MAX_ENTRIES, SMALLEST_PICTURE << MAX_ENTRIES - 1));
        }
        for (int count : channels) {
            if (count < 1 || count > MAX_CHANNELS) {
                throw new BadInputException("%s: %d channels are not possible, use 1 to %d".formatted(setting, count, MAX_CHANNELS));
            }
        }
        return List.copyOf(channels);
    }

    /** Edge in pixels of pictures that so many entries lead to or from. */
    public static int pixels(List<Integer> channels) {
        return SMALLEST_PICTURE << channels.size() - 1;
    }

    /** Refuses a list that needs pictures larger than {@code size} pixels. */
    public static void requireAtMost(String setting, List<Integer> channels, int size) {
        if (pixels(channels) > size || size % pixels(channels) != 0) {
            throw new BadInputException("%s: %d entries need pictures of %d pixels, but size is %d; use at most as many as lead down from there to 4 pixels"
                    .formatted(setting, channels.size(), pixels(channels), size));
        }
    }

    /** Refuses a list of the wrong length for pictures of {@code size} pixels. */
    public static void requireSize(String setting, List<Integer> channels, int size) {
        if (pixels(channels) != size) {
            throw new BadInputException("%s: %d entries make pictures of %d pixels, but size is %d; each entry after the first doubles the 4 pixels at the small end"
                    .formatted(setting, channels.size(), pixels(channels), size));
        }
    }
}
