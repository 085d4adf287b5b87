package dev.t2i.safetensors;

import dev.t2i.error.BadModelException;

/**
 * A weights file that cannot be trusted or does not fit what was asked of it. The message is one line: file, what was
 * wrong there, and where possible what to do.
 */
public final class SafetensorsException extends BadModelException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_QUOTE = 80;

    public SafetensorsException(String origin, String problem) {
        super(origin + ": " + problem);
    }

    SafetensorsException(String origin, String problem, Throwable cause) {
        super(origin + ": " + problem, cause);
    }

    /** Text from a file made fit for a one-line message: quoted, shortened, control characters escaped. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("'");
        text.codePoints().limit(LONGEST_QUOTE).forEach(c -> {
            boolean printable = switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED,
                     Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
                default -> true;
            };
            if (printable) {
                quoted.appendCodePoint(c);
            } else {
                quoted.append("\\u%04x".formatted(c));
            }
        });
        if (text.codePointCount(0, text.length()) > LONGEST_QUOTE) {
            quoted.append("...");
        }
        return quoted.append('\'').toString();
    }
}
