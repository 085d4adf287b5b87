package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;
import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;

/** The executable specification of a graph, checked after every pass. */
public final class Verifier {
    private Verifier() {}

    /**
     * Checks that inputs come before their users, that every type is what the operation infers, and that outputs and
     * assignments are values of this graph with the right types.
     */
    public static void verify(Graph graph) {
        for (int id = 0; id < graph.values().size(); id++) {
            Value value = graph.values().get(id);
            require(value.id() == id && value.graph() == graph, value, "is out of place");
            for (Value input : value.inputs()) {
                require(input.graph() == graph && input.id() < id, value, "reads a value that comes after it");
            }
            TensorType inferred = value.op().infer(value.inputs().stream().map(Value::type).toList());
            require(inferred.equals(value.type()), value, "should be " + inferred);
        }
        graph.outputs().forEach((name, value) -> require(value.graph() == graph, value, "is output '" + name + "' of another graph"));
        graph.assignments().forEach((name, value) -> {
            Value state = graph.states().get(name);
            require(state != null, value, "is assigned to state '" + name + "', which the graph does not declare");
            require(state.type().equals(value.type()), value, "is assigned to state '" + name + "' of type " + state.type());
        });
    }

    private static void require(boolean condition, Value value, String problem) {
        if (!condition) {
            throw new GraphException("invalid graph: %s = %s %s".formatted(value, value.op(), problem));
        }
    }
}
