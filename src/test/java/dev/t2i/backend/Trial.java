package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A graph under test together with seeded numbers for its inputs. */
public final class Trial {
    private final Graph graph = new Graph();
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final RandomGenerator random;

    public Trial(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    public Graph graph() {
        return graph;
    }

    public Map<String, Tensor> inputs() {
        return inputs;
    }

    public RandomGenerator random() {
        return random;
    }

    /** An input with the given numbers. */
    public Value given(Tensor tensor) {
        String name = "x" + inputs.size();
        inputs.put(name, tensor);
        return graph.input(name, tensor.dtype(), tensor.shape());
    }

    /** An F32 input with numbers from [-1, 1). */
    public Value f32(int... dims) {
        return between(-1, 1, dims);
    }

    public Value between(double low, double high, int... dims) {
        return given(GraphRun.uniform(random, DType.F32, Shape.of(dims), low, high));
    }

    /** An input of another floating type with numbers from [-1, 1). */
    public Value stored(DType dtype, int... dims) {
        return given(GraphRun.uniform(random, dtype, Shape.of(dims), -1, 1));
    }

    /** An I32 input with numbers from 0 to {@code bound - 1}. */
    public Value indices(int bound, int... dims) {
        return given(GraphRun.uniform(random, DType.I32, Shape.of(dims), 0, bound));
    }

    /** An F32 input of small whole numbers, so that many are equal. */
    public Value whole(int bound, int... dims) {
        Tensor tensor = GraphRun.uniform(random, DType.F32, Shape.of(dims), 0, bound);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, Math.floor(tensor.getDouble(i)));
        }
        return given(tensor);
    }

    public Value numbers(double... numbers) {
        return given(GraphRun.tensor(DType.F32, Shape.of(numbers.length), numbers));
    }
}
