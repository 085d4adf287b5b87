package dev.t2i.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BpeTrainerTest {
    @TempDir
    Path folder;

    /** The merges in the fixture are those that Hugging Face's trainer learned from the same texts. */
    @Test
    void learnsWhatTheTokenizersLibraryLearns() throws IOException {
        List<String> corpus = Files.readAllLines(TokenizerTest.fixtures().resolve("corpus.txt"));
        BpeVocabulary theirs = BpeVocabulary.read(TokenizerTest.fixtures());
        BpeVocabulary ours = BpeTrainer.train(corpus.stream(), 460, 2);
        assertEquals(theirs.merges(), ours.merges());
        assertEquals(theirs.ids(), ours.ids());

        BpeVocabulary shorter = BpeTrainer.train(corpus.stream(), 300, 2);
        assertEquals(theirs.merges().subList(0, 43), shorter.merges());
        assertEquals(300, shorter.size());
        assertEquals(299, shorter.ids().get(Tokenizer.END_OF_TEXT));

        Collections.shuffle(corpus, new Random(2));
        assertEquals(theirs.merges(), BpeTrainer.train(corpus.stream(), 460, 2).merges());
    }

    /** Counting anew after every merge is slow and plainly right. */
    @Test
    void agreesWithCountingAnew() {
        Random random = new Random(4);
        for (int round = 0; round < 30; round++) {
            List<String> texts = random.ints(12, 1, 30).mapToObj(length -> random.ints(length, 0, 4)
                    .mapToObj(c -> "abc ".substring(c, c + 1)).reduce("", String::concat)).toList();
            assertEquals(naive(texts, 40, 2), BpeTrainer.train(texts.stream(), 257 + 40, 2).merges());
        }
    }

    private static List<BpeVocabulary.Merge> naive(List<String> texts, int mostMerges, int minFrequency) {
        List<String> tokens = new ArrayList<>();
        for (char c : ByteAlphabet.ascending()) {
            tokens.add(String.valueOf(c));
        }
        List<List<String>> words = new ArrayList<>();
        texts.forEach(text -> PreTokenizer.split(text, piece -> words.add(new ArrayList<>(
                ByteAlphabet.spell(piece).chars().mapToObj(c -> String.valueOf((char) c)).toList()))));
        List<BpeVocabulary.Merge> merges = new ArrayList<>();
        while (tokens.size() < 256 + mostMerges) {
            Map<BpeVocabulary.Merge, Integer> counts = new HashMap<>();
            words.forEach(word -> {
                for (int i = 0; i + 1 < word.size(); i++) {
                    counts.merge(new BpeVocabulary.Merge(word.get(i), word.get(i + 1)), 1, Integer::sum);
                }
            });
            BpeVocabulary.Merge best = null;
            for (BpeVocabulary.Merge merge : counts.keySet()) {
                int difference = best == null ? 1 : counts.get(merge) - counts.get(best);
                if (difference == 0) {
                    difference = tokens.indexOf(best.left()) - tokens.indexOf(merge.left());
                }
                if (difference == 0) {
                    difference = tokens.indexOf(best.right()) - tokens.indexOf(merge.right());
                }
                best = difference > 0 ? merge : best;
            }
            if (best == null || counts.get(best) < minFrequency) {
                break;
            }
            merges.add(best);
            if (!tokens.contains(best.merged())) {
                tokens.add(best.merged());
            }
            for (List<String> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    if (word.get(i).equals(best.left()) && word.get(i + 1).equals(best.right())) {
                        word.set(i, best.merged());
                        word.remove(i + 1);
                    }
                }
            }
        }
        return merges;
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        BpeVocabulary vocabulary = BpeTrainer.train(Stream.of("\u65e5\u672c \u65e5\u672c", "\"quoted\" \\ \"quoted\" \\"), 290, 1);
        vocabulary.write(folder);
        BpeVocabulary read = BpeVocabulary.read(folder);
        assertEquals(vocabulary.ids(), read.ids());
        assertEquals(vocabulary.merges(), read.merges());
    }

    @Test
    void nothingToLearnLeavesTheBytes() {
        BpeVocabulary vocabulary = BpeTrainer.train(Stream.of("", "a", "b<|endoftext|>"), 1000, 1);
        assertEquals(257, vocabulary.size());
        assertEquals(List.of(), vocabulary.merges());
        assertThrows(IllegalArgumentException.class, () -> BpeTrainer.train(Stream.of("a"), 256, 1));
        assertThrows(IllegalArgumentException.class, () -> BpeTrainer.train(Stream.of("a"), 300, 0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "absent", textBlock = """
            absent              | a b    | vocab.json: there is no such file
            {"a":0,"b":1}       | absent | merges.txt: there is no such file; vocab.json needs it beside it
            {}                  | ` `    | vocab.json: holds no tokens
            []                  | ` `    | vocab.json: is not a JSON object
            {"a":0,"a":1}       | ` `    | vocab.json: is not valid JSON in line 1: Duplicate
            {"a":0,"b":0}       | ``     | id 0 belongs to 'a' and to 'b'
            {"a":-1}            | ``     | vocab.json: the id of token 'a' is -1, must be a whole number from 0 to 10000000
            {"a":1.5}           | ``     | the id of token 'a' is 1.5
            {"a":"1"}           | ``     | the id of token 'a' is "1"
            {"a":4294967296}    | ``     | the id of token 'a' is 4294967296
            {"a":0,"b":1}       | a b    | merges.txt: merge 'a b' needs the token 'ab', which the vocabulary lacks
            {"a":0,"aa":1}      | a c    | merges.txt: merge 'a c' needs the token 'c'
            {"a":0,"aa":1}      | a      | merges.txt: line 2 does not hold two tokens
            {"a":0,"aa":1}      | a  a   | merges.txt: line 2 does not hold two tokens
            """)
    void malformedVocabulariesAreRefusedInOneLine(String vocab, String merges, String reason) throws IOException {
        if (vocab != null) {
            Files.writeString(folder.resolve("vocab.json"), vocab);
        }
        if (merges != null) {
            Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n" + merges + "\n");
        }
        String message = assertThrows(BadModelException.class, () -> BpeVocabulary.read(folder)).getMessage();
        assertTrue(message.startsWith(folder.toString()) && message.contains(reason), message);
        assertEquals(1, message.lines().count(), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"model":{"type":"WordPiece","vocab":{"a":0}}}
            {"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Metaspace"}}
            {"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true}}
            {"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}
            """)
    void otherTokenizersAreRefused(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        String message = assertThrows(BadModelException.class, () -> BpeVocabulary.read(folder)).getMessage();
        assertTrue(message.contains("tokenizer.json: is not a byte-level BPE cut like GPT-2's"), message);
    }
}
