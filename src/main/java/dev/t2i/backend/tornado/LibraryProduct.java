package dev.t2i.backend.tornado;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.graph.View;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tasks for a matrix product by a library: both factors are copied to arrays of their own, the library multiplies, and a kernel takes the result to its room, with
 * the epilogue on the way, which a library does not know.
 *
 * <p>Why copies, and not values that lie in arrays of their own from the start: an array is an object that every task graph has to hand on, a state would have to travel
 * alone, and {@link dev.t2i.graph.passes.MemoryPlan} could reuse none of it. A product is only given away if it is large enough for the copies not to matter
 * ({@link LibraryRule}).
 */
final class LibraryProduct {
    private LibraryProduct() {}

    /**
     * @param left    of the product, row by row, as [batch, rows, steps] or transposed
     * @param right   the same as [batch, steps, columns] or transposed
     * @param further operands of the epilogue, viewed along {@code shape}
     * @param shape   of the result
     * @return nothing if the epilogue reads from every room, for then none has a place to spare for the library's result
     */
    static Optional<List<Task>> tasks(LibraryCall call, Spot left, Spot right, Op.Epilogue epilogue, List<Operand> further, Spot out, Shape shape) {
        Set<Room> free = EnumSet.copyOf(Room.ALWAYS);
        free.remove(out.room());
        further.forEach(operand -> free.remove(operand.spot().room()));
        if (free.isEmpty()) {
            return Optional.empty();
        }
        List<Task> tasks = new ArrayList<>();
        tasks.add(bring(call, left, LibraryArray.LEFT));
        tasks.add(bring(call, right, LibraryArray.RIGHT));
        tasks.add(call);
        Room place = free.iterator().next();
        List<Operand> inputs = new ArrayList<>();
        inputs.add(new Operand(new Spot(place, 0), View.of(shape)));
        inputs.addAll(further);
        Expression expression = epilogue.isNone() ? Expression.IDENTITY : epilogue.expression();
        tasks.add(Elementwise.kernel(new LoopNest(call.what() + ", fetched", expression, inputs, shape, Optional.empty(), new Operand(out, View.of(shape))))
                .with(place, LibraryArray.RESULT));
        return Optional.of(tasks);
    }

    private static Kernel bring(LibraryCall call, Spot from, LibraryArray to) {
        Room place = from.room() == Room.OUTPUTS ? Room.CONSTANTS : Room.OUTPUTS;
        Shape shape = Shape.of(call.size(to));
        View view = View.of(shape);
        return Elementwise.kernel(DeviceLowering.copy(call.what() + ", a factor brought", new Operand(from, view), new Operand(new Spot(place, 0), view), shape))
                .with(place, to);
    }
}
