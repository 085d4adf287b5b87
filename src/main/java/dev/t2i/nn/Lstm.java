package dev.t2i.nn;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;

/**
 * One layer of long short-term memory (Hochreiter and Schmidhuber 1997), forward or in both directions, with the names, gate
 * order (input, forget, cell, output) and two biases of PyTorch's {@code nn.LSTM}.
 *
 * <p>Sequences are unrolled: a graph has static shapes and no loops. Padding stands behind each sequence, and the state stands
 * still there, so that the results are those of PyTorch's packed sequences: the backward direction starts at the last real token.
 *
 * @param width of the state of one direction
 */
public record Lstm(int width, boolean bidirectional) {
    private static final int GATES = 4;

    /**
     * What a run gives.
     *
     * @param outputs {@code [n, tokens, width]}, twice as wide in both directions: forward beside backward; zero at padding
     * @param last    the state after the last token that each direction sees, {@code [n, width]} or twice as wide
     */
    public record Result(Value outputs, Value last) {}

    /** Width of the outputs of all directions together. */
    public int outputWidth() {
        return bidirectional ? 2 * width : width;
    }

    /**
     * @param x    {@code [n, tokens, in]}
     * @param mask {@code [n, tokens]}, 1 for real tokens and 0 for the padding behind them
     */
    public Result run(Parameters place, Value x, Value mask) {
        return place.scoped(() -> {
            Result forward = run(place, "", x, mask, false);
            if (!bidirectional) {
                return forward;
            }
            Result backward = run(place, "_reverse", x, mask, true);
            return new Result(Value.concat(2, forward.outputs, backward.outputs), Value.concat(1, forward.last, backward.last));
        });
    }

    private Result run(Parameters place, String suffix, Value x, Value mask, boolean backward) {
        Graph graph = x.graph();
        int n = x.dim(0);
        int tokens = x.dim(1);
        int in = x.dim(2);
        Initializer start = Initializer.fanIn(width);
        Value fromInput = place.get("weight_ih_l0" + suffix, Shape.of(GATES * width, in), start);
        Value fromState = place.get("weight_hh_l0" + suffix, Shape.of(GATES * width, width), start);
        Value bias = place.get("bias_ih_l0" + suffix, Shape.of(GATES * width), start)
                .add(place.get("bias_hh_l0" + suffix, Shape.of(GATES * width), start));
        // What does not wait for the state is one product over all tokens; tokens come first, so that a step's rows lie together.
        Value driven = x.transpose(1, 0, 2).reshape(tokens * n, in).matMul(fromInput, false, true).add(bias);
        Value hidden = graph.fill(0, Shape.of(n, width));
        Value cell = hidden;
        Value[] outputs = new Value[tokens];
        for (int step = 0; step < tokens; step++) {
            int token = backward ? tokens - 1 - step : step;
            Value gates = driven.slice(0, token * n, (token + 1) * n);
            if (step > 0) {
                gates = gates.add(hidden.matMul(fromState, false, true));
            }
            Value real = mask.slice(1, token, token + 1);
            Value next = Functions.sigmoid(gate(gates, 0)).mul(gate(gates, 2).tanh());
            next = step > 0 ? Functions.sigmoid(gate(gates, 1)).mul(cell).add(next) : next;
            Value said = Functions.sigmoid(gate(gates, 3)).mul(next.tanh());
            cell = real.select(next, cell);
            hidden = real.select(said, hidden);
            outputs[token] = real.select(said, graph.scalar(0)).reshape(n, 1, width);
        }
        return new Result(Value.concat(1, outputs), hidden);
    }

    private Value gate(Value gates, int number) {
        return gates.slice(1, number * width, (number + 1) * width);
    }
}
