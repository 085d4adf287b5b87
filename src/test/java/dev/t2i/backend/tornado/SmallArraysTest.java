package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A driver may give no array that holds all temporaries, as many give a quarter of a device's memory at once: then several hold them. */
class SmallArraysTest {
    private static final int LAYERS = 4;
    private static final int ROWS = 24;
    private static final int WIDTH = 32;
    /** Elements of two layers' results. */
    private static final int MOST = 2 * ROWS * WIDTH;
    private static final Shape LONG = Shape.of(4000, 3);

    /** A step of gradient descent, in which what layers give is kept until their gradients come by. */
    private static Graph training(int layers) {
        Graph graph = new Graph();
        Shape shape = Shape.of(ROWS, WIDTH);
        Value y = graph.input("x", DType.F32, shape);
        List<Value> weights = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            Value weight = graph.state("w" + i, DType.F32, Shape.of(WIDTH));
            weights.add(weight);
            Value z = y.mul(weight.reshape(1, WIDTH).broadcastTo(shape)).tanh();
            y = z.sub(z.mean(1).reshape(ROWS, 1).broadcastTo(shape)).add(y);
        }
        // Products from one array to another, and sums that are cut into parts, for which kernels have a place of their own.
        Value few = y.slice(0, 0, 16);
        Value sums = graph.input("long", DType.F32, LONG).max(graph.scalar(0)).sum(0);
        Value loss = y.mul(y).mean().add(few.matMul(few, false, true).mean()).add(sums.mul(sums).sum().mul(1e-6));
        List<Value> gradients = Gradients.of(loss, weights);
        for (int i = 0; i < layers; i++) {
            graph.assign(weights.get(i), weights.get(i).sub(gradients.get(i)));
        }
        graph.output("loss", loss);
        return graph;
    }

    private static double[] losses(Backend backend) {
        return losses(backend, LAYERS, 2);
    }

    /** Of four steps, by programs in turn. */
    private static double[] losses(Backend backend, int layers, int programs) {
        Graph graph = training(layers);
        try (Session session = backend.open()) {
            for (String name : graph.states().keySet()) {
                session.put(name, numbers(Shape.of(WIDTH), name.hashCode()));
            }
            List<Executable> steps = IntStream.range(0, programs).mapToObj(_ -> session.compile(training(layers))).toList();
            Map<String, Tensor> inputs = Map.of("x", numbers(Shape.of(ROWS, WIDTH), 7), "long", numbers(LONG, 8));
            return IntStream.range(0, 4).mapToDouble(run -> {
                Executable step = steps.get(run % programs);
                step.run(inputs);
                return step.output("loss").getDouble(0);
            }).toArray();
        }
    }

    private static Tensor numbers(Shape shape, int seed) {
        return GraphRun.tensor(DType.F32, shape, IntStream.range(0, (int) shape.size()).mapToDouble(i -> Math.sin(seed + 0.7 * i) / 4).toArray());
    }

    private static Map<String, Integer> offsets(int layers) {
        Map<String, Integer> offsets = new LinkedHashMap<>();
        training(layers).states().keySet().forEach(name -> offsets.put(name, WIDTH * offsets.size()));
        return offsets;
    }

    private static DeviceProgram program(int layers, long mostTemporaries) {
        return new DeviceProgram(Updates.last(Passes.optimize(training(layers))), offsets(layers), LibraryRule.NONE, mostTemporaries);
    }

    @Test
    void temporariesLieInAsManyArraysAsTheyNeed() {
        DeviceProgram whole = program(LAYERS, Integer.MAX_VALUE);
        assertEquals(Room.ALWAYS.size(), whole.rooms());
        assertTrue(whole.size(Room.TEMPORARIES) > 3 * MOST);
        DeviceProgram cut = program(LAYERS, MOST);
        assertTrue(cut.rooms() > Room.ALWAYS.size() + 2, () -> cut.rooms() + " rooms");
        assertTrue(Room.OF_TEMPORARIES.stream().allMatch(room -> cut.size(room) <= MOST));
        assertEquals(cut.rooms(), DeviceMemory.rooms(List.of(whole, cut, whole)));
        DeviceMemory memory = DeviceMemory.of(1, List.of(cut));
        assertEquals(4L * Room.OF_TEMPORARIES.stream().mapToInt(cut::size).sum(), memory.temporaries());
        assertTrue(Room.OF_TEMPORARIES.stream().filter(room -> cut.size(room) > 0).count() > 4);
    }

    /** As large as the driver says, less one byte and what TornadoVM puts in front. */
    @Test
    void arraysAreAsLargeAsADeviceGives() {
        assertEquals(64, DeviceMemory.mostElements(giving(4 * 64 + 25)));
        assertEquals(48, DeviceMemory.mostElements(giving(4 * 64 + 24)));
        assertEquals(Integer.MAX_VALUE - 15, DeviceMemory.mostElements(giving(1L << 40)));
    }

    private static Tornado.Device giving(long largestArray) {
        return new Tornado.Device("opencl", 0, 0, "small", 1L << 40, largestArray, 1 << 15, 256, null);
    }

    @Test
    void beyondThatTheRemedyIsNamed() {
        String message = assertThrows(DeviceMemoryException.class, () -> program(LAYERS, ROWS * WIDTH / 2)).getMessage();
        assertTrue(message.contains("arrays of 2 KiB, and there may be 8") && message.contains("--set batch=N") && message.contains("recompute"), message);
    }

    /** The device's kernels as Java, in one array and in several, and with a library's products beside them. */
    @Test
    void whatIsComputedIsTheSame() {
        double[] known = losses(new ScalarBackend());
        double[] whole = losses(new JvmBackend());
        assertArrayEquals(known, whole, 1e-5 * known[0]);
        assertArrayEquals(whole, losses(new JvmBackend(LibraryRule.NONE, MOST)));
        assertArrayEquals(known, losses(new JvmBackend(LibraryRule.ALL, MOST)), 1e-5 * known[0]);
    }

    @Test
    void onADeviceAsWell() {
        assumeTrue(Tornado.isThere() && !Tornado.devices().isEmpty(), "no TornadoVM with a device here: temporaries in several arrays were not tried on one");
        Tornado.Device device = Tornado.devices().getFirst();
        // Few layers, since each kernel takes a driver a second to compile.
        assertTrue(program(1, ROWS * WIDTH).rooms() > Room.ALWAYS.size() + 1);
        double[] known = losses(new ScalarBackend(), 1, 2);
        assertArrayEquals(known, losses(new OfDevice(device, ROWS * WIDTH), 1, 2), 1e-5 * known[0]);
    }

    /** @param mostTemporaries elements of an array for temporaries at most */
    private record OfDevice(Tornado.Device device, long mostTemporaries) implements Backend {
        @Override
        public String name() {
            return "tornado";
        }

        @Override
        public String description() {
            return device.name();
        }

        @Override
        public Session open() {
            return new TornadoSession(device, LibraryRule.NONE, DevicePlan::new, mostTemporaries);
        }
    }
}
