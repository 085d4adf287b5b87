package dev.t2i.gpt2;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The activation inside a block's feed-forward half, under the names that Hugging Face configs give it. */
public enum Activation {
    /** {@code 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}: GPT-2's own. */
    GELU_TANH("gelu_new", "gelu_pytorch_tanh", "gelu_fast"),
    /** {@code x Phi(x)}, with the error function. */
    GELU("gelu", "gelu_python"),
    RELU("relu"),
    /** {@code x sigmoid(x)}. */
    SILU("silu", "swish"),
    TANH("tanh");

    private final List<String> names;

    Activation(String... names) {
        this.names = List.of(names);
    }

    /** The name to write into a config. */
    public String hubName() {
        return names.getFirst();
    }

    static Optional<Activation> named(String name) {
        return Arrays.stream(values()).filter(activation -> activation.names.contains(name)).findFirst();
    }

    static String allNames() {
        return Arrays.stream(values()).flatMap(activation -> activation.names.stream()).collect(Collectors.joining(", "));
    }
}
