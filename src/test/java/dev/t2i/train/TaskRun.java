package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs tasks as the command line does, and looks at what they leave. */
final class TaskRun {
    private TaskRun() {}

    /**
     * Starts a run or goes on with one, and stops early where asked to.
     *
     * @param settings of the task; a record
     * @param stopAfter steps after which somebody interrupts
     * @return all states in the end
     */
    static Map<String, float[]> train(Task task, PictureSettings settings, RunFolder run, boolean resume, int stopAfter) {
        int[] asked = {0};
        Trainer trainer = new Trainer(task, settings.schedule(), run, () -> asked[0]++ >= stopAfter, _ -> {});
        if (resume) {
            trainer.resume();
        } else {
            run.create((Record) settings);
            trainer.start();
        }
        trainer.run();
        return states(task);
    }

    /** Writes the model after so many steps from the task's beginning into a new folder. */
    static Path export(Task task, Path target, int steps) {
        task.initialize();
        task.compile();
        for (int step = 0; step < steps; step++) {
            task.step(step);
        }
        assertTrue(target.toFile().mkdir());
        task.export(target, target.getFileName().toString(), (long) steps * task.batch());
        return target;
    }

    /** A stored tensor's numbers. */
    static float[] numbers(Weights weights, String name, Arena arena) {
        Tensor wide = Tensor.allocate(arena, DType.F32, weights.tensor(name).shape());
        wide.copyFrom(weights.tensor(name));
        return wide.toFloatArray();
    }

    static Map<String, float[]> states(Task task) {
        Map<String, float[]> states = new LinkedHashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            for (Checkpoint.StateType state : task.states()) {
                Tensor home = Tensor.allocate(arena, state.dtype(), state.shape());
                task.session().get(state.name(), home);
                states.put(state.name(), home.toFloatArray());
            }
        }
        return states;
    }

    /** Bit for bit, zeros' signs included; any NaN is another's equal. */
    static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }
}
