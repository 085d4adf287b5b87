package dev.t2i.gpt2;

/**
 * Decodes UTF-8 with one U+FFFD for each maximal part of a broken sequence, as the Unicode Standard (section 3.9)
 * recommends and Rust, and so transformers' tokenizers, do. Java's own decoder joins some of those parts.
 */
final class LossyUtf8 {
    private static final char REPLACEMENT = 0xfffd;

    private LossyUtf8() {
    }

    static String decode(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (int i = 0; i < bytes.length;) {
            int lead = bytes[i] & 0xff;
            int length = length(lead);
            int good = 1;
            while (good < length && i + good < bytes.length && continues(lead, good, bytes[i + good] & 0xff)) {
                good++;
            }
            text.appendCodePoint(length > 0 && good == length ? codePoint(bytes, i, length) : REPLACEMENT);
            i += good;
        }
        return text.toString();
    }

    /** Bytes of the sequence that a byte begins; 0 where it begins none. */
    private static int length(int lead) {
        if (lead < 0x80) {
            return 1;
        }
        return lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    }

    /** Whether a byte may stand at {@code index}: the second one's range excludes overlong forms, surrogates and too much. */
    private static boolean continues(int lead, int index, int value) {
        int least = index > 1 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int most = index > 1 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        return value >= least && value <= most;
    }

    private static int codePoint(byte[] bytes, int at, int length) {
        int c = length == 1 ? bytes[at] : bytes[at] & 0x7f >> length;
        for (int i = 1; i < length; i++) {
            c = c << 6 | bytes[at + i] & 0x3f;
        }
        return c;
    }
}
