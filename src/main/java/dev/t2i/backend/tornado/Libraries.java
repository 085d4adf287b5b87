package dev.t2i.backend.tornado;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.error.BackendException;
import dev.t2i.error.OneLine;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Whether a device's driver takes TornadoVM's library tasks, asked of TornadoVM itself and not guessed from the driver's name, and whether they come out right. */
final class Libraries {
    private static final String PROPERTY = "t2i.tornado.libraries";
    private static final String WITHOUT = "go without by -D" + PROPERTY + "=off in T2I_JAVA_OPTIONS";
    private static final Set<String> PASSED = ConcurrentHashMap.newKeySet();

    private Libraries() {}

    /**
     * Which products a library is to compute on the device: with {@code auto}, the default, large ones where there is one, with {@code on} all, with {@code off} none.
     *
     * @throws BackendException if the property says something else, or {@code on} where there is no library
     */
    static LibraryRule rule(Tornado.Device device) {
        String asked = System.getProperty(PROPERTY, "auto");
        return switch (asked) {
            case "off" -> LibraryRule.NONE;
            case "auto" -> Tornado.whyWithout(LibraryCall.LIBRARY, device).isEmpty() ? LibraryRule.LARGE : LibraryRule.NONE;
            case "on" -> {
                Optional<String> why = Tornado.whyWithout(LibraryCall.LIBRARY, device);
                if (why.isPresent()) {
                    throw new BackendException("-D%s=on, but %s has no %s: %s".formatted(PROPERTY, device.address(), LibraryCall.LIBRARY, why.get()));
                }
                yield LibraryRule.ALL;
            }
            default -> throw new BackendException("-D%s=%s: write auto, on or off".formatted(PROPERTY, OneLine.of(asked, 40)));
        };
    }

    /**
     * Known products, a single one and a batch, each turned in another way.
     *
     * @throws BackendException if the library does not compute what it should
     */
    static void test(Tornado.Device device) {
        if (PASSED.contains(device.address())) {
            return;
        }
        Graph graph = new Graph();
        Value a = graph.input("a", DType.F32, Shape.of(2, 3, 5));
        Value b = graph.input("b", DType.F32, Shape.of(2, 7, 5));
        Value batch = a.matMul(b, false, true); // [2, 3, 7]
        Value single = batch.reshape(6, 7).matMul(b.reshape(14, 5).slice(0, 0, 6), true, false); // [7, 5]
        graph.output("batch", batch);
        graph.output("single", single);
        boolean right;
        try (Arena arena = Arena.ofConfined(); Session session = new TornadoSession(device, LibraryRule.ALL); Session plain = new ScalarBackend().open();
                Executable run = session.compile(graph); Executable known = plain.compile(graph)) {
            Map<String, Tensor> inputs = Map.of("a", counting(arena, a.shape()), "b", counting(arena, b.shape()));
            run.run(inputs);
            known.run(inputs);
            right = graph.outputs().keySet().stream().allMatch(name -> Arrays.equals(known.output(name).toFloatArray(), run.output(name).toFloatArray()));
        } catch (BackendException e) {
            throw new BackendException("%s is said to have %s, but that fails (%s); %s".formatted(device.address(), LibraryCall.LIBRARY, e.getMessage(), WITHOUT), e);
        }
        if (!right) {
            throw new BackendException("%s has %s, but known products come out wrong by it; %s".formatted(device.address(), LibraryCall.LIBRARY, WITHOUT));
        }
        PASSED.add(device.address());
    }

    /** Small whole numbers, whose products are exact in any order of summing. */
    private static Tensor counting(Arena arena, Shape shape) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        for (int i = 0; i < shape.size(); i++) {
            tensor.set(i, i % 11 - 5);
        }
        return tensor;
    }
}
