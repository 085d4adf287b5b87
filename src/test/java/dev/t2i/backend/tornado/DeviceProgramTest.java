package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Executable;
import dev.t2i.backend.GraphRun;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.gan.DiffAugment;
import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.passes.Passes;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.classfile.ClassFile;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is decided before any device is there: who computes what, where it lies, which kernels, which graphs. */
class DeviceProgramTest {
    private static final int PARAMETERS = 5;

    /** Momentum for some parameters of different sizes, as an optimizer has it. */
    private static Graph training() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(4));
        for (int i = 0; i < PARAMETERS; i++) {
            Shape shape = Shape.of(3 + i, 4);
            Value weight = graph.state("w" + i, DType.F32, shape);
            Value momentum = graph.state("m" + i, DType.F32, shape);
            Value gradient = weight.mul(x.reshape(1, 4).broadcastTo(shape)).matMul(weight.matMul(weight, true, false));
            Value next = momentum.mul(0.9).add(gradient);
            graph.assign(momentum, next);
            graph.assign(weight, weight.sub(next.mul(0.1)));
        }
        return graph;
    }

    private static Map<String, Integer> offsets(Graph graph) {
        Map<String, Integer> offsets = new LinkedHashMap<>();
        graph.states().forEach((name, value) -> offsets.put(name, 100 * offsets.size()));
        return offsets;
    }

    @Test
    void updatesComeLastAndMeanTheSame() {
        Graph graph = Passes.optimize(training());
        Graph ordered = Updates.last(graph);
        assertEquals(graph.values().size(), ordered.values().size());
        assertArrayEquals(weightsAfterTwoRuns(graph), weightsAfterTwoRuns(ordered));
    }

    private static double[] weightsAfterTwoRuns(Graph graph) {
        List<Double> all = new ArrayList<>();
        try (Session session = new ScalarBackend().open()) {
            graph.states().forEach((name, value) -> session.put(name, GraphRun.tensor(DType.F32, value.shape(),
                    IntStream.range(0, (int) value.shape().size()).mapToDouble(i -> 0.1 * i - 0.3).toArray())));
            Executable step = session.compile(graph);
            for (int run = 0; run < 2; run++) {
                step.run(Map.of("x", GraphRun.tensor(DType.F32, Shape.of(4), 1, -2, 0.5, 3)));
            }
            graph.states().forEach((name, value) -> {
                var into = GraphRun.tensor(DType.F32, value.shape());
                session.get(name, into);
                for (double number : GraphRun.numbers(into)) {
                    all.add(number);
                }
            });
        }
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Test
    void stepsOfAllParametersShareKernels() {
        Graph graph = Updates.last(Passes.optimize(training()));
        DeviceProgram program = new DeviceProgram(graph, offsets(graph), LibraryRule.NONE, Integer.MAX_VALUE);
        long shared = program.tasks().stream().filter(kernel -> kernel.what().startsWith(PARAMETERS + " times")).count();
        assertTrue(shared >= 1, program.tasks().stream().map(Task::what).toList().toString());
        Kernel gang = (Kernel) program.tasks().stream().filter(kernel -> kernel.what().startsWith(PARAMETERS + " times")).findFirst().orElseThrow();
        assertEquals(PARAMETERS, gang.grid().globalY());
    }

    @Test
    void kernelsAreClassesThatTheVirtualMachineAccepts() {
        Graph graph = training();
        Value pictures = graph.input("pictures", DType.F32, Shape.of(2, 9, 7, 3));
        Value weights = graph.state("kernel", DType.F32, Shape.of(3, 3, 3, 5));
        var window = dev.t2i.graph.Window.of(2, 1);
        Value y = graph.add(new Op.Conv2d(window), pictures, weights);
        graph.output("y", y.sum(0));
        graph.output("dx", graph.add(new Op.Conv2dInputGradient(window, 9, 7), y, weights));
        graph.output("dw", graph.add(new Op.Conv2dWeightGradient(window, 3, 3), pictures, y));
        graph.output("long", graph.input("long", DType.F32, Shape.of(4000, 3)).max(graph.scalar(0)).sum(0));
        graph.output("gathered", graph.add(new Op.Gather(), graph.state("w0", DType.F32, Shape.of(3, 4)), graph.input("ids", DType.I32, Shape.of(6))));
        Graph device = Passes.optimize(new GraphSplit(graph, _ -> false).device());
        for (Task task : new DeviceProgram(device, offsets(device), LibraryRule.NONE, Integer.MAX_VALUE).tasks()) {
            byte[] bytes = ((Kernel) task).code().bytes("dev.t2i.Example", new KernelClass.Form(Room.ALWAYS.size(), Functions.DRIVER));
            // Types of TornadoVM are not here, so what it finds can only concern them.
            ClassFile.of().verify(bytes).forEach(error -> assertTrue(error.getMessage().contains("tornado"), task.what() + ": " + error.getMessage()));
        }
    }

    @Test
    void theHostMakesRandomNumbersAndIntegers() {
        Graph graph = new Graph();
        Value keys = graph.state("keys", DType.I32, Shape.of(2, 4));
        graph.assign(keys, Value.concat(0, keys.slice(0, 1, 2), keys.slice(0, 0, 1)));
        graph.output("y", graph.normal(keys, Shape.of(2, 3)).mul(graph.state("scale", DType.F32, Shape.of(2, 3))));
        GraphSplit split = new GraphSplit(graph, _ -> false);
        assertTrue(split.needsHost());
        assertEquals(List.of("keys"), List.copyOf(split.host().assignments().keySet()));
        assertEquals(1, split.handedOver().size());
        assertEquals(split.handedOver().keySet(), split.device().inputs().keySet());
        assertTrue(split.device().values().stream().noneMatch(value -> value.op() instanceof Op.Random));
    }

    @Test
    void aKeyThatDependsOnTrainedNumbersIsRefused() {
        Graph graph = new Graph();
        Value trained = graph.state("trained", DType.F32, Shape.of(2, 4));
        graph.output("y", graph.normal(trained.cast(DType.I32), Shape.of(2, 3)));
        String message = assertThrows(GraphException.class, () -> new GraphSplit(graph, _ -> false)).getMessage();
        assertTrue(message.contains("'trained'") && message.contains("--backend vector"), message);
        assertTrue(new GraphSplit(graph, "trained"::equals).needsHost());
    }

    /** A probability that adapts lies on the device; what it decides must not need the host. */
    @Test
    void augmentationNeedsRandomNumbersOfTheHostAlone() {
        Graph graph = new Graph();
        Value draws = graph.uniform(graph.input("keys", DType.I32, Shape.of(2, 4)), Shape.of(2, DiffAugment.DRAWS));
        DiffAugment.Chances chances = DiffAugment.Chances.same(graph.state("probability", DType.F32, Shape.SCALAR));
        graph.output("y", DiffAugment.apply(graph.input("x", DType.F32, Shape.of(2, 8, 8, 3)), draws, chances, EnumSet.allOf(DiffAugment.Part.class)));
        GraphSplit split = new GraphSplit(graph, _ -> false);
        assertEquals(1, split.handedOver().size());
        assertEquals(1, split.device().states().size());
    }

    @Test
    void chunksHoldWhatATaskGraphCan() {
        assertEquals(1, Chunks.of(List.of(), _ -> 6).size());
        List<Integer> kernels = IntStream.range(0, 1000).boxed().toList();
        // With every room for temporaries, too: a task takes 15 bytes of 8192, and 5 for each argument.
        for (int arguments : new int[] {6, 1 + Room.values().length}) {
            List<List<Integer>> chunks = Chunks.of(kernels, _ -> arguments);
            int most = 8192 / (15 + 5 * arguments);
            assertTrue(chunks.stream().allMatch(chunk -> chunk.size() < most && chunk.size() > most / 2), () -> chunks.stream().map(List::size).toList().toString());
            assertEquals(kernels, chunks.stream().flatMap(List::stream).toList());
        }
    }

    @Test
    void gridsAreWholeGroups() {
        assertEquals(new Grid(64, 1, 1, 64, 1), Grid.items(1));
        assertEquals(new Grid(128, 1, 1, 64, 1), Grid.items(65));
        assertEquals(new Grid(480, 16, 1, 16, 16), Grid.tiles(30, 16));
        assertThrows(IllegalArgumentException.class, () -> new Grid(100, 1, 1, 64, 1));
    }

    /** NVIDIA's GPUs take 65,535 groups along the second and the third axis, and 2^31 - 1 along the first. */
    @Test
    void manyGroupsLieAlongTheFirstAxis() {
        assertThrows(IllegalArgumentException.class, () -> new Grid(64, 65_536, 1, 64, 1));
        assertThrows(IllegalArgumentException.class, () -> new Grid(64, 1, 65_536, 64, 1));
        assertThrows(ArithmeticException.class, () -> Grid.groups(1 << 25, 64));
        Graph graph = new Graph();
        Value pictures = graph.input("pictures", DType.F32, Shape.of(64, 256, 256, 3));
        Value weights = graph.state("weights", DType.F32, Shape.of(3, 3, 3, 32));
        Value y = graph.add(new Op.Conv2d(dev.t2i.graph.Window.of(1, 1)), pictures, weights);
        graph.output("y", y);
        Value lines = graph.input("lines", DType.F32, Shape.of(171 * 384, 3, 7));
        graph.output("shear", lines.matMul(lines, true, false));
        Value row = graph.input("row", DType.F32, Shape.of(1, 2));
        graph.output("wide", row.matMul(graph.input("columns", DType.F32, Shape.of(2, 64 * 65_536))));
        for (Task task : new DeviceProgram(Passes.optimize(graph), Map.of("weights", 0), LibraryRule.NONE, Integer.MAX_VALUE).tasks()) {
            Grid grid = ((Kernel) task).grid();
            assertTrue(grid.globalY() / grid.localY() <= 65_535 && grid.globalZ() <= 65_535, task.what() + ": " + grid);
        }
    }

    @Test
    void axesThatAreWalkedAlikeAreOne() {
        Axes axes = Axes.of(new int[] {2, 1, 3, 4}, List.of(new long[] {12, 7, 4, 1}, new long[] {0, 0, 4, 1}), null);
        assertArrayEquals(new int[] {2, 12}, axes.dims());
        assertArrayEquals(new long[] {12, 1}, axes.strides()[0]);
        assertArrayEquals(new long[] {0, 1}, axes.strides()[1]);
        assertArrayEquals(new int[] {1}, Axes.of(new int[] {1, 1}, List.of(new long[] {1, 1}), null).dims());
    }
}
