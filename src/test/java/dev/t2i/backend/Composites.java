package dev.t2i.backend;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.Window;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.Shape;

/** Usual patterns of layers, written out in operations with their weights as plain values. Pictures are {@code [n, h, w, c]}. */
final class Composites {
    private Composites() {}

    static Value layerNorm(Value x, Value weight, Value bias) {
        return Functions.standardize(x, 1e-5, -1).mul(weight).add(bias);
    }

    static Value groupNorm(Value x, int groups, Value weight, Value bias) {
        int[] dims = x.shape().dims();
        Value grouped = x.reshape(dims[0], dims[1] * dims[2], groups, dims[3] / groups);
        return Functions.standardize(grouped, 1e-5, 1, 3).reshape(x.shape()).mul(weight).add(bias);
    }

    static Value instanceNorm(Value x) {
        return Functions.standardize(x, 1e-5, 1, 2);
    }

    static Value batchNorm(Value x, Value weight, Value bias) {
        return Functions.standardize(x, 1e-5, 0, 1, 2).mul(weight).add(bias);
    }

    static Value transposedConv(Value x, Value weights, Window window, int height, int width) {
        return x.graph().add(new Op.Conv2dInputGradient(window, height, width), x, weights);
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

    /** A step of long short-term memory from {@code driven [n, 4 * width]}: what it says, beside its new cell; rows that are not real stand still. */
    static Value lstmStep(Value driven, Value hidden, Value cell, Value fromState, Value real) {
        int width = cell.dim(1);
        Value gates = driven.add(hidden.matMul(fromState, false, true));
        Value next = Functions.sigmoid(gates.slice(1, width, 2 * width)).mul(cell)
                .add(Functions.sigmoid(gates.slice(1, 0, width)).mul(gates.slice(1, 2 * width, 3 * width).tanh()));
        Value said = Functions.sigmoid(gates.slice(1, 3 * width, 4 * width)).mul(next.tanh());
        return Value.concat(1, real.select(said, hidden), real.select(next, cell));
    }

    /** Long short-term memory over {@code x [n, tokens, in]}: all states. */
    static Value lstm(Value x, Value fromInput, Value fromState, Value mask) {
        int n = x.dim(0);
        int tokens = x.dim(1);
        int width = fromState.dim(1);
        Value driven = x.transpose(1, 0, 2).reshape(tokens * n, x.dim(2)).matMul(fromInput, false, true);
        Value state = x.graph().fill(0, Shape.of(n, 2 * width));
        Value[] states = new Value[tokens];
        for (int token = 0; token < tokens; token++) {
            state = lstmStep(driven.slice(0, token * n, (token + 1) * n), state.slice(1, 0, width), state.slice(1, width, 2 * width),
                    fromState, mask.slice(1, token, token + 1));
            states[token] = state;
        }
        return Value.concat(1, states);
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
        return Functions.softmax(allowed.select(scores, graph.scalar(-1e30)), -1).matMul(v);
    }
}
