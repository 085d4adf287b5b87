package dev.t2i.gpt2;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Turns texts into features with a GPT-2 from a folder. Weights stay mapped in the type of the file; graphs are compiled
 * once for each padded length and batch size that occurs. Used by one thread at a time.
 *
 * <p>Each text is padded by its own length only, so that its features do not depend on the texts beside it.
 */
public final class TextEncoder implements AutoCloseable {
    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String FEATURES = "features";
    private static final String LAST = "last";
    private static final String MEAN = "mean";
    /** Texts of one run; more would only cost memory. */
    private static final int LARGEST_BATCH = 16;
    private static final int MOST_ROWS = 1024;

    /**
     * What {@link #encode} gives for n texts; tokens is the length of the longest.
     *
     * @param features F32: {@code [n, tokens, embedding]} with zeros for padding, {@code [n, embedding]}, or {@code [n, vocabSize]}
     * @param ids      I32 {@code [n, tokens]}, 0 for padding
     * @param mask     I32 {@code [n, tokens]}, 1 for real tokens
     */
    public record Encoding(Tensor features, Tensor ids, Tensor mask) {}

    /**
     * What {@link #conditioning} gives for n texts, see {@link TextFeatures}.
     *
     * @param tokens F32 {@code [n, tokens, embedding]}, zeros for padding
     * @param mask   F32 {@code [n, tokens]}, 1 for real tokens
     * @param last   F32 {@code [n, embedding]}
     * @param mean   F32 {@code [n, embedding]}
     */
    public record Conditioning(Tensor tokens, Tensor mask, Tensor last, Tensor mean) {}

    /** Graphs are compiled for each of these; {@code pooling} is null for {@link #conditioning}. */
    private record Signature(TextPooling pooling, int batch, int tokens) {}

    private record Compiled(Executable executable, TokenBatch batch, Map<String, Tensor> inputs) {}

    private final Gpt2Runtime runtime;
    private final Arena arena = Arena.ofShared();
    private final Map<Signature, Compiled> compiled = new HashMap<>();

    private TextEncoder(Gpt2Runtime runtime) {
        this.runtime = runtime;
    }

    /**
     * Opens a GPT-2 folder as Hugging Face lays it out.
     *
     * @throws dev.t2i.error.BadModelException when it is missing or unusable
     */
    public static TextEncoder open(Path folder, Backend backend) {
        return open(Gpt2Files.open(folder), backend);
    }

    public static TextEncoder open(Gpt2Files files, Backend backend) {
        return new TextEncoder(new Gpt2Runtime(files, backend));
    }

    public Gpt2Config config() {
        return runtime.config();
    }

    /**
     * The folder's tokenizer.
     *
     * @throws dev.t2i.error.BadModelException when the folder has none
     */
    public Tokenizer tokenizer() {
        return runtime.tokenizer();
    }

    /** The token ids of texts. */
    public List<int[]> tokenize(List<String> texts) {
        return texts.stream().map(text -> runtime.tokenizer().encode(text)).toList();
    }

    /** {@link #encode(List, TextPooling, Arena)} of the texts' tokens. */
    public Encoding encodeTexts(List<String> texts, TextPooling pooling, Arena owner) {
        return encode(tokenize(texts), pooling, owner);
    }

    /**
     * Features of tokenized texts.
     *
     * @param texts token ids, at least one text
     * @param owner of the result's memory
     * @throws BadInputException when a text is empty, longer than the model's positions, or has an id outside the vocabulary
     */
    public Encoding encode(List<int[]> texts, TextPooling pooling, Arena owner) {
        requireUsable(texts, config().positions());
        int embedding = config().embedding();
        int longest = texts.stream().mapToInt(text -> text.length).max().orElseThrow();
        Tensor features = Tensor.allocate(owner, DType.F32, switch (pooling) {
            case TOKENS -> Shape.of(texts.size(), longest, embedding);
            case LAST, MEAN -> Shape.of(texts.size(), embedding);
            case LAST_LOGITS -> Shape.of(texts.size(), config().vocabSize());
        });
        run(pooling, texts, (row, outputs) -> copyRow(outputs, FEATURES, features, row,
                pooling == TextPooling.TOKENS ? (long) texts.get(row.text).length * embedding : features.shape().dim(1)));
        Tensor ids = Tensor.allocate(owner, DType.I32, Shape.of(texts.size(), longest));
        Tensor mask = Tensor.allocate(owner, DType.I32, ids.shape());
        for (int text = 0; text < texts.size(); text++) {
            for (int i = 0; i < texts.get(text).length; i++) {
                ids.set((long) text * longest + i, texts.get(text)[i]);
                mask.set((long) text * longest + i, 1);
            }
        }
        return new Encoding(features, ids, mask);
    }

    /**
     * What pictures are conditioned on, see {@link TextFeatures}.
     *
     * @param texts  token ids without end-of-text, at least one text
     * @param tokens room for the tokens of a text
     * @param owner  of the result's memory
     * @throws BadInputException when a text is empty or longer than {@code tokens}, or has an id outside the vocabulary
     */
    public Conditioning conditioning(List<int[]> texts, int tokens, Arena owner) {
        requireUsable(texts, Math.min(tokens, config().positions() - 1));
        int count = texts.size();
        int embedding = config().embedding();
        Conditioning result = new Conditioning(
                Tensor.allocate(owner, DType.F32, Shape.of(count, tokens, embedding)),
                Tensor.allocate(owner, DType.F32, Shape.of(count, tokens)),
                Tensor.allocate(owner, DType.F32, Shape.of(count, embedding)),
                Tensor.allocate(owner, DType.F32, Shape.of(count, embedding)));
        run(null, texts.stream().map(this::afterEndOfText).toList(), (row, outputs) -> {
            int length = texts.get(row.text).length;
            copyRow(outputs, FEATURES, result.tokens, row, (long) length * embedding);
            copyRow(outputs, LAST, result.last, row, embedding);
            copyRow(outputs, MEAN, result.mean, row, embedding);
            for (int i = 0; i < length; i++) {
                result.mask.set((long) row.text * tokens + i, 1);
            }
        });
        return result;
    }

    /** The tokens of a text behind end-of-text, as {@link TextFeatures} takes them. */
    public int[] afterEndOfText(int[] text) {
        int[] longer = new int[text.length + 1];
        longer[0] = config().endOfText().orElseThrow(() -> new BadModelException(
                runtime.files().folder() + ": eos_token_id in config.json is not in the vocabulary; conditioning on text needs it"));
        System.arraycopy(text, 0, longer, 1, text.length);
        return longer;
    }

    private void requireUsable(List<int[]> texts, int most) {
        if (texts.isEmpty()) {
            throw new BadInputException("no text to encode was given");
        }
        for (int i = 0; i < texts.size(); i++) {
            requireUsable(config(), texts.get(i), most, texts.size() == 1 ? "the text" : "text " + (i + 1));
        }
    }

    static void requireUsable(Gpt2Config config, int[] ids, int most, String name) {
        if (ids.length == 0) {
            throw new BadInputException(name + " is empty; give at least one word");
        }
        if (ids.length > most) {
            throw new BadInputException("%s has %d tokens, the encoder takes at most %d; shorten it".formatted(name, ids.length, most));
        }
        for (int id : ids) {
            if (id < 0 || id >= config.vocabSize()) {
                throw new BadInputException("%s holds the token id %d, the vocabulary has 0 to %d".formatted(name, id, config.vocabSize() - 1));
            }
        }
    }

    /** Where a text's results lie: its number, and its row in the batch that was run. */
    private record Row(int text, int inBatch) {}

    /** Runs all texts, those of one padded length together, and hands on where each one's results are. */
    private void run(TextPooling pooling, List<int[]> texts, BiConsumer<Row, Executable> result) {
        SortedMap<Integer, List<Integer>> byLength = new TreeMap<>();
        for (int i = 0; i < texts.size(); i++) {
            int length = TokenBatch.paddedLength(texts.get(i).length, config().positions());
            byLength.computeIfAbsent(length, _ -> new ArrayList<>()).add(i);
        }
        byLength.forEach((length, numbers) -> {
            int most = Integer.highestOneBit(Math.clamp(MOST_ROWS / length, 1, LARGEST_BATCH));
            for (int start = 0; start < numbers.size(); start += most) {
                List<Integer> some = numbers.subList(start, Math.min(numbers.size(), start + most));
                runBatch(pooling, length, texts, some, result);
            }
        });
    }

    private void runBatch(TextPooling pooling, int length, List<int[]> texts, List<Integer> numbers, BiConsumer<Row, Executable> result) {
        // Powers of two keep the number of graphs small; rows to spare repeat the first text.
        int rows = Integer.highestOneBit(2 * numbers.size() - 1);
        Compiled graph = compiled.computeIfAbsent(new Signature(pooling, rows, length), this::compile);
        for (int row = 0; row < rows; row++) {
            graph.batch.set(row, texts.get(numbers.get(row < numbers.size() ? row : 0)));
        }
        graph.executable.run(graph.inputs);
        for (int row = 0; row < numbers.size(); row++) {
            result.accept(new Row(numbers.get(row), row), graph.executable);
        }
    }

    private Compiled compile(Signature signature) {
        Graph graph = new Graph();
        Parameters place = runtime.parameters(graph);
        Shape shape = Shape.of(signature.batch, signature.tokens);
        Value ids = graph.input(IDS, DType.I32, shape);
        Value mask = graph.input(MASK, DType.F32, shape);
        if (signature.pooling == null) {
            TextFeatures features = TextFeatures.of(place, config(), ids, mask);
            graph.output(FEATURES, features.tokens());
            graph.output(LAST, features.last());
            graph.output(MEAN, features.mean());
        } else {
            Value hidden = Gpt2Model.hiddenStates(place, config(), ids, mask);
            graph.output(FEATURES, signature.pooling.pool(place, config(), hidden, mask));
        }
        TokenBatch batch = TokenBatch.allocate(arena, signature.batch, signature.tokens);
        return new Compiled(runtime.compile(graph, place), batch, Map.of(IDS, batch.ids(), MASK, batch.mask()));
    }

    /** Copies the first {@code count} numbers of an output's row to the front of the text's row of {@code into}. */
    private static void copyRow(Executable executable, String output, Tensor into, Row row, long count) {
        Tensor from = executable.output(output);
        long fromRow = from.size() / from.shape().dim(0);
        long intoRow = into.size() / into.shape().dim(0);
        MemorySegment.copy(from.segment(), row.inBatch * fromRow * Float.BYTES, into.segment(), row.text * intoRow * Float.BYTES,
                count * Float.BYTES);
    }

    @Override
    public void close() {
        runtime.close();
        arena.close();
    }
}
