package dev.t2i.train;

import dev.t2i.backend.Session;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The states of a network that Adam trains: its parameters, their moments, and whatever Adam leaves alone. */
public record Learned(String network, List<Parameters.Declaration> declarations, Adam adam) {
    /** All of them, as checkpoints hold them. */
    public List<Checkpoint.StateType> states() {
        List<Checkpoint.StateType> states = new ArrayList<>();
        declarations.forEach(d -> states.add(state(network + "/" + d.name(), d.shape())));
        declarations.stream().filter(Parameters.Declaration::learned).forEach(d -> adam.momentNames(network + "/" + d.name()).forEach(name -> states.add(state(name, d.shape()))));
        return states;
    }

    static Checkpoint.StateType state(String name, Shape shape) {
        return new Checkpoint.StateType(name, DType.F32, shape);
    }

    /** Puts the first values that the declarations name. */
    public void initialize(Session session, long seed) {
        try (Arena scratch = Arena.ofConfined()) {
            initialize(session, Parameters.initialize(declarations, seed, scratch));
        }
    }

    /** Puts given first values, by parameter name, and zero moments. */
    public void initialize(Session session, Map<String, Tensor> values) {
        put(session, network, values);
        try (Arena scratch = Arena.ofConfined()) {
            for (Parameters.Declaration declaration : declarations.stream().filter(Parameters.Declaration::learned).toList()) {
                Tensor zeros = Tensor.allocate(scratch, DType.F32, declaration.shape());
                adam.momentNames(network + "/" + declaration.name()).forEach(name -> session.put(name, zeros));
            }
        }
    }

    /** Puts parameters of a network, in F32. */
    public static void put(Session session, String network, Map<String, Tensor> values) {
        try (Arena scratch = Arena.ofConfined()) {
            values.forEach((name, tensor) -> {
                Tensor wide = tensor;
                if (tensor.dtype() != DType.F32) {
                    wide = Tensor.allocate(scratch, DType.F32, tensor.shape());
                    wide.copyFrom(tensor);
                }
                session.put(network + "/" + name, wide);
            });
        }
    }
}
