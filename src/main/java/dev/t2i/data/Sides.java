package dev.t2i.data;

import java.util.regex.Pattern;

/** Which sentences tell left from right, or above from below, so that they no longer fit their picture in a mirror, or turned. */
public final class Sides {
    private static final Pattern WORDS = Pattern.compile("\\b(left|right|leftmost|rightmost|lefthand|righthand|leftward|rightward|leftwards|rightwards|"
            + "clockwise|anticlockwise|counterclockwise)\\b", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    private static final Pattern UPRIGHT = Pattern.compile("\\b(above|below|beneath|under|underneath|over|overhead|atop|top|bottom|upper|lower|up|down|"
            + "upward|downward|upwards|downwards|upside|upright|vertical|vertically|horizontal|horizontally|sideways)\\b",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    private Sides() {}

    /** Whether the sentence names a side. "Right" in other meanings counts, too: a picture that is not mirrored is never wrong. */
    public static boolean named(String sentence) {
        return WORDS.matcher(sentence).find();
    }

    /** Whether the sentence tells above from below, or what lies from what stands. In other meanings the words count, too. */
    public static boolean namedUpright(String sentence) {
        return UPRIGHT.matcher(sentence).find();
    }
}
