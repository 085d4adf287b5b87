package dev.t2i.backend.nativelib;

import dev.t2i.backend.Backend;
import dev.t2i.error.BackendException;
import org.opentest4j.TestAbortedException;

/** The native backend for tests, which are skipped, with the reason, where it can't run. */
public final class NativeBackends {
    private NativeBackends() {}

    /** With the best instruction set. */
    public static Backend best(int threads) {
        try {
            return new NativeBackend(threads);
        } catch (BackendException e) {
            throw new TestAbortedException(e.getMessage());
        }
    }

    static void assume(InstructionSet set) {
        best(1);
        if (!set.isIn(Kernels.instructionSets())) {
            throw new TestAbortedException("this processor has no " + set);
        }
    }
}
