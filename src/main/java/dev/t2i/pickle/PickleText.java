package dev.t2i.pickle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The two ways in which protocol 0 writes text on a line. */
final class PickleText {
    private static final int HEX = 16;

    private PickleText() {}

    /** A byte string as Python 2 would show it: in quotes, with escapes. Empty where it is malformed is {@code null}. */
    static byte[] quoted(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1).strip();
        if (text.length() < 2 || text.charAt(0) != text.charAt(text.length() - 1) || text.charAt(0) != '\'' && text.charAt(0) != '"') {
            return null;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 1; i < text.length() - 1; i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                bytes.write(c);
                continue;
            }
            c = text.charAt(++i);
            int plain = "\\'\"nrtabfv0".indexOf(c);
            if (c == 'x') {
                int value = i + 2 < text.length() - 1 ? hex(text, i + 1, 2) : -1;
                if (value < 0) {
                    return null;
                }
                bytes.write(value);
                i += 2;
            } else if (plain < 0 || i == text.length() - 1) {
                return null;
            } else {
                bytes.write("\\'\"\n\r\t\007\b\f\013\0".charAt(plain));
            }
        }
        return bytes.toByteArray();
    }

    /** Text in Latin-1, with what lies beyond as backslash, u and four, or U and eight, hexadecimal digits; {@code null} where it is malformed. */
    static String unicode(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
            if (text.charAt(i) != '\\' || next != 'u' && next != 'U') {
                out.append(text.charAt(i));
                continue;
            }
            int digits = next == 'u' ? 4 : 8;
            int value = i + 1 + digits < text.length() ? hex(text, i + 2, digits) : -1;
            if (!Character.isValidCodePoint(value)) {
                return null;
            }
            out.appendCodePoint(value);
            i += 1 + digits;
        }
        return out.toString();
    }

    private static int hex(String text, int start, int digits) {
        String part = text.substring(start, start + digits);
        return part.matches("[0-9a-fA-F]+") ? (int) Math.min(Integer.MAX_VALUE, Long.parseLong(part, HEX)) : -1;
    }
}
