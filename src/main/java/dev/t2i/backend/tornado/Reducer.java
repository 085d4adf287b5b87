package dev.t2i.backend.tornado;

import dev.t2i.graph.Op;

/** How a sum or a maximum begins and goes on, in the code of kernels. */
record Reducer(Op.ReduceKind kind) {
    /** Twice this is minus infinity, where maxima begin. */
    private static final float LOWEST = -Float.MAX_VALUE;

    /** Puts on the stack what a reduction of nothing is; the local is an index. TornadoVM's compilers do not all know an infinity, so devices make it. */
    void start(Code code, int index) {
        if (kind == Op.ReduceKind.SUM) {
            code.number(0);
        } else {
            code.number(LOWEST);
            code.loadInt(index);
            code.raw().i2f();
            code.number(2);
            code.raw().fadd().fmul();
        }
    }

    /** Makes one of the two numbers on the stack. */
    void combine(Code code) {
        if (kind == Op.ReduceKind.SUM) {
            code.raw().fadd();
        } else {
            int b = code.newFloat();
            int a = code.newFloat();
            Arithmetic.one(code, a, b, true);
        }
    }

    /** Combines the local {@code value} of each of {@code items} items of a group, a power of two; the result is in {@code shared[0]}, for item 0. */
    void join(Code code, int shared, int item, int items, int value) {
        code.raw().aload(shared).iload(item).fload(value).fastore();
        for (int half = items / 2; half > 0; half /= 2) {
            int other = half;
            code.barrier();
            code.ifLess(item, half, () -> {
                code.raw().aload(shared).iload(item);
                code.raw().aload(shared).iload(item).faload();
                code.raw().aload(shared).iload(item);
                code.integer(other);
                code.raw().iadd().faload();
                combine(code);
                code.raw().fastore();
            });
        }
    }
}
