package dev.t2i.data;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Pictures with captions, by number. What {@link #load} gives is a pure function of its arguments, so a training run can be
 * resumed bit for bit and its pictures loaded by several threads in any order.
 */
public interface CaptionedImages {
    /** The {@link #size} of a set that never ends. */
    long ENDLESS = Long.MAX_VALUE;

    /** How many pictures there are, or {@link #ENDLESS}. */
    long size();

    /**
     * Loads a picture and chooses one of its captions. Safe to call from several threads.
     *
     * @param index 0 to {@link #size} - 1
     * @param captionSeed chooses among the captions: another one, say, for each epoch
     * @param imageSize side of the square that the picture is drawn at, or cut and resized to
     * @param pixels where it goes: exactly {@code imageSize * imageSize * 3} F32 values in [-1, 1], [height, width, 3]
     * @throws DataException one line where the picture can't be read
     */
    Example load(long index, long captionSeed, int imageSize, MemorySegment pixels);

    /**
     * Refuses a size that pictures can't be had at, before a training begins with it.
     *
     * @throws DataException one line that says what sizes there are
     */
    default void requireSize(int imageSize) {}

    /** The caption, and what comes with it, that {@link #load} would give, without the picture. */
    Example describe(long index, long captionSeed);

    /**
     * All captions of a picture; empty where they are made up as they are asked for.
     *
     * @throws DataException one line where they can't be read
     */
    default Optional<List<String>> captions(long index) {
        return Optional.empty();
    }

    /** Whether captions are read as they are asked for, each from its place in an archive. */
    default boolean readsCaptionsLate() {
        return false;
    }
}
