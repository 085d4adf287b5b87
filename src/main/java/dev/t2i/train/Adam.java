package dev.t2i.train;

import dev.t2i.graph.Gradients;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015) as part of a training step's graph, with decoupled weight decay (Loshchilov and Hutter 2019)
 * where asked for. Its moments are states; what changes from step to step, learning rate and bias corrections, comes in
 * as inputs named {@code <name>.learningRate}, {@code <name>.correction1} and {@code <name>.correction2}.
 */
public record Adam(String name, double beta1, double beta2, double epsilon, double weightDecay) {
    public Adam(String name, double beta1, double beta2) {
        this(name, beta1, beta2, 1e-8, 0);
    }

    /** State names of the moments of a parameter's state; without a beta1 there is no first one. */
    List<String> momentNames(String state) {
        return beta1 == 0 ? List.of(moment(2, state)) : List.of(moment(1, state), moment(2, state));
    }

    /** State name of a parameter's first or second moment. */
    private static String moment(int order, String state) {
        return "adam" + order + "/" + state;
    }

    /**
     * One update that has yet to be made.
     *
     * @param values new parameter values, by parameter name
     * @param gradientNorm Euclidean norm of the whole gradient, a scalar
     * @param states new values of all states, parameters and moments
     */
    public record Update(Map<String, Value> values, Value gradientNorm, Map<Value, Value> states) {
        /** The same with each parameter cut off at plus and minus {@code limit} (Arjovsky et al. 2017). */
        public Update clamped(double limit) {
            Map<Value, Value> cut = new HashMap<>();
            values.values().forEach(value -> cut.put(value, value.max(-limit).min(limit)));
            Map<String, Value> newValues = new LinkedHashMap<>();
            values.forEach((name, value) -> newValues.put(name, cut.get(value)));
            Map<Value, Value> newStates = new LinkedHashMap<>();
            states.forEach((state, value) -> newStates.put(state, cut.getOrDefault(value, value)));
            return new Update(newValues, gradientNorm, newStates);
        }

        /**
         * Makes all of {@code updates} or, where the gradient's norm of any of them is not finite, none, so that the step
         * can be run again to find out why.
         *
         * @return a scalar: 1 where they are made, else 0
         */
        public static Value makeAll(List<Update> updates) {
            return makeAll(updates, List.of());
        }

        /** The same with the buffers of {@code places}, which change when the parameters do. */
        public static Value makeAll(List<Update> updates, List<Parameters> places) {
            Graph graph = updates.getFirst().gradientNorm.graph();
            Value norms = updates.stream().map(Update::gradientNorm).reduce(Value::add).orElseThrow();
            // Infinity minus itself is NaN, and NaN equals nothing.
            Value finite = norms.sub(norms).equal(graph.scalar(0));
            for (Update update : updates) {
                update.states.forEach((state, value) -> graph.assign(state, finite.select(value, state)));
            }
            for (Parameters place : places) {
                place.updatedStates().forEach((state, value) -> graph.assign(state, finite.select(value, state)));
            }
            return finite;
        }
    }

    /** Appends one update of all of {@code parameters} against the gradient of {@code loss}. */
    public Update minimize(Value loss, Parameters parameters) {
        return minimize(loss, parameters, 0);
    }

    /** Gradients of a common norm of at most {@code limit}: longer ones are shortened (Pascanu et al. 2013). */
    private static List<Value> shortened(List<Value> gradients, double limit) {
        Value squared = gradients.stream().map(gradient -> gradient.square().sum().reshape(Shape.SCALAR)).reduce(Value::add).orElseThrow();
        Value factor = squared.sqrt().max(limit).reciprocal().mul(limit);
        return gradients.stream().map(gradient -> gradient.mul(factor)).toList();
    }

    /** @param limit on the norm of the whole gradient, 0 for none; the norm that is told is the one after that */
    public Update minimize(Value loss, Parameters parameters, double limit) {
        List<Value> gradients = Gradients.of(loss, List.copyOf(parameters.states().values()));
        return descend(limit > 0 ? shortened(gradients, limit) : gradients, parameters);
    }

    /** Appends an update of each place against gradients of all their states, one place after another. */
    List<Update> descend(List<Value> gradients, List<Parameters> places) {
        List<Update> updates = new ArrayList<>();
        int start = 0;
        for (Parameters place : places) {
            updates.add(descend(gradients.subList(start, start + place.states().size()), place));
            start += place.states().size();
        }
        return updates;
    }

    /** Appends one update of all of {@code parameters} against these gradients, which come in the order of their states. */
    Update descend(List<Value> gradients, Parameters parameters) {
        Graph graph = parameters.graph();
        List<String> names = new ArrayList<>(parameters.states().keySet());
        List<Value> states = names.stream().map(n -> parameters.states().get(n)).toList();
        return graph.scoped(name, () -> {
            Value rate = scalarInput(graph, "learningRate");
            Value correction1 = scalarInput(graph, "correction1");
            Value correction2 = scalarInput(graph, "correction2");
            Map<String, Value> values = new LinkedHashMap<>();
            Map<Value, Value> updated = new LinkedHashMap<>();
            Value squaredNorm = graph.scalar(0);
            for (int i = 0; i < names.size(); i++) {
                Value state = states.get(i);
                String stateName = parameters.stateName(names.get(i));
                Value gradient = gradients.get(i);
                squaredNorm = squaredNorm.add(gradient.square().sum().reshape(Shape.SCALAR));
                Value v = graph.state(moment(2, stateName), DType.F32, state.shape());
                Value newM = gradient;
                if (beta1 != 0) {
                    Value m = graph.state(moment(1, stateName), DType.F32, state.shape());
                    newM = m.mul(beta1).add(gradient.mul(1 - beta1));
                    updated.put(m, newM);
                }
                Value newV = v.mul(beta2).add(gradient.square().mul(1 - beta2));
                updated.put(v, newV);
                Value direction = newM.div(newV.sqrt().mul(correction2).add(epsilon));
                Value decayed = weightDecay == 0 || state.rank() < 2 ? state : state.mul(rate.mul(-weightDecay).add(1));
                Value moved = decayed.sub(direction.mul(rate.mul(correction1)));
                updated.put(state, moved);
                values.put(names.get(i), moved);
            }
            return new Update(values, squaredNorm.sqrt(), updated);
        });
    }

    /** Shared by all parameter trees that this optimizer updates in one graph. */
    private Value scalarInput(Graph graph, String suffix) {
        Value known = graph.inputs().get(name + "." + suffix);
        return known != null ? known : graph.input(name + "." + suffix, DType.F32, Shape.SCALAR);
    }

    /** The inputs for update number {@code step}, counted from 1. */
    public void feed(Map<String, Tensor> inputs, long step, double learningRate) {
        inputs.get(name + ".learningRate").set(0, learningRate);
        inputs.get(name + ".correction1").set(0, beta1 == 0 ? 1 : 1 / (1 - Math.pow(beta1, step)));
        inputs.get(name + ".correction2").set(0, 1 / Math.sqrt(1 - Math.pow(beta2, step)));
    }

    /** Room for the inputs that {@link #feed} fills. */
    public void allocateInputs(Map<String, Tensor> inputs, Arena arena) {
        for (String input : List.of(".learningRate", ".correction1", ".correction2")) {
            inputs.put(name + input, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
        }
    }
}
