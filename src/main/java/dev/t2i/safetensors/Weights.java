package dev.t2i.safetensors;

import static dev.t2i.safetensors.SafetensorsException.quote;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Named tensors in files: one safetensors file or a set of shards. Names are opaque keys. Tensors are views of the
 * file's memory, valid as long as the arena that it was opened with.
 */
public sealed interface Weights permits SafetensorsFile, ShardedSafetensors {
    /** The usual name of a model's only weights file. */
    String SINGLE = "model.safetensors";
    /** The usual name of the list of a model's shards. */
    String INDEX = "model.safetensors.index.json";

    /** Where they came from, as messages name it. */
    String origin();

    /** All names, in the order of the data. */
    Set<String> names();

    /**
     * What the header says of a tensor.
     *
     * @throws SafetensorsException when there is none of that name
     */
    TensorInfo info(String name);

    /**
     * A tensor in place: read-only, not copied, not necessarily aligned.
     *
     * @throws SafetensorsException when there is none of that name, or its type or shape is not supported
     */
    Tensor tensor(String name);

    /** The strings stored beside the tensors; empty when there are none. */
    Map<String, String> metadata();

    /**
     * Opens a safetensors file, an index of shards ({@code *.index.json}), or a folder that holds either under its
     * usual name.
     *
     * @throws SafetensorsException when there is none, or it is malformed
     */
    static Weights open(Path path, Arena arena) {
        if (Files.isDirectory(path)) {
            Path single = path.resolve(SINGLE);
            Path index = path.resolve(INDEX);
            if (!Files.exists(single) && !Files.exists(index)) {
                throw new SafetensorsException(path.toString(), "the folder holds neither %s nor %s"
                        .formatted(SINGLE, INDEX));
            }
            return open(Files.exists(single) ? single : index, arena);
        }
        return path.toString().endsWith(".index.json") ? ShardedSafetensors.open(path, arena)
                : SafetensorsFile.open(path, arena);
    }

    /**
     * Checks that exactly the expected weights are here, in a floating-point type that can be computed with.
     *
     * @param ignored names that may be here although nobody expects them
     * @throws SafetensorsException naming the first wrong shape, or all that is missing or unexpected (shortened)
     */
    default void requireWeights(Map<String, Shape> expected, Predicate<String> ignored) {
        requireNames(expected.keySet(), ignored);
        expected.forEach((name, shape) -> {
            requireShape(name, shape);
            if (!info(name).dtype(origin()).isFloating()) {
                throw new SafetensorsException(origin(), "tensor %s is stored as %s, weights must be F32, F16, BF16 or F64"
                        .formatted(quote(name), info(name).type()));
            }
        });
    }

    /**
     * Checks that exactly the expected tensors are here, each in exactly its type: what a checkpoint needs.
     *
     * @throws SafetensorsException naming the first wrong tensor, or all that is missing or unexpected (shortened)
     */
    default void requireExactly(Map<String, TensorSpec> expected) {
        requireNames(expected.keySet(), name -> false);
        expected.forEach((name, spec) -> {
            requireShape(name, spec.shape());
            DType actual = info(name).dtype(origin());
            if (actual != spec.dtype()) {
                throw new SafetensorsException(origin(), "tensor %s is stored as %s, %s is needed"
                        .formatted(quote(name), actual, spec.dtype()));
            }
        });
    }

    private void requireNames(Set<String> expected, Predicate<String> ignored) {
        List<String> missing = new ArrayList<>(expected);
        missing.removeAll(names());
        List<String> unexpected = new ArrayList<>();
        for (String name : names()) {
            if (!expected.contains(name) && !ignored.test(name)) {
                unexpected.add(name);
            }
        }
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            List<String> problems = new ArrayList<>();
            if (!missing.isEmpty()) {
                problems.add("missing " + listed(missing));
            }
            if (!unexpected.isEmpty()) {
                problems.add("unexpected " + listed(unexpected));
            }
            throw new SafetensorsException(origin(), "not the tensors that the config needs: "
                    + String.join("; ", problems));
        }
    }

    private void requireShape(String name, Shape shape) {
        List<Long> actual = info(name).dims();
        List<Long> needed = Arrays.stream(shape.dims()).mapToObj(dim -> (long) dim).toList();
        if (!actual.equals(needed)) {
            throw new SafetensorsException(origin(), "tensor %s has shape %s, the config needs %s"
                    .formatted(quote(name), actual, needed));
        }
    }

    private static String listed(List<String> names) {
        int shown = Math.min(names.size(), 5);
        String list = String.join(", ", names.stream().limit(shown).map(SafetensorsException::quote).toList());
        return names.size() == shown ? list : list + " and %d more".formatted(names.size() - shown);
    }

    /**
     * The first tensor with a NaN or an infinity, and where. Such numbers are legal in the format, so nobody looks
     * unless asked: this reads all data.
     */
    default Optional<String> firstNonFinite() {
        for (String name : names()) {
            Optional<DType> dtype = info(name).type().dtype();
            if (dtype.isPresent() && dtype.get().isFloating()) {
                Tensor tensor = tensor(name);
                for (long i = 0; i < tensor.size(); i++) {
                    double value = tensor.getDouble(i);
                    if (!Double.isFinite(value)) {
                        return Optional.of("tensor %s holds %s at element %d".formatted(quote(name), value, i));
                    }
                }
            }
        }
        return Optional.empty();
    }
}
