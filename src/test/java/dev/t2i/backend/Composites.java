package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.tensor.Shape;

/** The layers' usual patterns written out in operations, as models trace them. Pictures are {@code [n, h, w, c]}. */
final class Composites {
    private Composites() {}

    static Value softmax(Value x, int axis) {
        Value powers = x.sub(x.maximum(axis).stopGradient()).exp();
        return powers.div(powers.sum(axis));
    }

    /** Zero mean and unit variance over {@code axes}. */
    static Value normalize(Value x, double epsilon, int... axes) {
        Value centred = x.sub(x.mean(axes));
        return centred.mul(centred.square().mean(axes).add(epsilon).rsqrt());
    }

    static Value layerNorm(Value x, Value weight, Value bias) {
        return normalize(x, 1e-5, -1).mul(weight).add(bias);
    }

    static Value groupNorm(Value x, int groups, Value weight, Value bias) {
        int[] dims = x.shape().dims();
        Value grouped = x.reshape(dims[0], dims[1] * dims[2], groups, dims[3] / groups);
        return normalize(grouped, 1e-5, 1, 3).reshape(x.shape()).mul(weight).add(bias);
    }

    static Value instanceNorm(Value x) {
        return normalize(x, 1e-5, 1, 2);
    }

    static Value batchNorm(Value x, Value weight, Value bias) {
        return normalize(x, 1e-5, 0, 1, 2).mul(weight).add(bias);
    }

    static Value gelu(Value x) {
        return x.mul(0.5).mul(x.mul(Math.sqrt(0.5)).erf().add(1));
    }

    /** GPT-2's approximation by tanh. */
    static Value geluTanh(Value x) {
        Value cubic = x.mul(x).mul(x).mul(0.044715).add(x);
        return x.mul(0.5).mul(cubic.mul(Math.sqrt(2 / Math.PI)).tanh().add(1));
    }

    static Value sigmoid(Value x) {
        return x.mul(0.5).tanh().add(1).mul(0.5);
    }

    static Value softplus(Value x) {
        return x.max(0).add(x.abs().neg().exp().add(1).log());
    }

    static Value conv(Value x, Value weights, Window window) {
        return x.graph().add(new Op.Conv2d(window), x, weights);
    }

    static Value transposedConv(Value x, Value weights, Window window, int height, int width) {
        return x.graph().add(new Op.Conv2dInputGradient(window, height, width), x, weights);
    }

    static Value nearestTwice(Value x) {
        int[] d = x.shape().dims();
        return x.reshape(d[0], d[1], 1, d[2], 1, d[3]).broadcastTo(Shape.of(d[0], d[1], 2, d[2], 2, d[3]))
                .reshape(d[0], 2 * d[1], 2 * d[2], d[3]);
    }

    /** Doubles a picture as PyTorch's bilinear mode without aligned corners: quarters and three quarters of neighbours. */
    static Value bilinearTwice(Value x) {
        return bilinearTwice(bilinearTwice(x, 1), 2);
    }

    private static Value bilinearTwice(Value x, int axis) {
        int size = x.dim(axis);
        Value before = Value.concat(axis, x.slice(axis, 0, 1), x.slice(axis, 0, size - 1));
        Value behind = Value.concat(axis, x.slice(axis, 1, size), x.slice(axis, size - 1, size));
        Value even = before.mul(0.25).add(x.mul(0.75));
        Value odd = x.mul(0.75).add(behind.mul(0.25));
        int[] d = x.shape().dims();
        int[] split = new int[d.length + 1];
        for (int i = 0, j = 0; j < split.length; j++) {
            split[j] = j == axis + 1 ? 1 : d[i++];
        }
        d[axis] *= 2;
        return Value.concat(axis + 1, even.reshape(split), odd.reshape(split)).reshape(d);
    }

    static Value averagePool(Value x) {
        return corner(x, 0, 0).add(corner(x, 0, 1)).add(corner(x, 1, 0)).add(corner(x, 1, 1)).mul(0.25);
    }

    static Value maxPool(Value x) {
        return corner(x, 0, 0).max(corner(x, 0, 1)).max(corner(x, 1, 0).max(corner(x, 1, 1)));
    }

    /** One pixel of each 2x2 block. */
    private static Value corner(Value x, int dy, int dx) {
        return x.slice(1, dy, x.dim(1) / 2 * 2 - 1 + dy, 2).slice(2, dx, x.dim(2) / 2 * 2 - 1 + dx, 2);
    }

    /** Causal attention of {@code [batch, heads, tokens, size]} queries, keys and values with a key mask {@code [batch, tokens]}. */
    static Value attention(Value q, Value k, Value v, Value mask) {
        Graph graph = q.graph();
        int batch = q.dim(0);
        int tokens = q.dim(2);
        Shape square = Shape.of(tokens, tokens);
        Value causal = graph.iota(0, square).greaterEqual(graph.iota(1, square));
        Value allowed = causal.mul(mask.reshape(batch, 1, 1, tokens));
        Value scores = q.matMul(k, false, true).mul(1 / Math.sqrt(q.dim(3)));
        return softmax(allowed.select(scores, graph.scalar(-1e30)), -1).matMul(v);
    }
}
