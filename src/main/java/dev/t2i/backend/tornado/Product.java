package dev.t2i.backend.tornado;

import dev.t2i.graph.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * Kernels for everything that is a matrix product: {@code out[b][i][j] = epilogue(sum over k of left(b, i, k) * right(b, k, j))}. What
 * {@code left} and {@code right} read is the operation's affair ({@link Factor}), so that convolutions and their gradients are products of windows that nobody writes out.
 *
 * <p>Groups of 16 x 16 items bring a strip of both factors to local memory and then sum a tile, a few elements an item in registers. Small results of
 * long sums are cut along the sum, for else a few groups would do all the work; a second kernel joins the parts in order.
 */
final class Product {
    /** Items along an edge of a group. */
    private static final int SIDE = 16;
    /** Steps of the sum that are brought to local memory at a time. */
    private static final int DEPTH = 16;
    /** Groups that keep a device busy. */
    private static final int BUSY = 128;
    private static final int LEAST_PART = 512;
    private static final int MOST_PER_ITEM = 4;

    /** Reads an element of a factor. */
    interface Factor {
        /** Puts the element on the stack; {@code outer} is a row of the left or a column of the right factor, all three are locals. */
        void read(Code code, int batch, int outer, int step);
    }

    /**
     * @param leftAlongSum  whether neighbours in the sum are neighbours in memory, for the left factor
     * @param rightAlongSum the same for the right
     */
    record Sizes(int batch, int rows, int columns, int steps, boolean leftAlongSum, boolean rightAlongSum) {}

    private final String what;
    private final Sizes sizes;
    private final Factor left;
    private final Factor right;
    private final Op.Epilogue epilogue;
    private final List<Operand> further;
    private final int[] resultDims;
    private final int perItemY;
    private final int perItemX;
    private final int parts;
    private final Work work;

    /**
     * @param further operands of the epilogue, viewed along {@code resultDims}
     * @param factors elements of both factors
     */
    Product(String what, Sizes sizes, Factor left, Factor right, long factors, Op.Epilogue epilogue, List<Operand> further, int[] resultDims) {
        this.what = what;
        this.sizes = sizes;
        this.left = left;
        this.right = right;
        this.epilogue = epilogue;
        this.further = further;
        this.resultDims = resultDims;
        perItemY = perItem(sizes.rows);
        perItemX = perItem(sizes.columns);
        work = new Work(2L * sizes.batch * sizes.rows * sizes.columns * sizes.steps, Work.elements(factors + size()).bytes());
        long groups = tileRows() * tileColumns() * sizes.batch;
        parts = (int) Math.clamp(BUSY / Math.max(1, groups), 1, Math.max(1, sizes.steps / LEAST_PART));
    }

    private static int perItem(int size) {
        int perItem = 1;
        while (perItem < MOST_PER_ITEM && size > perItem * SIDE) {
            perItem *= 2;
        }
        return perItem;
    }

    private long tileRows() {
        return Math.ceilDiv(sizes.rows, SIDE * perItemY);
    }

    private long tileColumns() {
        return Math.ceilDiv(sizes.columns, SIDE * perItemX);
    }

    private int size() {
        return Math.multiplyExact(Math.multiplyExact(sizes.batch, sizes.rows), sizes.columns);
    }

    /** Elements of room that the parts take. */
    int scratch() {
        return parts == 1 ? 0 : Math.multiplyExact(parts, size());
    }

    /** @param scratch room for {@link #scratch} elements */
    List<Kernel> kernels(Spot out, Spot scratch) {
        List<Kernel> kernels = new ArrayList<>();
        kernels.add(new Kernel(what, KernelClass.of(code -> multiply(code, out, scratch)),
                Grid.tiles(tileRows() * tileColumns() * sizes.batch * parts, SIDE), work));
        if (parts > 1) {
            kernels.add(new Kernel(what + ", its parts joined", KernelClass.of(code -> join(code, scratch, out)), Grid.items(size()), Work.elements((1L + parts) * size())));
        }
        return kernels;
    }

    private void multiply(Code code, Spot out, Spot scratch) {
        code.id("localIdx");
        int x = code.newInt();
        code.id("localIdy");
        int y = code.newInt();
        int item = sum(code, y, SIDE, x);
        code.id("groupIdx");
        int group = code.newInt();
        int[] at = code.coordinates(group, new int[] {sizes.batch, parts, Math.toIntExact(tileRows()), Math.toIntExact(tileColumns())});
        int batch = at[0];
        int part = at[1];
        int firstRow = scaled(code, at[2], SIDE * perItemY);
        int firstColumn = scaled(code, at[3], SIDE * perItemX);
        code.sharedFloats(SIDE * perItemY * DEPTH);
        int leftTile = code.newFloats();
        code.sharedFloats(SIDE * perItemX * DEPTH);
        int rightTile = code.newFloats();
        int[][] sums = new int[perItemY][perItemX];
        for (int[] row : sums) {
            for (int j = 0; j < perItemX; j++) {
                code.number(0);
                row[j] = code.newFloat();
            }
        }
        int partSteps = Math.ceilDiv(Math.ceilDiv(sizes.steps, parts), DEPTH) * DEPTH;
        code.loadInt(part);
        code.integer(partSteps);
        code.raw().imul();
        int from = code.newInt();
        code.loadInt(from);
        code.integer(partSteps);
        code.raw().iadd();
        code.integer(sizes.steps);
        int to = code.newLesserInt();
        code.loop(from, () -> code.loadInt(to), DEPTH, () -> {
            bring(code, leftTile, SIDE * perItemY, sizes.leftAlongSum, item, firstRow, sizes.rows, from, to, (outer, step) -> left.read(code, batch, outer, step));
            bring(code, rightTile, SIDE * perItemX, sizes.rightAlongSum, item, firstColumn, sizes.columns, from, to,
                    (outer, step) -> right.read(code, batch, outer, step));
            code.barrier();
            addProducts(code, leftTile, rightTile, x, y, sums);
            code.barrier();
        });
        for (int i = 0; i < perItemY; i++) {
            int row = plus(code, firstRow, y, i * SIDE);
            for (int j = 0; j < perItemX; j++) {
                int column = plus(code, firstColumn, x, j * SIDE);
                int value = sums[i][j];
                code.ifLess(row, sizes.rows, () -> code.ifLess(column, sizes.columns, () -> {
                    code.loadInt(batch);
                    code.integer(sizes.rows);
                    code.raw().imul();
                    code.loadInt(row);
                    code.raw().iadd();
                    code.integer(sizes.columns);
                    code.raw().imul();
                    code.loadInt(column);
                    code.raw().iadd();
                    int element = code.newInt();
                    if (parts > 1) {
                        code.set(scratch, () -> {
                            code.loadInt(part);
                            code.integer(size());
                            code.raw().imul();
                            code.loadInt(element);
                            code.raw().iadd();
                        }, () -> code.loadFloat(value));
                    } else {
                        finish(code, element, value, out);
                    }
                }));
            }
        }
    }

    private interface Read {
        void at(int outer, int step);
    }

    /** Every item brings its share of a strip of {@code width} outer elements by {@link #DEPTH} steps; beyond the matrix are zeros. */
    private static void bring(Code code, int tile, int width, boolean alongSum, int item, int firstOuter, int outers, int from, int to, Read read) {
        for (int i = 0; i < width * DEPTH / (SIDE * SIDE); i++) {
            code.loadInt(item);
            code.integer(i * SIDE * SIDE);
            code.raw().iadd();
            int place = code.newInt();
            int fast = alongSum ? DEPTH : width;
            code.loadInt(place);
            code.integer(fast);
            code.raw().irem();
            int low = code.newInt();
            code.loadInt(place);
            code.integer(fast);
            code.raw().idiv();
            int high = code.newInt();
            int outerInTile = alongSum ? high : low;
            int stepInTile = alongSum ? low : high;
            int outer = plus(code, firstOuter, outerInTile, 0);
            int step = plus(code, from, stepInTile, 0);
            code.choose(no -> {
                code.loadInt(outer);
                code.integer(outers);
                code.raw().if_icmpge(no);
                code.loadInt(step);
                code.loadInt(to);
                code.raw().if_icmpge(no);
            }, () -> read.at(outer, step), () -> code.number(0));
            int value = code.newFloat();
            code.raw().aload(tile).iload(stepInTile);
            code.integer(width);
            code.raw().imul().iload(outerInTile).iadd().fload(value).fastore();
        }
    }

    private void addProducts(Code code, int leftTile, int rightTile, int x, int y, int[][] sums) {
        code.integer(0);
        int step = code.newInt();
        code.loop(step, () -> code.integer(DEPTH), 1, () -> {
            int[] b = new int[perItemX];
            for (int j = 0; j < perItemX; j++) {
                b[j] = fromTile(code, rightTile, step, SIDE * perItemX, x, j);
            }
            for (int i = 0; i < perItemY; i++) {
                int a = fromTile(code, leftTile, step, SIDE * perItemY, y, i);
                for (int j = 0; j < perItemX; j++) {
                    code.loadFloat(sums[i][j]);
                    code.loadFloat(a);
                    code.loadFloat(b[j]);
                    code.raw().fmul().fadd();
                    code.storeFloat(sums[i][j]);
                }
            }
        });
    }

    private static int fromTile(Code code, int tile, int step, int width, int item, int i) {
        code.raw().aload(tile).iload(step);
        code.integer(width);
        code.raw().imul().iload(item).iadd();
        code.integer(i * SIDE);
        code.raw().iadd().faload();
        return code.newFloat();
    }

    private void join(Code code, Spot from, Spot out) {
        code.id("globalIdx");
        int element = code.newInt();
        code.ifLess(element, size(), () -> {
            code.number(0);
            int sum = code.newFloat();
            code.integer(0);
            int part = code.newInt();
            code.loop(part, () -> code.integer(parts), 1, () -> {
                code.loadFloat(sum);
                code.get(from, () -> {
                    code.loadInt(part);
                    code.integer(size());
                    code.raw().imul();
                    code.loadInt(element);
                    code.raw().iadd();
                });
                code.raw().fadd();
                code.storeFloat(sum);
            });
            finish(code, element, sum, out);
        });
    }

    /** The epilogue of one sum, and its way home. */
    private void finish(Code code, int element, int value, Spot out) {
        int result = value;
        if (!epilogue.isNone()) {
            Axes axes = Axes.of(resultDims, further.stream().map(Operand::strides).toList(), null);
            int[] at = code.coordinates(element, axes.dims());
            int[] registers = new int[further.size() + 1];
            registers[0] = value;
            for (int i = 0; i < further.size(); i++) {
                long[] steps = axes.strides()[i];
                code.get(further.get(i).spot(), () -> code.dot(0, at, steps));
                registers[i + 1] = code.newFloat();
            }
            result = Arithmetic.compute(code, epilogue.expression(), registers);
        }
        int last = result;
        code.set(out, () -> code.loadInt(element), () -> code.loadFloat(last));
    }

    private static int sum(Code code, int a, int factor, int b) {
        code.loadInt(a);
        code.integer(factor);
        code.raw().imul();
        code.loadInt(b);
        code.raw().iadd();
        return code.newInt();
    }

    private static int scaled(Code code, int local, int factor) {
        code.loadInt(local);
        code.integer(factor);
        code.raw().imul();
        return code.newInt();
    }

    private static int plus(Code code, int a, int b, int constant) {
        code.loadInt(a);
        code.loadInt(b);
        code.raw().iadd();
        if (constant != 0) {
            code.integer(constant);
            code.raw().iadd();
        }
        return code.newInt();
    }
}
