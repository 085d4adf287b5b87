package dev.t2i.gpt2;

import java.util.function.Consumer;

/**
 * GPT-2's way of cutting a text before byte pairs are merged. It equals the published pattern
 * {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}, with Unicode's meaning of each
 * class, but runs in one pass without backtracking.
 */
final class PreTokenizer {
    private enum Kind { SPACE, LETTER, NUMBER, OTHER }

    private static final String[] CONTRACTIONS = {"s", "t", "re", "ve", "m", "ll", "d"};

    private PreTokenizer() {
    }

    /** Calls {@code piece} with each piece of {@code text}, in order. */
    static void split(String text, Consumer<String> piece) {
        for (int start = 0; start < text.length();) {
            int end = end(text, start);
            piece.accept(text.substring(start, end));
            start = end;
        }
    }

    private static int end(String text, int start) {
        int first = text.codePointAt(start);
        if (first == '\'') {
            for (String contraction : CONTRACTIONS) {
                if (text.startsWith(contraction, start + 1)) {
                    return start + 1 + contraction.length();
                }
            }
        }
        Kind kind = kind(first);
        if (kind != Kind.SPACE) {
            return runEnd(text, start, kind);
        }
        if (first == ' ' && start + 1 < text.length() && kind(text.codePointAt(start + 1)) != Kind.SPACE) {
            return runEnd(text, start + 1, kind(text.codePointAt(start + 1)));
        }
        int end = runEnd(text, start, Kind.SPACE);
        // The last blank of several goes with the word that follows (or stands alone, if it cannot).
        boolean wordFollows = end < text.length();
        return wordFollows && end - start > 1 ? end - 1 : end;
    }

    private static int runEnd(String text, int start, Kind kind) {
        int end = start;
        while (end < text.length() && kind(text.codePointAt(end)) == kind) {
            end += Character.charCount(text.codePointAt(end));
        }
        return end;
    }

    private static Kind kind(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER,
                 Character.MODIFIER_LETTER, Character.OTHER_LETTER -> Kind.LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> Kind.NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> Kind.SPACE;
            default -> c >= '\t' && c <= '\r' || c == 0x85 ? Kind.SPACE : Kind.OTHER;
        };
    }
}
