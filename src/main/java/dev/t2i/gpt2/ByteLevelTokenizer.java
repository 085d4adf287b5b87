package dev.t2i.gpt2;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * What all byte-level tokenizers share: cutting out the end-of-text token, cutting the rest into pieces, remembering
 * common pieces, and putting bytes back together. Subclasses encode one piece.
 */
abstract class ByteLevelTokenizer implements Tokenizer {
    private static final int MOST_REMEMBERED = 1 << 14;
    private static final int LONGEST_REMEMBERED = 32;

    private final Map<String, int[]> remembered = new ConcurrentHashMap<>();

    /** The ids of one piece: non-empty, not the end-of-text token. */
    abstract int[] encodePiece(String piece);

    /** The bytes of a token, empty where there is none of that id. */
    abstract byte[] bytes(int id);

    @Override
    public int[] encode(String text) {
        int[][] ids = {new int[16]};
        int[] count = {0};
        walk(text, (piece, pieceIds) -> {
            if (count[0] + pieceIds.length > ids[0].length) {
                ids[0] = Arrays.copyOf(ids[0], Math.max(2 * ids[0].length, count[0] + pieceIds.length));
            }
            System.arraycopy(pieceIds, 0, ids[0], count[0], pieceIds.length);
            count[0] += pieceIds.length;
        });
        return Arrays.copyOf(ids[0], count[0]);
    }

    @Override
    public List<Piece> pieces(String text) {
        List<Piece> pieces = new ArrayList<>();
        int[] start = {0};
        walk(text, (piece, ids) -> {
            pieces.add(new Piece(piece, start[0], Arrays.stream(ids).boxed().toList()));
            start[0] += piece.length();
        });
        return pieces;
    }

    @Override
    public String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.writeBytes(bytes(id));
        }
        return LossyUtf8.decode(bytes.toByteArray());
    }

    private void walk(String text, BiConsumer<String, int[]> visit) {
        OptionalInt endOfText = endOfText();
        int[] special = endOfText.isPresent() ? new int[] {endOfText.getAsInt()} : null;
        cut(text, special != null, piece -> visit.accept(piece,
                special != null && piece.equals(END_OF_TEXT) ? special : ids(piece)));
    }

    private int[] ids(String piece) {
        int[] known = remembered.get(piece);
        if (known != null) {
            return known;
        }
        int[] ids = encodePiece(piece);
        if (piece.length() <= LONGEST_REMEMBERED && remembered.size() < MOST_REMEMBERED) {
            remembered.put(piece, ids);
        }
        return ids;
    }

    /**
     * Cuts a text into pieces, with lone surrogates, which UTF-8 cannot express, replaced by U+FFFD.
     *
     * @param special whether the end-of-text token is a piece of its own; no other piece can then equal it
     */
    static void cut(String text, boolean special, Consumer<String> piece) {
        String whole = withoutLoneSurrogates(text);
        int from = 0;
        for (int at; special && (at = whole.indexOf(END_OF_TEXT, from)) >= 0; from = at + END_OF_TEXT.length()) {
            PreTokenizer.split(whole.substring(from, at), piece);
            piece.accept(END_OF_TEXT);
        }
        PreTokenizer.split(whole.substring(from), piece);
    }

    private static String withoutLoneSurrogates(String text) {
        if (StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            return text;
        }
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().forEach(c -> clean.appendCodePoint(Character.getType(c) == Character.SURROGATE ? 0xfffd : c));
        return clean.toString();
    }
}
