package dev.t2i.backend.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/** The code of a {@link Stitch}: a group of items for each row, which goes through the nests one after the other. */
final class StitchedKernel {
    /** Sums up to this length one item makes alone. */
    private static final int SHORT = 16;

    private final Stitch stitch;
    private final int rows;
    private final int items;

    private StitchedKernel(Stitch stitch) {
        this.stitch = stitch;
        rows = stitch.rows();
        items = stitch.items(rows);
    }

    static Kernel of(Stitch stitch) {
        StitchedKernel kernel = new StitchedKernel(stitch);
        String what = "%d in one: %s".formatted(stitch.nests().size(), stitch.nests().getLast().what());
        return new Kernel(what, KernelClass.of(kernel::write), Grid.groups(kernel.rows, kernel.items), Work.of(stitch.nests()));
    }

    private void write(Code code) {
        code.id("groupIdx");
        int row = code.newInt();
        code.id("localIdx");
        int item = code.newInt();
        int shared = -1;
        if (stitch.nests().stream().anyMatch(this::isJoined)) {
            code.sharedFloats(items);
            shared = code.newFloats();
        }
        boolean first = true;
        for (LoopNest nest : stitch.nests()) {
            if (!first) {
                code.globalBarrier();
            }
            first = false;
            new Nest(code, nest, row).write(item, shared);
        }
    }

    /** Whether all items of a group make the only result of a row together. */
    private boolean isJoined(LoopNest nest) {
        long length = Stitch.reducedLength(nest);
        return length > SHORT && nest.space().size() == rows * length;
    }

    /** One nest's share of a row. */
    private final class Nest {
        private final Code code;
        private final LoopNest nest;
        private final List<Spot> spots;
        private final int operands;
        private final Axes kept;
        private final Axes reduced;
        /** Where the row begins, of each operand. */
        private final int[] bases;

        Nest(Code code, LoopNest nest, int row) {
            this.code = code;
            this.nest = nest;
            spots = nest.spots();
            operands = spots.size() - 1;
            int cut = cut();
            Axes outer = axes(axis -> axis < cut);
            kept = axes(axis -> axis >= cut && !nest.isReduced(axis));
            reduced = axes(axis -> axis >= cut && nest.isReduced(axis));
            int[] at = code.coordinates(row, outer.dims());
            bases = new int[spots.size()];
            for (int i = 0; i < bases.length; i++) {
                code.dot(0, at, outer.strides()[i]);
                bases[i] = code.newInt();
            }
        }

        /** How many axes count rows. */
        private int cut() {
            int product = 1;
            int cut = 0;
            while (product < rows) {
                product *= nest.space().dim(cut++);
            }
            return cut;
        }

        private Axes axes(IntPredicate which) {
            List<Integer> axes = new ArrayList<>();
            for (int axis = 0; axis < nest.space().rank(); axis++) {
                if (which.test(axis)) {
                    axes.add(axis);
                }
            }
            int[] dims = axes.stream().mapToInt(axis -> nest.space().dim(axis)).toArray();
            List<long[]> strides = nest.strides().stream().map(all -> axes.stream().mapToLong(axis -> all[axis]).toArray()).toList();
            return Axes.of(dims, strides, null);
        }

        void write(int item, int shared) {
            if (nest.reduced().isEmpty()) {
                share(item, kept.size(), index -> {
                    int[] at = code.coordinates(index, kept.dims());
                    int result = compute(kept, at, bases);
                    store(at, result);
                });
            } else if (isJoined(nest)) {
                Reducer reducer = new Reducer(nest.reduced().get().kind());
                code.loadInt(item);
                int index = code.newInt();
                int sum = accumulate(reducer, index, items, bases);
                reducer.join(code, shared, item, items, sum);
                code.ifLess(item, 1, () -> code.set(spots.getLast(), () -> code.loadInt(bases[operands]), () -> {
                    code.raw().aload(shared);
                    code.integer(0);
                    code.raw().faload();
                }));
            } else {
                Reducer reducer = new Reducer(nest.reduced().get().kind());
                share(item, kept.size(), result -> {
                    int[] at = code.coordinates(result, kept.dims());
                    int[] places = new int[operands];
                    for (int i = 0; i < operands; i++) {
                        code.loadInt(bases[i]);
                        code.dot(0, at, kept.strides()[i]);
                        code.raw().iadd();
                        places[i] = code.newInt();
                    }
                    code.integer(0);
                    int index = code.newInt();
                    store(at, accumulate(reducer, index, 1, places));
                });
            }
        }

        /** The body for every index below {@code size}, shared among the items. */
        private void share(int item, int size, IntConsumer body) {
            if (size <= items) {
                code.ifLess(item, size, () -> body.accept(item));
            } else {
                code.loadInt(item);
                int index = code.newInt();
                code.loop(index, () -> code.integer(size), items, () -> body.accept(index));
            }
        }

        private int accumulate(Reducer reducer, int index, int step, int[] places) {
            reducer.start(code, index);
            int sum = code.newFloat();
            code.loop(index, () -> code.integer(reduced.size()), step, () -> {
                int value = compute(reduced, code.coordinates(index, reduced.dims()), places);
                code.loadFloat(sum);
                code.loadFloat(value);
                reducer.combine(code);
                code.storeFloat(sum);
            });
            return sum;
        }

        private int compute(Axes axes, int[] at, int[] places) {
            int[] registers = new int[operands];
            for (int i = 0; i < operands; i++) {
                int operand = i;
                code.get(spots.get(i), () -> {
                    code.loadInt(places[operand]);
                    code.dot(0, at, axes.strides()[operand]);
                    code.raw().iadd();
                });
                registers[i] = code.newFloat();
            }
            return Arithmetic.compute(code, nest.expression(), registers);
        }

        private void store(int[] at, int result) {
            code.set(spots.getLast(), () -> {
                code.loadInt(bases[operands]);
                code.dot(0, at, kept.strides()[operands]);
                code.raw().iadd();
            }, () -> code.loadFloat(result));
        }
    }
}
