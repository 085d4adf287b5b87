package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;
import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.graph.View;
import dev.t2i.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One known sum before anything else runs on a device: local memory, barriers and ids have to mean there what kernels take them to mean. */
final class SelfTest {
    private static final int NUMBERS = 5000;
    private static final Set<String> PASSED = ConcurrentHashMap.newKeySet();

    private SelfTest() {}

    /** @throws BackendException if the device does not compute what it should */
    static void run(Tornado.Device device) {
        if (PASSED.contains(device.address())) {
            return;
        }
        Shape space = Shape.of(1, NUMBERS);
        Spot from = new Spot(Room.INPUTS, 0);
        Spot to = new Spot(Room.OUTPUTS, 0);
        Reduction sum = new Reduction(new LoopNest("self-test", Expression.IDENTITY, List.of(new Operand(from, View.of(space))), space,
                Optional.of(new LoopNest.Reduced(Op.ReduceKind.SUM, List.of(1))), new Operand(to, View.of(Shape.of(1, 1)).broadcast(space))));
        Object graph = Tornado.taskGraph("selfTest");
        Object context = Tornado.context();
        Object scheduler = Tornado.scheduler();
        Arena arena = Arena.ofAuto();
        Object numbers = Tornado.array(arena, NUMBERS);
        Object scratch = Tornado.array(arena, Math.max(1, sum.scratch()));
        Object states = Tornado.array(arena, 1);
        Object constants = Tornado.array(arena, 1);
        Object result = Tornado.array(arena, 1);
        for (int i = 0; i < NUMBERS; i++) {
            Tornado.segment(numbers).setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, i, i % 7);
        }
        Tornado.toDevice(graph, Tornado.Transfer.EVERY_EXECUTION, context, states, scratch, numbers, constants);
        Set<String> ids = new HashSet<>();
        for (Kernel kernel : sum.kernels(to, new Spot(Room.TEMPORARIES, 0))) {
            String id = "t" + ids.size();
            ids.add(id);
            Tornado.task(graph, id, KernelLoader.task(kernel, Room.ALWAYS.size(), device), new Object[] {context, states, scratch, numbers, constants, result});
            Tornado.schedule(scheduler, "selfTest." + id, kernel.grid());
        }
        Tornado.toHost(graph, Tornado.Transfer.EVERY_EXECUTION, result);
        Object plan = Tornado.plan(List.of(Tornado.snapshot(graph)), device);
        try {
            Tornado.execute(plan, 0, scheduler);
        } finally {
            Tornado.close(plan, List.of(0));
        }
        float found = Tornado.segment(result).get(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
        float expected = java.util.stream.IntStream.range(0, NUMBERS).map(i -> i % 7).sum();
        if (found != expected) {
            throw new BackendException("%s adds up a known sum to %s instead of %s: its driver and TornadoVM do not work together, take another device or driver"
                    .formatted(device.address(), found, expected));
        }
        PASSED.add(device.address());
    }
}
