package dev.t2i.gan;

import dev.t2i.backend.Executable;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * What a generator hears of a text.
 *
 * @param sentence the whole, {@code [n, textWidth]}
 * @param words its parts, for generators that ask for them
 */
public record TextCondition(Value sentence, Optional<Words> words) {
    private static final String PREFIX = "text.";

    /** That of the texts from {@code start} up to {@code end}. */
    public TextCondition slice(int start, int end) {
        return each(value -> value.slice(0, start, end));
    }

    /** That of whichever texts {@code rows} takes of each of its values. */
    public TextCondition each(UnaryOperator<Value> rows) {
        return map((_, value) -> rows.apply(value));
    }

    /** What a gradient may flow into: the sentence, and the words' states and embeddings where there are words. */
    public List<Value> values() {
        return words.map(all -> List.of(sentence, all.states, all.embeddings)).orElse(List.of(sentence));
    }

    /** Makes it outputs of its graph, to hand it to another: see {@link #given} and {@link #in}. */
    public void output() {
        map((name, value) -> {
            sentence.graph().output(name, value);
            return value;
        });
    }

    /** What the last run of a graph with {@link #output} gave, as the inputs that {@link #given} declared. */
    public static Map<String, Tensor> in(Executable executable) {
        Map<String, Tensor> parts = new LinkedHashMap<>();
        executable.graph().outputs().keySet().stream().filter(name -> name.startsWith(PREFIX)).forEach(name -> parts.put(name, executable.output(name)));
        return parts;
    }

    /** A condition of the same shapes, given to {@code graph} as inputs. */
    public TextCondition given(Graph graph) {
        return map((name, value) -> graph.input(name, value.dtype(), value.shape()));
    }

    private TextCondition map(BiFunction<String, Value, Value> each) {
        return new TextCondition(each.apply(PREFIX + "sentence", sentence), words.map(all -> new Words(each.apply(PREFIX + "states", all.states),
                each.apply(PREFIX + "embeddings", all.embeddings), each.apply(PREFIX + "mask", all.mask))));
    }

    /**
     * An encoder's tokens, as they come out of its last layer and as they went into its first. In a language model every token
     * knows those before it: the state of "house" in "a small red house" knows of both. Yet states of words after which a
     * sentence goes on alike, such as "left" and "right", hardly differ; embeddings do.
     *
     * @param states {@code [n, tokens, features]}
     * @param embeddings {@code [n, tokens, features]}
     * @param mask {@code [n, tokens]}, 1 for real tokens; each row has at least one
     */
    public record Words(Value states, Value embeddings, Value mask) {}
}
