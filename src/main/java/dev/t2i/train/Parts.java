package dev.t2i.train;

import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.List;

/**
 * How a batch is cut into equal parts that are worked off one after another.
 *
 * <p>A discriminator that looks at pictures in groups takes picture i together with pictures i + batch / groups, i + 2 batch / groups and so
 * on. So that each group stays whole, a part takes as many rows from every stretch of batch / groups.
 *
 * @param batch rows in all
 * @param count parts
 * @param groups pictures of a group, 1 where each is looked at by itself; divides a part's rows
 */
record Parts(int batch, int count, int groups) {
    boolean isOne() {
        return count == 1;
    }

    /** Rows of a part. */
    int rows() {
        return batch / count;
    }

    /** A part's rows of {@code all [batch, ..]}. */
    Value rows(Value all, int part) {
        if (isOne()) {
            return all;
        }
        int run = rows() / groups;
        if (groups == 1) {
            return all.slice(0, part * run, (part + 1) * run);
        }
        return split(all, batch).slice(1, part * run, (part + 1) * run).reshape(all.shape().with(0, rows()));
    }

    /** All rows in their order again, from those of each part. */
    Value joined(List<Value> parts) {
        if (isOne()) {
            return parts.getFirst();
        }
        if (groups == 1) {
            return Value.concat(0, parts.toArray(Value[]::new));
        }
        Value together = Value.concat(1, parts.stream().map(part -> split(part, rows())).toArray(Value[]::new));
        return together.reshape(parts.getFirst().shape().with(0, batch));
    }

    /** How many of a part's rows are among the batch's first {@code limit}; they are the part's first ones, too. */
    int before(int limit, int part) {
        int run = rows() / groups;
        int found = 0;
        for (int group = 0; group < groups; group++) {
            int start = group * (batch / groups) + part * run;
            found += Math.clamp(limit - start, 0, run);
        }
        return found;
    }

    /** {@code [n, ..]} to {@code [groups, n / groups, ..]}. */
    private Value split(Value value, int n) {
        int[] dims = new int[value.rank() + 1];
        dims[0] = groups;
        dims[1] = n / groups;
        System.arraycopy(value.shape().dims(), 1, dims, 2, value.rank() - 1);
        return value.reshape(Shape.of(dims));
    }
}
