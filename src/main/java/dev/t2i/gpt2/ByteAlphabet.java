package dev.t2i.gpt2;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How GPT-2's vocabulary files spell bytes as printable characters: the printable ones of Latin-1 stand for themselves,
 * the other 68 for U+0100 and on, in order of value. So a space is written as U+0120.
 */
final class ByteAlphabet {
    private static final char[] CHARS = new char[256];
    private static final short[] BYTES = new short[512];

    static {
        Arrays.fill(BYTES, (short) -1);
        char next = 256;
        for (int value = 0; value < 256; value++) {
            boolean printable = value >= '!' && value <= '~' || value >= 0xa1 && value != 0xad;
            CHARS[value] = printable ? (char) value : next++;
            BYTES[CHARS[value]] = (short) value;
        }
    }

    private ByteAlphabet() {
    }

    /** The character that stands for a byte, 0 to 255. */
    static char spell(int value) {
        return CHARS[value];
    }

    /** All 256 characters in ascending order, which is GPT-2's order of the single-byte tokens. */
    static char[] ascending() {
        char[] sorted = CHARS.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    /** The bytes that a token stands for. One with a character beyond the alphabet was added by hand and means itself. */
    static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTES.length || BYTES[c] < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) BYTES[c];
        }
        return bytes;
    }

    /** The spelling of a text's UTF-8 bytes. */
    static String spell(String text) {
        StringBuilder spelled = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            spelled.append(CHARS[b & 0xff]);
        }
        return spelled.toString();
    }
}
