package dev.t2i.gpt2;

import dev.t2i.backend.Backend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A GPT-2 folder with what transformers computes from it, written by {@code src/test/python/gpt2_fixtures.py}. */
record Gpt2Fixture(Path folder, Weights expected) {
    /** The checkpoints among the tests' resources. */
    static final List<String> NAMES = List.of("plain", "plain-f16", "plain-bf16", "scaled");

    static Gpt2Fixture named(String name) {
        try {
            return at(Path.of(Objects.requireNonNull(Gpt2Fixture.class.getResource("/gpt2/" + name)).toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static Gpt2Fixture at(Path folder) {
        return new Gpt2Fixture(folder, Weights.open(folder.resolve("expected.safetensors"), Arena.ofAuto()));
    }

    static List<Backend> backends() {
        return List.of(new ScalarBackend(), new VectorBackend());
    }

    /** The texts without their padding. */
    List<int[]> texts() {
        Tensor ids = expected.tensor("input_ids");
        Tensor mask = expected.tensor("attention_mask");
        int tokens = ids.shape().dim(1);
        List<int[]> texts = new ArrayList<>();
        for (int row = 0; row < ids.shape().dim(0); row++) {
            int length = 0;
            while (length < tokens && mask.getFloat((long) row * tokens + length) == 1) {
                length++;
            }
            int[] text = new int[length];
            for (int i = 0; i < length; i++) {
                text[i] = (int) ids.getDouble((long) row * tokens + i);
            }
            texts.add(text);
        }
        return texts;
    }

    int[] greedy() {
        Tensor greedy = expected.tensor("greedy");
        int[] ids = new int[(int) greedy.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) greedy.getDouble(i);
        }
        return ids;
    }

    /**
     * The largest error divided by the largest number expected, over what belongs to real tokens.
     *
     * @param actual   {@code [batch, tokens, ..]}
     * @param expected of the same shape
     */
    double relativeError(Tensor actual, Tensor expected) {
        Tensor mask = this.expected.tensor("attention_mask");
        long width = expected.size() / mask.size();
        double error = 0;
        double largest = 0;
        for (long i = 0; i < expected.size(); i++) {
            if (mask.getFloat(i / width) == 1) {
                double difference = Math.abs(actual.getDouble(i) - expected.getDouble(i));
                error = Double.isNaN(difference) ? Double.NaN : Math.max(error, difference);
                largest = Math.max(largest, Math.abs(expected.getDouble(i)));
            }
        }
        return error / largest;
    }
}
