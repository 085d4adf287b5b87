package dev.t2i.backend.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Cuts a program's kernels into task graphs that TornadoVM can hold: its description of a graph is a buffer of 8192 bytes, of which a task takes 15
 * and 5 for each argument.
 */
final class Chunks {
    private static final int DESCRIPTION = 8192;
    private static final int MARGIN = 1024;
    private static final int SPACE = DESCRIPTION - MARGIN;
    private static final int TASK = 15;
    private static final int ARGUMENT = 5;

    private Chunks() {}

    private static int cost(int arguments) {
        return TASK + ARGUMENT * arguments;
    }

    /** At least one chunk, as even as may be. */
    static <T> List<List<T>> of(List<T> tasks, ToIntFunction<T> arguments) {
        int all = tasks.stream().mapToInt(task -> cost(arguments.applyAsInt(task))).sum();
        int each = Math.ceilDiv(all, Math.max(1, Math.ceilDiv(all, SPACE)));
        List<List<T>> chunks = new ArrayList<>();
        int from = 0;
        int taken = 0;
        for (int i = 0; i < tasks.size(); i++) {
            int cost = cost(arguments.applyAsInt(tasks.get(i)));
            if (i > from && (taken >= each || taken + cost > SPACE)) {
                chunks.add(tasks.subList(from, i));
                from = i;
                taken = 0;
            }
            taken += cost;
        }
        chunks.add(tasks.subList(from, tasks.size()));
        return chunks;
    }
}
