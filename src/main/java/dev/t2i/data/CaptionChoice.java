package dev.t2i.data;

import java.util.List;

/** Chooses among a picture's captions by a seed; the same way for every kind of data set, so that a packed one is trained on alike. */
final class CaptionChoice {
    private CaptionChoice() {}

    static String of(List<String> captions, long index, long captionSeed) {
        // The finaliser of SplitMix64 spreads neighbouring seeds and indices.
        long hash = (captionSeed * 0x9E3779B97F4A7C15L) ^ (index + 1) * 0xBF58476D1CE4E5B9L;
        hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
        hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
        return captions.get((int) Long.remainderUnsigned(hash ^ (hash >>> 31), captions.size()));
    }
}
