package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.graph.passes.Passes;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which loops may share a kernel, decided without a device. */
class StitchTest {
    /** More than one group would do as a single row. */
    private static final int MANY = 600;
    private static final Shape ROWS = Shape.of(MANY, 8);

    private static Operand at(int offset, View view) {
        return new Operand(new Spot(Room.TEMPORARIES, offset), view);
    }

    private static LoopNest copy(Shape space, Operand from, Operand to) {
        return new LoopNest("copy", Expression.IDENTITY, List.of(from), space, Optional.empty(), to);
    }

    private static LoopNest sum(Operand from, int into, int... axes) {
        Shape kept = ROWS;
        for (int axis : axes) {
            kept = kept.with(axis, 1);
        }
        return new LoopNest("sum", Expression.IDENTITY, List.of(from), ROWS,
                Optional.of(new LoopNest.Reduced(Op.ReduceKind.SUM, java.util.Arrays.stream(axes).boxed().toList())), at(into, View.of(kept).broadcast(ROWS)));
    }

    private static int kernels(Graph graph) {
        return new DeviceProgram(Passes.optimize(graph), Map.of(), LibraryRule.NONE, Integer.MAX_VALUE).tasks().size();
    }

    @Test
    void aNormalisationIsOneKernel() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.of(MANY, 128));
        Value centred = x.sub(x.mean(1));
        graph.output("y", centred.mul(centred.square().mean(1).add(1e-5).rsqrt()));
        assertEquals(1, kernels(graph));
    }

    @Test
    void aSoftmaxIsOneKernel() {
        Graph graph = new Graph();
        graph.output("y", Functions.softmax(graph.input("x", DType.F32, Shape.of(4, 8, 50, 50)), 3));
        assertEquals(1, kernels(graph));
    }

    @Test
    void aSumOverAllRowsBeginsAnew() {
        Stitch stitch = new Stitch();
        assertTrue(stitch.add(copy(ROWS, at(0, View.of(ROWS)), at(10_000, View.of(ROWS)))));
        assertTrue(stitch.add(sum(at(10_000, View.of(ROWS)), 20_000, 1)));
        assertEquals(MANY, stitch.rows());
        assertFalse(stitch.add(sum(at(10_000, View.of(ROWS)), 30_000, 0)));
        assertFalse(stitch.add(copy(Shape.of(8, MANY), at(10_000, new View(0, new long[] {1, 8}, Shape.of(8, MANY))), at(40_000, View.of(Shape.of(8, MANY))))));
        assertEquals(2, stitch.nests().size());
    }

    @Test
    void fewElementsGoTogetherWhateverTheyRead() {
        Shape small = Shape.of(30, 8);
        Stitch stitch = new Stitch();
        assertTrue(stitch.add(copy(small, at(0, View.of(small)), at(1000, View.of(small)))));
        assertTrue(stitch.add(copy(Shape.of(8, 30), at(1000, new View(0, new long[] {1, 8}, Shape.of(8, 30))), at(2000, View.of(Shape.of(8, 30))))));
        assertEquals(1, stitch.rows());
        assertEquals(256, stitch.items(1));
    }

    @Test
    void memoryThatIsUsedAgainMustLieRowOverRow() {
        Stitch stitch = new Stitch();
        assertTrue(stitch.add(copy(ROWS, at(0, View.of(ROWS)), at(10_000, View.of(ROWS)))));
        // Over what the first has read, row over row.
        assertTrue(stitch.add(copy(ROWS, at(10_000, View.of(ROWS)), at(0, View.of(ROWS)))));
        // The same with rows half a row off: a group would overwrite what another has not read yet.
        assertFalse(stitch.add(copy(ROWS, at(20_000, View.of(ROWS)), at(10_004, View.of(ROWS)))));
        // Longer rows over shorter ones.
        assertFalse(stitch.add(copy(Shape.of(MANY, 16), at(30_000, View.of(Shape.of(MANY, 16))), at(10_000, View.of(Shape.of(MANY, 16))))));
    }

    @Test
    void numbersThatAllRowsReadMustBeOlder() {
        Stitch stitch = new Stitch();
        Shape numbers = Shape.of(MANY, 1);
        assertTrue(stitch.add(copy(numbers, at(0, View.of(numbers)), at(10_000, View.of(numbers)))));
        Operand first = at(10_000, View.of(Shape.of(1, 1)).broadcast(ROWS));
        assertFalse(stitch.add(copy(ROWS, first, at(20_000, View.of(ROWS)))));
        assertTrue(stitch.add(copy(ROWS, at(30_000, View.of(Shape.of(1, 1)).broadcast(ROWS)), at(20_000, View.of(ROWS)))));
    }
}
