package dev.t2i.gpt2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.error.BadModelException;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.ModelJson;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tokens and merges of a byte-level BPE, spelled as in GPT-2's files ({@code vocab.json}, {@code merges.txt}): every
 * byte is one printable character.
 */
public final class BpeVocabulary {
    /** The files of a vocabulary, in GPT-2's layout and in that of the tokenizers library. */
    public static final String VOCAB_FILE = "vocab.json";
    public static final String MERGES_FILE = "merges.txt";
    public static final String TOKENIZER_FILE = "tokenizer.json";
    private static final String TOKENIZER_CONFIG_FILE = "tokenizer_config.json";

    private static final long LONGEST_FILE = 256L << 20;
    private static final int LARGEST_ID = 10_000_000;

    /** Two tokens that become one. */
    public record Merge(String left, String right) {
        String merged() {
            return left + right;
        }
    }

    private final Map<String, Integer> ids;
    private final List<Merge> merges;
    private final int size;

    /**
     * @param ids    from token to id
     * @param merges in the order in which they were learned; both halves and the whole must be tokens
     * @throws IllegalArgumentException when two tokens share an id, or a merge lacks a token or occurs twice
     */
    BpeVocabulary(Map<String, Integer> ids, List<Merge> merges) {
        this.ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
        this.merges = List.copyOf(merges);
        Map<Integer, String> tokens = new HashMap<>();
        int largest = -1;
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            String other = tokens.put(entry.getValue(), entry.getKey());
            if (other != null) {
                throw new IllegalArgumentException("id %d belongs to '%s' and to '%s'"
                        .formatted(entry.getValue(), other, entry.getKey()));
            }
            largest = Math.max(largest, entry.getValue());
        }
        this.size = largest + 1;
        Set<Merge> seen = new HashSet<>();
        for (Merge merge : merges) {
            for (String token : List.of(merge.left(), merge.right(), merge.merged())) {
                if (!ids.containsKey(token)) {
                    throw new IllegalArgumentException("merge '%s %s' needs the token '%s', which the vocabulary lacks"
                            .formatted(merge.left(), merge.right(), token));
                }
            }
            if (!seen.add(merge)) {
                throw new IllegalArgumentException("merge '%s %s' occurs twice".formatted(merge.left(), merge.right()));
            }
        }
    }

    /** From token, as the files spell it, to id. */
    public Map<String, Integer> ids() {
        return ids;
    }

    public List<Merge> merges() {
        return merges;
    }

    /** One more than the largest id. */
    public int size() {
        return size;
    }

    /** Whether a folder holds a vocabulary in either layout. */
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(VOCAB_FILE)) || Files.exists(folder.resolve(MERGES_FILE))
                || Files.exists(folder.resolve(TOKENIZER_FILE));
    }

    /**
     * Reads {@code vocab.json} and {@code merges.txt}, or where both are absent {@code tokenizer.json}.
     *
     * @throws BadModelException when they are missing or malformed, or the latter is no byte-level BPE like GPT-2's
     */
    public static BpeVocabulary read(Path folder) {
        Path vocab = folder.resolve(VOCAB_FILE);
        Path merges = folder.resolve(MERGES_FILE);
        Path tokenizer = folder.resolve(TOKENIZER_FILE);
        if (!Files.exists(vocab) && !Files.exists(merges) && Files.exists(tokenizer)) {
            return readTokenizer(tokenizer);
        }
        Map<String, Integer> ids = ids(vocab, ModelJson.readObject(vocab, LONGEST_FILE));
        return checked(merges, ids, readMerges(merges));
    }

    private static BpeVocabulary checked(Path file, Map<String, Integer> ids, List<Merge> merges) {
        try {
            return new BpeVocabulary(ids, merges);
        } catch (IllegalArgumentException e) {
            throw new BadModelException(file + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Integer> ids(Path file, JsonNode vocab) {
        Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(vocab.size());
        vocab.properties().forEach(entry -> ids.put(entry.getKey(), id(file, entry.getKey(), entry.getValue())));
        if (ids.isEmpty()) {
            throw new BadModelException(file + ": holds no tokens");
        }
        return ids;
    }

    private static int id(Path file, String token, JsonNode id) {
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0 || id.intValue() > LARGEST_ID) {
            throw new BadModelException("%s: the id of token '%s' is %s, must be a whole number from 0 to %d"
                    .formatted(file, token, id, LARGEST_ID));
        }
        return id.intValue();
    }

    private static List<Merge> readMerges(Path file) {
        List<String> lines;
        try {
            if (Files.size(file) > LONGEST_FILE) {
                throw new BadModelException("%s: is %d bytes long, more than %d".formatted(file, Files.size(file), LONGEST_FILE));
            }
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw new BadModelException(file + ": there is no such file; " + VOCAB_FILE + " needs it beside it", e);
        } catch (CharacterCodingException e) {
            throw new BadModelException(file + ": is not valid UTF-8", e);
        } catch (IOException e) {
            throw new BadModelException(file + ": cannot be read: " + e.getMessage(), e);
        }
        List<Merge> merges = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isEmpty() && !line.startsWith("#version")) {
                merges.add(merge(file, "line " + (i + 1), line));
            }
        }
        return merges;
    }

    private static Merge merge(Path file, String where, String text) {
        int blank = text.indexOf(' ');
        if (blank <= 0 || blank == text.length() - 1 || text.indexOf(' ', blank + 1) >= 0) {
            throw new BadModelException("%s: %s does not hold two tokens with a blank between".formatted(file, where));
        }
        return new Merge(text.substring(0, blank), text.substring(blank + 1));
    }

    /** The tokenizers library's one-file layout, as far as it says the same as GPT-2's two files. */
    private static BpeVocabulary readTokenizer(Path file) {
        JsonNode root = ModelJson.readObject(file, LONGEST_FILE);
        JsonNode model = root.path("model");
        JsonNode cutting = root.path("pre_tokenizer");
        boolean likeGpt2 = model.path("type").asText("BPE").equals("BPE") && model.path("vocab").isObject()
                && model.path("merges").isArray() && !model.path("byte_fallback").asBoolean()
                && !model.path("ignore_merges").asBoolean() && model.path("continuing_subword_prefix").asText("").isEmpty()
                && model.path("end_of_word_suffix").asText("").isEmpty() && !root.hasNonNull("normalizer")
                && cutting.path("type").asText().equals("ByteLevel") && !cutting.path("add_prefix_space").asBoolean(true)
                && cutting.path("use_regex").asBoolean(true);
        if (!likeGpt2) {
            throw new BadModelException(file + ": is not a byte-level BPE cut like GPT-2's; use %s and %s instead"
                    .formatted(VOCAB_FILE, MERGES_FILE));
        }
        Map<String, Integer> ids = ids(file, model.path("vocab"));
        for (JsonNode added : root.path("added_tokens")) {
            String token = added.path("content").asText();
            ids.putIfAbsent(token, id(file, token, added.path("id")));
        }
        List<Merge> merges = new ArrayList<>(model.path("merges").size());
        for (JsonNode node : model.path("merges")) {
            String where = "merge " + (merges.size() + 1);
            merges.add(merge(file, where, node.isArray() && node.size() == 2
                    ? node.get(0).asText() + " " + node.get(1).asText() : node.asText()));
        }
        return checked(file, ids, merges);
    }

    /**
     * Writes {@code vocab.json}, {@code merges.txt} and what transformers needs beside them into a folder.
     *
     * @throws dev.t2i.error.BadInputException when that fails
     */
    public void write(Path folder) {
        JsonMapper json = JsonMapper.builder().build();
        ObjectNode vocab = json.createObjectNode();
        ids.entrySet().stream().sorted(Comparator.comparing(Map.Entry::getValue))
                .forEach(entry -> vocab.put(entry.getKey(), entry.getValue()));
        StringBuilder lines = new StringBuilder("#version: 0.2\n");
        merges.forEach(merge -> lines.append(merge.left()).append(' ').append(merge.right()).append('\n'));
        ObjectNode config = json.createObjectNode();
        config.put("tokenizer_class", "GPT2Tokenizer").put("add_prefix_space", false);
        for (String role : new String[] {"bos_token", "eos_token", "unk_token"}) {
            config.put(role, Tokenizer.END_OF_TEXT);
        }
        AtomicFile.write(folder.resolve(VOCAB_FILE), vocab + "\n");
        AtomicFile.write(folder.resolve(MERGES_FILE), lines.toString());
        AtomicFile.write(folder.resolve(TOKENIZER_CONFIG_FILE), config.toPrettyString() + "\n");
    }
}
