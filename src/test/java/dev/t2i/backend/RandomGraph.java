package dev.t2i.backend;

import dev.t2i.graph.Gradients;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Graphs that nobody would write: random chains of element-wise operations, movements, reductions and products, for the
 * corners between fusing, views and memory planning. Numbers stay near 1 and functions smooth, so that rounding cannot
 * grow into a difference.
 */
final class RandomGraph {
    private static final int STEPS = 24;
    private static final int MOST_NUMBERS = 4000;

    private final Trial trial;
    private final RandomGenerator random;
    private final List<Value> pool = new ArrayList<>();

    private RandomGraph(Trial trial) {
        this.trial = trial;
        this.random = trial.random();
    }

    /** Several values of a random graph; with odd numbers also gradients. */
    static List<Value> trace(Trial trial, int number) {
        RandomGraph graph = new RandomGraph(trial);
        for (int[] dims : new int[][] {{4, 6}, {6}, {2, 3, 4}, {4, 1, 6}, {1}}) {
            graph.pool.add(trial.f32(dims));
        }
        List<Value> leaves = List.copyOf(graph.pool);
        for (int i = 0; i < STEPS; i++) {
            graph.pool.add(graph.step());
        }
        List<Value> results = new ArrayList<>();
        results.add(graph.pool.getLast());
        results.add(graph.any());
        if (number % 2 == 1) {
            Value loss = graph.pool.getLast().sum().add(graph.any().square().mean().reshape(1).sum());
            results.addAll(Gradients.of(loss.reshape(), leaves));
        }
        return results;
    }

    private Value any() {
        // Young values first: chains grow long, and old values are still read late.
        int back = Math.min(random.nextInt(pool.size()), random.nextInt(pool.size()));
        return pool.get(pool.size() - 1 - back);
    }

    private Value step() {
        Value x = any();
        return switch (random.nextInt(16)) {
            case 0 -> x.tanh();
            case 1 -> x.mul(0.5).sin();
            case 2 -> x.leakyRelu(0.2);
            case 3 -> x.square().add(1).rsqrt();
            case 4, 5 -> withOther(x, Op.BinaryKind.ADD).mul(0.5);
            case 6 -> withOther(x, Op.BinaryKind.MUL).tanh();
            case 7 -> withOther(x, Op.BinaryKind.SUB);
            case 8 -> transpose(x);
            case 9 -> slice(x);
            case 10 -> reshape(x);
            case 11 -> reduce(x);
            case 12 -> pad(x);
            case 13 -> x.rank() == 0 ? x.neg() : smaller(Value.concat(random.nextInt(x.rank()), x, x.mul(0.5)));
            case 14 -> x.rank() < 2 ? x.abs() : x.matMul(x, false, true).div(x.dim(-1));
            default -> broadcast(x);
        };
    }

    private Value withOther(Value x, Op.BinaryKind kind) {
        for (int tries = 0; tries < 8; tries++) {
            Value y = any();
            if (broadcasts(x.shape(), y.shape())) {
                return smaller(switch (kind) {
                    case ADD -> x.add(y);
                    case MUL -> x.mul(y);
                    default -> x.sub(y);
                });
            }
        }
        return x.neg();
    }

    private static boolean broadcasts(Shape a, Shape b) {
        for (int i = 1; i <= Math.min(a.rank(), b.rank()); i++) {
            if (a.dim(-i) != b.dim(-i) && a.dim(-i) != 1 && b.dim(-i) != 1) {
                return false;
            }
        }
        return true;
    }

    private Value transpose(Value x) {
        List<Integer> axes = new ArrayList<>(IntStream.range(0, x.rank()).boxed().toList());
        Collections.shuffle(axes, new java.util.Random(random.nextLong()));
        return x.transpose(axes.stream().mapToInt(Integer::intValue).toArray());
    }

    private Value slice(Value x) {
        if (x.rank() == 0) {
            return x.neg();
        }
        int axis = random.nextInt(x.rank());
        int start = random.nextInt(x.dim(axis));
        return x.slice(axis, start, x.dim(axis), 1 + random.nextInt(2));
    }

    private Value reshape(Value x) {
        int size = (int) x.shape().size();
        int first = 1 + random.nextInt(4);
        return size % first == 0 ? x.reshape(first, size / first) : x.reshape(size, 1);
    }

    private Value reduce(Value x) {
        if (x.rank() == 0) {
            return x;
        }
        int axis = random.nextInt(x.rank());
        return random.nextInt(3) == 0 ? x.maximum(axis) : x.mean(axis);
    }

    private Value pad(Value x) {
        return x.rank() == 0 ? x : smaller(x.pad(random.nextInt(x.rank()), random.nextInt(2), 1, 0.25f));
    }

    private Value broadcast(Value x) {
        int[] dims = new int[x.rank() + 1];
        dims[0] = 2;
        for (int axis = 0; axis < x.rank(); axis++) {
            dims[axis + 1] = x.dim(axis) == 1 ? 3 : x.dim(axis);
        }
        return smaller(x.broadcastTo(Shape.of(dims)));
    }

    private Value smaller(Value x) {
        return x.shape().size() > MOST_NUMBERS || x.rank() > 5 ? x.mean() : x;
    }
}
