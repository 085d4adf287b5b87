package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.graph.Graph;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A {@link GoldenCase} on a backend, step by step. */
final class GoldenRun implements AutoCloseable {
    private record Kind(boolean penalized, boolean drawing) {}

    private final GoldenCase golden;
    private final GanProgram program;
    private final UnaryOperator<Graph> passes;
    private final Session session;
    private final Map<Kind, Executable> executables = new HashMap<>();

    /** @param passes what happens to a traced step before it is compiled */
    GoldenRun(GoldenCase golden, Backend backend, UnaryOperator<Graph> passes) {
        this.golden = golden;
        this.program = golden.program();
        this.passes = passes;
        this.session = backend.open();
        golden.initialStates().forEach(session::put);
    }

    Session session() {
        return session;
    }

    /** Runs step {@code step} (from 0) and gives its figures. */
    Map<String, Double> step(int step) {
        return step(step, golden.drawing(step), Map.of());
    }

    /** As {@link #step(int)}, with some inputs replaced. */
    Map<String, Double> step(int step, boolean drawing, Map<String, Tensor> instead) {
        Executable executable = executable(new Kind(golden.penalized(step), drawing));
        Map<String, Tensor> inputs = golden.inputs(step, program, executable.graph());
        inputs.putAll(instead);
        executable.run(inputs);
        Map<String, Double> figures = new LinkedHashMap<>();
        executable.graph().outputs().keySet().forEach(name -> figures.put(name, executable.output(name).getDouble(0)));
        return figures;
    }

    private Executable executable(Kind kind) {
        return executables.computeIfAbsent(kind, k -> session.compile(passes.apply(program.step(k.penalized, k.drawing).graph())));
    }

    /** Compiles what the first {@code steps} steps need: what comes after the first run is compiled together with everything before it on a device. */
    void compile(int steps) {
        for (int step = 0; step < steps; step++) {
            executable(new Kind(golden.penalized(step), golden.drawing(step)));
        }
    }

    /** Copies of all states. */
    Map<String, Tensor> states() {
        Map<String, Tensor> states = new LinkedHashMap<>();
        golden.initialStates().forEach((name, tensor) -> {
            Tensor home = Tensor.allocate(Arena.ofAuto(), DType.F32, tensor.shape());
            session.get(name, home);
            states.put(name, home);
        });
        return states;
    }

    @Override
    public void close() {
        session.close();
    }
}
