package dev.t2i.gpt2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.error.BadInputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against transformers' {@code GPT2TokenizerFast} ({@code src/test/python/tokenizer_fixtures.py}), and against each other. */
class TokenizerTest {
    private static final Path FIXTURES = fixtures();

    private static JsonNode cases;
    private static Tokenizer gpt2;
    private static Tokenizer ownGpt2;
    private static Tokenizer small;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws IOException {
        cases = new ObjectMapper().readTree(FIXTURES.resolve("tokenizer_cases.json").toFile());
        gpt2 = new Gpt2TableTokenizer();
        ownGpt2 = new BytePairTokenizer(gpt2Vocabulary());
        small = new BytePairTokenizer(BpeVocabulary.read(FIXTURES));
    }

    @Test
    void encodesAsTransformersDoes() {
        for (JsonNode one : cases.get("texts")) {
            String text = one.get("text").textValue();
            assertArrayEquals(ints(one.get("gpt2")), gpt2.encode(text), () -> "jtokkit's table: " + escaped(text));
            assertArrayEquals(ints(one.get("gpt2")), ownGpt2.encode(text), () -> "own merges: " + escaped(text));
            assertArrayEquals(ints(one.get("small")), small.encode(text), () -> "small vocabulary: " + escaped(text));
        }
    }

    @Test
    void decodesAsTransformersDoes() {
        for (JsonNode one : cases.get("decoded")) {
            assertEquals(one.get("gpt2").textValue(), gpt2.decode(ints(one.get("ids"))));
            assertEquals(one.get("gpt2").textValue(), ownGpt2.decode(ints(one.get("ids"))));
        }
        for (JsonNode one : cases.get("bytes")) {
            assertEquals(one.get("small").textValue(), small.decode(ints(one.get("ids"))));
        }
    }

    @Test
    void tenThousandWords() {
        String[] words = {"house", "Moon", "sky-blue", "xxxxxxxxx", "1999"};
        String prompt = IntStream.range(0, 10_000).mapToObj(i -> words[(int) ((long) i * i % 5)] + i % 97)
                .collect(Collectors.joining(" "));
        for (JsonNode one : cases.get("longest")) {
            int[] ids = (one.get("name").textValue().equals("gpt2") ? gpt2 : small).encode(prompt);
            assertEquals(one.get("count").intValue(), ids.length);
            CRC32 crc = new CRC32();
            crc.update(Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(","))
                    .getBytes(StandardCharsets.US_ASCII));
            assertEquals(one.get("crc").longValue(), crc.getValue());
        }
    }

    /** A piece of a million characters would not end in time if merging were quadratic. */
    @Test
    void onePieceOfAMillionCharacters() {
        String text = "ab".repeat(500_000);
        assertEquals(text, small.decode(small.encode(text)));
        assertArrayEquals(gpt2.encode("ab".repeat(5_000)), ownGpt2.encode("ab".repeat(5_000)));
    }

    @Test
    void decodingAnEncodingGivesTheTextAgain() {
        Random random = new Random(1);
        for (int round = 0; round < 2_000; round++) {
            String text = random.ints(random.nextInt(30), 0, 0x110000)
                    .map(c -> random.nextBoolean() ? " \n'sdtmlveraZ09.\t\u00a0".charAt(c % 18) : c)
                    .filter(c -> Character.getType(c) != Character.SURROGATE)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
            for (Tokenizer tokenizer : List.of(gpt2, ownGpt2, small)) {
                assertEquals(text, tokenizer.decode(tokenizer.encode(text)), () -> escaped(text));
            }
            assertArrayEquals(gpt2.encode(text), ownGpt2.encode(text), () -> escaped(text));
            assertEquals(piecesOfThePublishedPattern(text), gpt2.pieces(text).stream().map(Tokenizer.Piece::text).toList(),
                    () -> escaped(text));
        }
    }

    private static List<String> piecesOfThePublishedPattern(String text) {
        Matcher matcher = Pattern.compile("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                Pattern.UNICODE_CHARACTER_CLASS).matcher(text);
        return matcher.results().map(result -> result.group()).toList();
    }

    @Test
    void loneSurrogatesBecomeReplacementCharacters() {
        for (Tokenizer tokenizer : List.of(gpt2, small)) {
            assertArrayEquals(tokenizer.encode("a\ufffd b\ufffd"), tokenizer.encode("a\ud800 b\udc00"));
            assertArrayEquals(tokenizer.encode("\ufffd\ufffd"), tokenizer.encode("\udc00\ud800"));
        }
    }

    @Test
    void piecesCoverTheText() {
        String text = "A red  house<|endoftext|> isn't here";
        List<Tokenizer.Piece> pieces = small.pieces(text);
        assertEquals(List.of("A", " red", " ", " house", "<|endoftext|>", " isn", "'t", " here"),
                pieces.stream().map(Tokenizer.Piece::text).toList());
        pieces.forEach(piece -> assertEquals(piece.text(), text.substring(piece.start(), piece.start() + piece.text().length())));
        assertArrayEquals(small.encode(text), pieces.stream().flatMap(piece -> piece.ids().stream()).mapToInt(i -> i).toArray());
        assertEquals(List.of(small.endOfText().orElseThrow()), pieces.get(4).ids());
    }

    @Test
    void idsWithoutATokenDecodeToNothing() {
        for (Tokenizer tokenizer : List.of(gpt2, ownGpt2, small)) {
            int a = tokenizer.encode("a")[0];
            assertEquals("aa", tokenizer.decode(a, tokenizer.vocabSize(), -1, Integer.MAX_VALUE, Integer.MIN_VALUE, a));
            assertEquals("", tokenizer.decode());
        }
        assertEquals(50257, gpt2.vocabSize());
        assertEquals(OptionalInt.of(50256), gpt2.endOfText());
        assertEquals("<|endoftext|>", gpt2.decode(50256));
    }

    @Test
    void oneFileLayoutGivesTheSameIds() throws IOException {
        Files.copy(FIXTURES.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Tokenizer tokenizer = new BytePairTokenizer(BpeVocabulary.read(folder));
        assertEquals(small.vocabSize(), tokenizer.vocabSize());
        for (JsonNode one : cases.get("texts")) {
            assertArrayEquals(ints(one.get("small")), tokenizer.encode(one.get("text").textValue()));
        }
    }

    @Test
    void aByteThatTheVocabularyLacksIsNamed() throws IOException {
        Files.writeString(folder.resolve("vocab.json"), "{\"a\":0,\"b\":2,\"ab\":5}");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b\n");
        Tokenizer tokenizer = new BytePairTokenizer(BpeVocabulary.read(folder));
        assertArrayEquals(new int[] {5, 5, 0}, tokenizer.encode("ababa"));
        assertEquals("abb", tokenizer.decode(5, 1, 2));
        assertEquals(OptionalInt.empty(), tokenizer.endOfText());
        String message = assertThrows(BadInputException.class, () -> tokenizer.encode("a b")).getMessage();
        assertTrue(message.contains("0x20"), message);
    }

    /**
     * GPT-2's merges, recovered from its tokens: each but the single bytes was merged from the two halves to which the
     * tokens before it lead.
     */
    private static BpeVocabulary gpt2Vocabulary() {
        Gpt2TableTokenizer table = new Gpt2TableTokenizer();
        Map<String, Integer> ids = new LinkedHashMap<>();
        List<BpeVocabulary.Merge> merges = new ArrayList<>();
        Function<byte[], String> spell = bytes -> IntStream.range(0, bytes.length)
                .mapToObj(i -> String.valueOf(ByteAlphabet.spell(bytes[i] & 0xff))).collect(Collectors.joining());
        for (int id = 0; id < Gpt2TableTokenizer.VOCAB_SIZE; id++) {
            String token = spell.apply(table.bytes(id));
            if (token.length() > 1 && !token.equals(Tokenizer.END_OF_TEXT)) {
                merges.add(halves(token, ids));
            }
            ids.put(token, id);
        }
        return new BpeVocabulary(ids, merges);
    }

    private static BpeVocabulary.Merge halves(String token, Map<String, Integer> ranks) {
        List<String> parts = new ArrayList<>(token.chars().mapToObj(c -> String.valueOf((char) c)).toList());
        while (parts.size() > 2) {
            int best = -1;
            int lowest = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < parts.size(); i++) {
                int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
                if (rank < lowest) {
                    lowest = rank;
                    best = i;
                }
            }
            parts.set(best, parts.get(best) + parts.remove(best + 1));
        }
        return new BpeVocabulary.Merge(parts.get(0), parts.get(1));
    }

    static Path fixtures() {
        try {
            return Path.of(TokenizerTest.class.getResource("/gpt2").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
    }

    private static String escaped(String text) {
        return text.codePoints().limit(80).mapToObj("%x"::formatted).collect(Collectors.joining(" "));
    }
}
