package dev.t2i.backend.tornado;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a program's kernels into task graphs that TornadoVM can hold: its description of a graph is a buffer of 8192 bytes, of which a task takes 15
 * and 5 for each argument.
 */
final class Chunks {
    private static final int DESCRIPTION = 8192;
    private static final int MARGIN = 1024;
    private static final int TASK = 15;
    private static final int ARGUMENT = 5;
    static final int MOST_TASKS = (DESCRIPTION - MARGIN) / (TASK + ARGUMENT * Api.KERNEL.parameterCount());

    private Chunks() {}

    /** At least one chunk, as even as may be. */
    static <T> List<List<T>> of(List<T> kernels) {
        int count = Math.max(1, Math.ceilDiv(kernels.size(), MOST_TASKS));
        List<List<T>> chunks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chunks.add(kernels.subList((int) ((long) kernels.size() * i / count), (int) ((long) kernels.size() * (i + 1) / count)));
        }
        return chunks;
    }
}
