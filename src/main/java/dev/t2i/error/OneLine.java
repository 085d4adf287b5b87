package dev.t2i.error;

import java.util.regex.Pattern;

/** Text from outside (a prompt, a name, a picture's metadata) made fit for one line of a terminal. */
public final class OneLine {
    /** One run after another and each once: a pattern for blanks around a line end looks at long blanks again from every one of them. */
    private static final Pattern BLANKS = Pattern.compile("[\\s\\u0085\\u2028\\u2029]+");
    private static final Pattern LINE_END = Pattern.compile("\\R");
    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;

    private OneLine() {}

    /** The text with line ends as blanks and with escapes for whatever a terminal would obey rather than show. */
    public static String of(String text) {
        StringBuilder line = new StringBuilder(text.length());
        BLANKS.matcher(text.strip()).replaceAll(run -> LINE_END.matcher(run.group()).find() ? " " : run.group()).codePoints().forEach(c -> {
            if (isShown(c)) {
                line.appendCodePoint(c);
            } else {
                line.append("\\u%04x".formatted(c));
            }
        });
        return line.toString();
    }

    /** As {@link #of(String)}, and no longer than {@code longest} characters: what is too much goes from the middle. */
    public static String of(String text, int longest) {
        String line = of(text);
        if (line.length() <= longest) {
            return line;
        }
        int start = line.offsetByCodePoints(0, line.codePointCount(0, longest / 2));
        int end = line.length() - longest / 2;
        return line.substring(0, start) + " … " + line.substring(Character.isLowSurrogate(line.charAt(end)) ? end + 1 : end);
    }

    private static boolean isShown(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            // Joiners hold emoji and some scripts together; the others turn the direction of writing or are not seen at all.
            case Character.FORMAT -> c == ZERO_WIDTH_JOINER || c == ZERO_WIDTH_NON_JOINER;
            default -> true;
        };
    }
}
