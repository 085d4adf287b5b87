package dev.t2i.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.Precision;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A network beside the same network in PyTorch: {@code network_fixtures.py} wrote, for each case, parameters {@code p/…}, inputs
 * {@code x/…}, outputs {@code y/…} with a cotangent {@code g/…} each, and of every parameter's gradient its norm and two
 * projections, {@code dp/…}; of buffers and frozen parameters the values before, {@code b/…}, and after, {@code nb/…}.
 */
public final class NetworkFixture {
    private static final double PRECISE = 2e-6;
    /** What the project promises of published architectures. */
    private static final double ROUNDED = 1e-4;
    private static final String NETWORK = "net";

    private final String name;
    private final SafetensorsFile file;
    private final Graph graph = new Graph();
    private final Parameters place = Parameters.of(graph, NETWORK);
    private final Map<String, Tensor> inputs = new HashMap<>();

    /** A case of {@code networks.safetensors}. */
    public NetworkFixture(String name) {
        this("networks.safetensors", name);
    }

    /** A case of another file of that layout beside it. */
    public NetworkFixture(String file, String name) {
        this.name = name;
        try (InputStream in = NetworkFixture.class.getResourceAsStream("/gan/" + file)) {
            this.file = SafetensorsFile.read(in, file, Arena.ofAuto());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Graph graph() {
        return graph;
    }

    public Parameters place() {
        return place;
    }

    /** A given tensor as an input of the graph. */
    public Value input(String input) {
        Tensor tensor = file.tensor(name + "/x/" + input);
        inputs.put(input, tensor);
        return graph.input(input, tensor.dtype(), tensor.shape());
    }

    private List<String> names(String part) {
        String prefix = name + "/" + part + "/";
        return file.names().stream().filter(n -> n.startsWith(prefix)).map(n -> n.substring(prefix.length())).toList();
    }

    /** Compares outputs and the gradients of all parameters. */
    public void check(Map<String, Value> outputs) {
        assertEquals(new TreeSet<>(names("y")), new TreeSet<>(outputs.keySet()), "outputs");
        assertEquals(new TreeSet<>(names("p")), new TreeSet<>(place.states().keySet()), "parameters");
        assertEquals(new TreeSet<>(names("b")), new TreeSet<>(buffers()), "buffers");
        List<Value> ends = new ArrayList<>();
        List<Value> seeds = new ArrayList<>();
        outputs.forEach((output, value) -> {
            graph.output("y/" + output, value);
            ends.add(value);
            seeds.add(input("g/" + output, file.tensor(name + "/g/" + output)));
        });
        Map<String, Value> wrt = new LinkedHashMap<>(place.states());
        List<Value> gradients = Gradients.of(ends, seeds, List.copyOf(wrt.values()));
        List<String> order = List.copyOf(wrt.keySet());
        place.updates().forEach((buffer, value) -> graph.output("nb/" + buffer, value));
        for (int i = 0; i < order.size(); i++) {
            graph.output("dp/" + order.get(i), gradients.get(i));
        }
        run(new ScalarBackend(Precision.F64), outputs, order, PRECISE);
        run(new VectorBackend(), outputs, order, ROUNDED);
    }

    /** Whatever no optimizer touches. */
    private List<String> buffers() {
        return place.declarations().stream().filter(d -> !d.learned()).map(Parameters.Declaration::name).toList();
    }

    private Value input(String input, Tensor tensor) {
        inputs.put(input, tensor);
        return graph.input(input, tensor.dtype(), tensor.shape());
    }

    private void run(Backend backend, Map<String, Value> outputs, List<String> parameters, double tolerance) {
        try (Session session = backend.open()) {
            parameters.forEach(p -> session.put(place.stateName(p), file.tensor(name + "/p/" + p)));
            buffers().forEach(b -> session.put(place.stateName(b), file.tensor(name + "/b/" + b)));
            try (Executable executable = session.compile(graph)) {
                executable.run(inputs);
                for (String output : outputs.keySet()) {
                    Tensor expected = file.tensor(name + "/y/" + output);
                    assertEquals(expected.shape(), executable.output("y/" + output).shape(), output);
                    compare(backend.name() + ", " + output, GraphRun.numbers(expected), GraphRun.numbers(executable.output("y/" + output)), tolerance, 0);
                }
                for (String buffer : place.updates().keySet()) {
                    compare(backend.name() + ", " + buffer, GraphRun.numbers(file.tensor(name + "/nb/" + buffer)),
                            GraphRun.numbers(executable.output("nb/" + buffer)), tolerance, 0);
                }
                Map<String, double[]> expected = new LinkedHashMap<>();
                parameters.forEach(p -> expected.put(p, GraphRun.numbers(file.tensor(name + "/dp/" + p))));
                // A bias that a normalisation takes away again has no gradient but rounding.
                double largest = expected.values().stream().mapToDouble(e -> e[0]).max().orElse(0);
                expected.forEach((p, numbers) -> compare(backend.name() + ", gradient of " + p, numbers,
                        projections(GraphRun.numbers(executable.output("dp/" + p))), tolerance, tolerance * 0.1 * largest));
            }
        }
    }

    /** Norm and two projections, which tell a wrong order as well as a wrong size. */
    private static double[] projections(double[] gradient) {
        double[] sums = new double[3];
        for (int i = 0; i < gradient.length; i++) {
            sums[0] += gradient[i] * gradient[i];
            sums[1] += gradient[i] * Math.cos(i);
            sums[2] += gradient[i] * Math.sin(1.7 * i + 1);
        }
        sums[0] = Math.sqrt(sums[0]);
        return sums;
    }

    /** Each number relative to the largest of them all. */
    private static void compare(String what, double[] expected, double[] actual, double tolerance, double floor) {
        double largest = 0;
        for (double number : expected) {
            largest = Math.max(largest, Math.abs(number));
        }
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], tolerance * largest + floor + 1e-12, what + " at " + i);
        }
    }
}
