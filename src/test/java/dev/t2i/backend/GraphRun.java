package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import dev.t2i.tensor.DType;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Runs a graph without states once and brings its outputs home. */
public final class GraphRun {
    private GraphRun() {}

    /** All outputs by name. */
    public static Map<String, double[]> run(Backend backend, Graph graph, Map<String, Tensor> inputs) {
        try (Session session = backend.open(); Executable executable = session.compile(graph)) {
            executable.run(inputs);
            Map<String, double[]> outputs = new LinkedHashMap<>();
            graph.outputs().keySet().forEach(name -> outputs.put(name, numbers(executable.output(name))));
            return outputs;
        }
    }

    public static double[] numbers(Tensor tensor) {
        double[] numbers = new double[(int) tensor.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = tensor.getDouble(i);
        }
        return numbers;
    }

    public static Tensor tensor(DType dtype, Shape shape, double... numbers) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), dtype, shape);
        for (int i = 0; i < numbers.length; i++) {
            tensor.set(i, numbers[i]);
        }
        return tensor;
    }

    /** Numbers drawn uniformly from {@code [low, high)}. */
    public static Tensor uniform(RandomGenerator random, DType dtype, Shape shape, double low, double high) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), dtype, shape);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, low + (high - low) * random.nextDouble());
        }
        return tensor;
    }
}
