package dev.t2i.gpt2;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.util.OptionalInt;

/** GPT-2's own 50,257 tokens, from the table that jtokkit ships ({@code r50k_base}): for folders without vocabulary files. */
public final class Gpt2TableTokenizer extends ByteLevelTokenizer {
    /** The vocabulary size by which a config shows that it means this table. */
    public static final int VOCAB_SIZE = 50257;
    private static final int END_OF_TEXT_ID = 50256;
    private static final byte[] NONE = {};

    /** Read when first needed: parsing the table takes a while. */
    private static final class Table {
        static final Encoding R50K = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);
    }

    @Override
    int[] encodePiece(String piece) {
        return Table.R50K.encodeOrdinary(piece).toArray();
    }

    @Override
    byte[] bytes(int id) {
        if (id == END_OF_TEXT_ID) {
            return ByteAlphabet.bytes(END_OF_TEXT);
        }
        if (id < 0 || id >= VOCAB_SIZE) {
            return NONE;
        }
        IntArrayList one = new IntArrayList(1);
        one.add(id);
        return Table.R50K.decodeBytes(one);
    }

    @Override
    public int vocabSize() {
        return VOCAB_SIZE;
    }

    @Override
    public OptionalInt endOfText() {
        return OptionalInt.of(END_OF_TEXT_ID);
    }
}
