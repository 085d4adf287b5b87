package dev.t2i;

import dev.t2i.error.BadInputException;
import dev.t2i.gpt2.Sentences;
import dev.t2i.gpt2.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** From prompts to what the encoder was trained on: one form, tokens, end-of-text in front. */
final class Prompts {
    private static final int SHOWN = 40;

    private final Tokenizer tokenizer;
    private final int endOfText;
    private final int most;

    /** @param most tokens that a prompt may have */
    Prompts(Tokenizer tokenizer, int endOfText, int most) {
        this.tokenizer = tokenizer;
        this.endOfText = endOfText;
        this.most = most;
    }

    /**
     * The tokens of each prompt behind end-of-text.
     *
     * @throws BadInputException naming the first prompt that can't be drawn, and why
     */
    List<int[]> encode(List<String> prompts) {
        List<int[]> texts = new ArrayList<>(prompts.size());
        for (int i = 0; i < prompts.size(); i++) {
            texts.add(encode(prompts.get(i), prompts.size() == 1 ? "the prompt" : "prompt " + (i + 1)));
        }
        return texts;
    }

    private int[] encode(String prompt, String name) {
        if (prompt.indexOf('\0') >= 0) {
            throw new BadInputException(name + " holds a NUL character; is it text?");
        }
        String sentence = Sentences.normalise(prompt);
        if (sentence.codePoints().noneMatch(Prompts::isVisible)) {
            throw new BadInputException(name + " is empty; say in a few words what to draw");
        }
        int[] ids = tokenizer.encode(sentence);
        if (ids.length > most) {
            throw new BadInputException("%s has %d tokens (about %d words), the model takes at most %d; shorten it: \"%s\""
                    .formatted(name, ids.length, Sentences.words(sentence).size(), most, shortened(sentence)));
        }
        int[] framed = new int[ids.length + 1];
        framed[0] = endOfText;
        System.arraycopy(ids, 0, framed, 1, ids.length);
        return framed;
    }

    /** Blanks of all kinds, control characters and marks of no width say nothing. */
    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED, Character.SPACE_SEPARATOR,
                 Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN / 2)) + "…";
    }
}
