package dev.t2i.backend.tornado;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Kernels for sums and maxima over some axes of an expression, without atomics, so that results are the same in every run.
 *
 * <p>Where the innermost axis is one of those reduced, a group of items walks it side by side and joins what they found in local memory;
 * else each item walks alone, beside neighbours that read neighbouring elements. A few long reductions are cut into parts first, which a second kernel joins.
 */
final class Reduction {
    /** Up to this length an item walks alone in any case. */
    private static final int SHORT = 16;
    private static final int GROUP = 128;
    /** Items that keep a device busy. */
    private static final int BUSY = 1 << 14;
    private static final int LEAST_PART = 256;

    private final String what;
    private final Reducer reducer;
    private final Expression expression;
    private final List<Operand> inputs;
    private final Axes kept;
    private final Axes reduced;
    private final int outputs;
    private final int length;
    private final boolean grouped;
    private final int parts;
    private final Work work;

    /** @param nest with axes to reduce, whose results lie one after the other */
    Reduction(LoopNest nest) {
        what = nest.what();
        work = Work.of(List.of(nest));
        LoopNest.Reduced reduction = nest.reduced().orElseThrow();
        reducer = new Reducer(reduction.kind());
        expression = nest.expression();
        inputs = nest.inputs();
        Shape space = nest.space();
        boolean[] marks = new boolean[space.rank()];
        reduction.axes().forEach(axis -> marks[axis] = true);
        List<long[]> strides = inputs.stream().map(Operand::strides).toList();
        Axes all = Axes.of(space.dims(), strides, marks);
        kept = all.only(false);
        reduced = all.only(true);
        outputs = kept.size();
        length = reduced.size();
        boolean inner = all.marked()[all.dims().length - 1];
        grouped = inner && length > SHORT;
        int items = grouped ? outputs * GROUP : outputs;
        parts = length < 2 * LEAST_PART || items >= BUSY ? 1 : Math.clamp(BUSY / items, 1, length / LEAST_PART);
    }

    /** Elements of room that the parts take. */
    int scratch() {
        return parts == 1 ? 0 : Math.multiplyExact(parts, outputs);
    }

    /** @param scratch room for {@link #scratch} elements */
    List<Kernel> kernels(Spot out, Spot scratch) {
        List<Kernel> kernels = new ArrayList<>();
        Spot first = parts == 1 ? out : scratch;
        kernels.add(new Kernel(what, KernelClass.of(grouped ? code -> inGroups(code, first) : code -> alone(code, first)),
                grouped ? Grid.groups((long) outputs * parts, GROUP) : Grid.items((long) outputs * parts), work));
        if (parts > 1) {
            kernels.add(new Kernel(what + ", its parts joined", KernelClass.of(code -> join(code, scratch, out)), Grid.items(outputs), Work.elements((1L + parts) * outputs)));
        }
        return kernels;
    }

    private int partLength() {
        return Math.ceilDiv(length, parts);
    }

    /** Accumulates elements of a part, every {@code step}th from the local {@code at} on, into a new local. */
    private int walk(Code code, int[] partAndOutput, int at, int step) {
        int[] outer = code.coordinates(partAndOutput[1], kept.dims());
        int[] bases = new int[inputs.size()];
        for (int i = 0; i < bases.length; i++) {
            code.dot(0, outer, kept.strides()[i]);
            bases[i] = code.newInt();
        }
        reducer.start(code, at);
        int sum = code.newFloat();
        code.loadInt(partAndOutput[0]);
        code.integer(partLength());
        code.raw().imul();
        code.integer(partLength());
        code.raw().iadd();
        code.integer(length);
        int end = code.newLesserInt();
        code.loop(at, () -> code.loadInt(end), step, () -> {
            int[] inner = code.coordinates(at, reduced.dims());
            int[] registers = new int[inputs.size()];
            for (int i = 0; i < registers.length; i++) {
                int operand = i;
                code.get(inputs.get(i).spot(), () -> {
                    code.loadInt(bases[operand]);
                    code.dot(0, inner, reduced.strides()[operand]);
                    code.raw().iadd();
                });
                registers[i] = code.newFloat();
            }
            int value = Arithmetic.compute(code, expression, registers);
            code.loadFloat(sum);
            code.loadFloat(value);
            reducer.combine(code);
            code.storeFloat(sum);
        });
        return sum;
    }

    private void alone(Code code, Spot out) {
        code.id("globalIdx");
        int cell = code.newInt();
        code.ifLess(cell, outputs * parts, () -> {
            int[] partAndOutput = code.divided(cell, outputs);
            code.loadInt(partAndOutput[0]);
            code.integer(partLength());
            code.raw().imul();
            int at = code.newInt();
            int sum = walk(code, partAndOutput, at, 1);
            code.set(out, () -> code.loadInt(cell), () -> code.loadFloat(sum));
        });
    }

    private void inGroups(Code code, Spot out) {
        code.id("groupIdx");
        int cell = code.newInt();
        code.id("localIdx");
        int item = code.newInt();
        code.sharedFloats(GROUP);
        int shared = code.newFloats();
        int[] partAndOutput = code.divided(cell, outputs);
        code.loadInt(partAndOutput[0]);
        code.integer(partLength());
        code.raw().imul();
        code.loadInt(item);
        code.raw().iadd();
        int at = code.newInt();
        int sum = walk(code, partAndOutput, at, GROUP);
        reducer.join(code, shared, item, GROUP, sum);
        code.ifLess(item, 1, () -> code.set(out, () -> code.loadInt(cell), () -> {
            code.raw().aload(shared);
            code.integer(0);
            code.raw().faload();
        }));
    }

    private void join(Code code, Spot from, Spot out) {
        code.id("globalIdx");
        int output = code.newInt();
        code.ifLess(output, outputs, () -> {
            reducer.start(code, output);
            int sum = code.newFloat();
            code.integer(0);
            int part = code.newInt();
            code.loop(part, () -> code.integer(parts), 1, () -> {
                code.loadFloat(sum);
                code.get(from, () -> {
                    code.loadInt(part);
                    code.integer(outputs);
                    code.raw().imul();
                    code.loadInt(output);
                    code.raw().iadd();
                });
                reducer.combine(code);
                code.storeFloat(sum);
            });
            code.set(out, () -> code.loadInt(output), () -> code.loadFloat(sum));
        });
    }
}
