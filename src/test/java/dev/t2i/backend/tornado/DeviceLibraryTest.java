package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Profiled;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Products by the library that the device itself has, where it has one. */
class DeviceLibraryTest {
    private static final int ROWS = 6;
    private static final int COLUMNS = 7;
    private static final int STEPS = 5;

    /** One and a batch, with each factor as it is and turned. */
    @Test
    void productsComeOutRight() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(), "no TornadoVM with a device here: no library was tried");
        Tornado.Device device = TestDevice.device();
        assumeTrue(Tornado.whyWithout(LibraryCall.LIBRARY, device).isEmpty(), "no library on this device: products by one were not tried");
        Graph graph = new Graph();
        Map<String, Tensor> inputs = new HashMap<>();
        Random random = new Random(5);
        for (int batch : new int[] {1, 3}) {
            for (int turned = 0; turned < 4; turned++) {
                boolean left = (turned & 1) != 0;
                boolean right = (turned & 2) != 0;
                Value a = input(graph, inputs, random, "a", batch, left ? STEPS : ROWS, left ? ROWS : STEPS);
                Value b = input(graph, inputs, random, "b", batch, right ? COLUMNS : STEPS, right ? STEPS : COLUMNS);
                graph.output("y" + inputs.size(), a.matMul(b, left, right).add(1));
            }
        }
        try (Session session = new TornadoSession(device, LibraryRule.ALL); Session scalar = new ScalarBackend().open(); Executable run = session.compile(graph);
                Executable known = scalar.compile(graph)) {
            run.run(inputs);
            known.run(inputs);
            graph.outputs().keySet().forEach(name -> assertArrayEquals(GraphRun.numbers(known.output(name)), GraphRun.numbers(run.output(name)), 1e-5, name));
            Profiled.RunProfile profile = ((Profiled) run).profile(inputs);
            int multiplyAdds = ROWS * COLUMNS * STEPS;
            assertEquals(8, profile.kernels().stream().filter(kernel -> kernel.operations() == 2L * multiplyAdds || kernel.operations() == 6L * multiplyAdds).count(),
                    profile::toString);
        }
    }

    private static Value input(Graph graph, Map<String, Tensor> inputs, Random random, String name, int batch, int rows, int columns) {
        Shape shape = batch == 1 ? Shape.of(rows, columns) : Shape.of(batch, rows, columns);
        String unique = name + inputs.size();
        inputs.put(unique, GraphRun.uniform(random, DType.F32, shape, -1, 1));
        return graph.input(unique, DType.F32, shape);
    }
}
