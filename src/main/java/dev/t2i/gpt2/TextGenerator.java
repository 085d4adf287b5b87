package dev.t2i.gpt2;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.error.BadInputException;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Continues texts with a GPT-2 from a folder, token by token, remembering keys and values of the tokens so far.
 * Used by one thread at a time.
 */
public final class TextGenerator implements AutoCloseable {
    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String POSITION = "position";
    private static final String LOGITS = "logits";

    /** Why a text ends where it does. */
    public enum Stop {
        /** The model said so. */
        END_OF_TEXT,
        /** As many tokens as asked for. */
        MAX_TOKENS,
        /** The model has no further position, or the caller wanted no more. */
        POSITIONS, CALLER
    }

    /** The new tokens, without the prompt's and without end-of-text. */
    public record Completion(int[] ids, Stop stop) {}

    private record Prompt(int tokens, int capacity) {}

    private record Filling(Executable executable, TokenBatch prompt, Map<String, Tensor> inputs) {}

    private record Extending(Executable executable, Tensor id, Tensor position, Map<String, Tensor> inputs) {}

    private final Gpt2Runtime runtime;
    private final Arena arena = Arena.ofShared();
    private final Map<Prompt, Filling> filling = new HashMap<>();
    private final Map<Integer, Extending> extending = new HashMap<>();

    private TextGenerator(Gpt2Runtime runtime) {
        this.runtime = runtime;
    }

    /**
     * Opens a GPT-2 folder as Hugging Face lays it out.
     *
     * @throws dev.t2i.error.BadModelException when it is missing or unusable
     */
    public static TextGenerator open(Path folder, Backend backend) {
        return open(Gpt2Files.open(folder), backend);
    }

    public static TextGenerator open(Gpt2Files files, Backend backend) {
        return new TextGenerator(new Gpt2Runtime(files, backend));
    }

    public Gpt2Config config() {
        return runtime.config();
    }

    /** Whether {@link #tokenizer} has something to read; ids can be completed without. */
    public boolean hasTokenizer() {
        return runtime.files().hasTokenizer();
    }

    /**
     * The folder's tokenizer.
     *
     * @throws dev.t2i.error.BadModelException when the folder has none
     */
    public Tokenizer tokenizer() {
        return runtime.tokenizer();
    }

    /**
     * Continues a prompt until end-of-text, for {@code maxTokens} tokens, or to the model's last position.
     *
     * @param prompt    token ids
     * @param maxTokens at least 1
     * @throws BadInputException when the prompt is empty, fills all positions, or has an id outside the vocabulary
     */
    public Completion complete(int[] prompt, int maxTokens, Sampling sampling) {
        return complete(prompt, maxTokens, sampling, _ -> true);
    }

    /** As above, handing each new token to {@code more}, which says whether to go on. */
    public Completion complete(int[] prompt, int maxTokens, Sampling sampling, IntPredicate more) {
        int positions = config().positions();
        TextEncoder.requireUsable(config(), prompt, positions - 1, "the prompt");
        if (maxTokens < 1) {
            throw new BadInputException("at least 1 token must be asked for, not " + maxTokens);
        }
        int end = (int) Math.min(positions, (long) prompt.length + maxTokens);
        int capacity = TokenBatch.paddedLength(end, positions);
        Tensor logits = fill(prompt, capacity);
        int[] ids = new int[end - prompt.length];
        for (int i = 0; i < ids.length; i++) {
            int id = sampling.choose(logits, i);
            if (config().endOfText().isPresent() && id == config().endOfText().getAsInt()) {
                return new Completion(Arrays.copyOf(ids, i), Stop.END_OF_TEXT);
            }
            ids[i] = id;
            if (!more.test(id)) {
                return new Completion(Arrays.copyOf(ids, i + 1), Stop.CALLER);
            }
            if (i + 1 < ids.length) {
                logits = extend(id, prompt.length + i, capacity);
            }
        }
        return new Completion(ids, ids.length == maxTokens ? Stop.MAX_TOKENS : Stop.POSITIONS);
    }

    /** Reads the prompt into the cache; gives the logits of what comes next. */
    private Tensor fill(int[] prompt, int capacity) {
        int tokens = TokenBatch.paddedLength(prompt.length, config().positions());
        Filling graph = filling.computeIfAbsent(new Prompt(tokens, capacity), this::compileFilling);
        graph.prompt.set(0, prompt);
        graph.executable.run(graph.inputs);
        return graph.executable.output(LOGITS);
    }

    /** Adds a token to the cache; gives the logits of what comes next. */
    private Tensor extend(int id, int position, int capacity) {
        Extending graph = extending.computeIfAbsent(capacity, this::compileExtending);
        graph.id.set(0, id);
        graph.position.set(0, position);
        graph.executable.run(graph.inputs);
        return graph.executable.output(LOGITS);
    }

    private Filling compileFilling(Prompt prompt) {
        Graph graph = new Graph();
        Parameters place = runtime.parameters(graph);
        Value ids = graph.input(IDS, DType.I32, Shape.of(1, prompt.tokens));
        Value mask = graph.input(MASK, DType.F32, Shape.of(1, prompt.tokens));
        KeyValueCache cache = new KeyValueCache(config(), prompt.capacity);
        cache.allocate(runtime.session());
        Value last = TextPooling.last(cache.fill(place, ids, mask), mask);
        graph.output(LOGITS, Gpt2Model.languageHead(place, config(), last));
        TokenBatch batch = TokenBatch.allocate(arena, 1, prompt.tokens);
        return new Filling(runtime.compile(graph, place), batch, Map.of(IDS, batch.ids(), MASK, batch.mask()));
    }

    private Extending compileExtending(int capacity) {
        Graph graph = new Graph();
        Parameters place = runtime.parameters(graph);
        Value id = graph.input(IDS, DType.I32, Shape.of(1, 1));
        Value position = graph.input(POSITION, DType.I32, Shape.of(1));
        Value hidden = new KeyValueCache(config(), capacity).extend(place, id, position);
        graph.output(LOGITS, Gpt2Model.languageHead(place, config(), hidden));
        Tensor idTensor = Tensor.allocate(arena, DType.I32, id.shape());
        Tensor positionTensor = Tensor.allocate(arena, DType.I32, position.shape());
        return new Extending(runtime.compile(graph, place), idTensor, positionTensor, Map.of(IDS, idTensor, POSITION, positionTensor));
    }

    @Override
    public void close() {
        runtime.close();
        arena.close();
    }
}
