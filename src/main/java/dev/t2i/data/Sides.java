package dev.t2i.data;

import java.util.regex.Pattern;

/** Which sentences tell left from right, so that they no longer fit their picture in a mirror. */
public final class Sides {
    private static final Pattern WORDS = Pattern.compile("\\b(left|right|leftmost|rightmost|lefthand|righthand|leftward|rightward|leftwards|rightwards|"
            + "clockwise|anticlockwise|counterclockwise)\\b", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    private Sides() {}

    /** Whether the sentence names a side. "Right" in other meanings counts, too: a picture that is not mirrored is never wrong. */
    public static boolean named(String sentence) {
        return WORDS.matcher(sentence).find();
    }
}
