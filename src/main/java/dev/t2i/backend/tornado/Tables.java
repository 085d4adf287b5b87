package dev.t2i.backend.tornado;

import dev.t2i.graph.Op;
import dev.t2i.tensor.Shape;

/** Kernels that look up rows of tables, add rows to them, and pad. Indices are whole numbers stored as F32. */
final class Tables {
    private Tables() {}

    /** {@code out[i] = table[indices[i]]} for rows of {@code width} elements. */
    static Kernel gather(String what, Spot table, Spot indices, int count, int width, Spot out) {
        int size = Math.multiplyExact(count, width);
        return new Kernel(what, KernelClass.of(code -> {
            code.id("globalIdx");
            int item = code.newInt();
            code.ifLess(item, size, () -> {
                int[] at = code.coordinates(item, new int[] {count, width});
                code.get(indices, () -> code.loadInt(at[0]));
                code.raw().f2i();
                int row = code.newInt();
                code.get(table, () -> code.dot(0, new int[] {row, at[1]}, new long[] {width, 1}));
                int value = code.newFloat();
                code.set(out, () -> code.loadInt(item), () -> code.loadFloat(value));
            });
        }), Grid.items(size), Work.elements(2L * size + count));
    }

    /** {@code out[indices[i]] += updates[i]} from zeros: every element of the table looks for the rows that are meant for it, in order. */
    static Kernel scatterAdd(String what, Spot indices, Spot updates, int count, int width, int rows, Spot out) {
        int size = Math.multiplyExact(rows, width);
        return new Kernel(what, KernelClass.of(code -> {
            code.id("globalIdx");
            int item = code.newInt();
            code.ifLess(item, size, () -> {
                int[] at = code.coordinates(item, new int[] {rows, width});
                code.loadInt(at[0]);
                code.raw().i2f();
                int row = code.newFloat();
                code.number(0);
                int sum = code.newFloat();
                code.integer(0);
                int update = code.newInt();
                code.loop(update, () -> code.integer(count), 1, () -> {
                    code.choose(no -> {
                        code.get(indices, () -> code.loadInt(update));
                        code.loadFloat(row);
                        code.raw().fcmpl().ifne(no);
                    }, () -> code.get(updates, () -> code.dot(0, new int[] {update, at[1]}, new long[] {width, 1})), () -> code.number(0));
                    code.loadFloat(sum);
                    code.raw().fadd();
                    code.storeFloat(sum);
                });
                code.set(out, () -> code.loadInt(item), () -> code.loadFloat(sum));
            });
        }), Grid.items(size), Work.elements(size + (long) count * width));
    }

    /** Every element of the result finds out whether one of the source lies there. */
    static Kernel pad(String what, Op.Pad op, Spot source, Shape inner, Spot out, Shape outer) {
        int size = Math.toIntExact(outer.size());
        return new Kernel(what, KernelClass.of(code -> {
            code.id("globalIdx");
            int item = code.newInt();
            code.ifLess(item, size, () -> {
                int[] at = code.coordinates(item, outer.dims());
                int[] from = new int[at.length];
                for (int axis = 0; axis < at.length; axis++) {
                    code.loadInt(at[axis]);
                    code.integer(op.low().get(axis));
                    code.raw().isub();
                    from[axis] = code.newInt();
                }
                code.choose(no -> {
                    int[] limits = new int[from.length];
                    for (int axis = 0; axis < from.length; axis++) {
                        limits[axis] = (inner.dim(axis) - 1) * (op.interior().get(axis) + 1) + 1;
                    }
                    code.requireWithin(from, limits, no);
                    for (int axis = 0; axis < from.length; axis++) {
                        int step = op.interior().get(axis) + 1;
                        if (step > 1) {
                            code.loadInt(from[axis]);
                            code.integer(step);
                            code.raw().irem();
                            code.raw().ifne(no);
                        }
                    }
                }, () -> code.get(source, () -> {
                    code.integer(0);
                    long[] strides = inner.strides();
                    for (int axis = 0; axis < from.length; axis++) {
                        code.loadInt(from[axis]);
                        code.integer(op.interior().get(axis) + 1);
                        code.raw().idiv();
                        code.integer(Math.toIntExact(strides[axis]));
                        code.raw().imul();
                        code.raw().iadd();
                    }
                }), () -> code.number(op.value()));
                int value = code.newFloat();
                code.set(out, () -> code.loadInt(item), () -> code.loadFloat(value));
            });
        }), Grid.items(size), Work.elements(size + inner.size()));
    }
}
