package dev.t2i.backend.nativelib;

import dev.t2i.backend.Backend;
import org.opentest4j.TestAbortedException;

/**
 * The native backend for tests, which are skipped, with the reason, where this build has no library for this system or the
 * processor none of its instructions. A library that is there and fails fails the test.
 */
public final class NativeBackends {
    private NativeBackends() {}

    /** With the best instruction set. */
    public static Backend best(int threads) {
        if (Library.class.getResource(Library.resource(Library.platform(System.getProperty("os.name"), System.getProperty("os.arch")))) == null) {
            throw new TestAbortedException("this build has no native kernels for this system");
        }
        Kernels.require();
        if (Kernels.instructionSets() == 0) {
            throw new TestAbortedException("this processor has none of the instructions that the native kernels use");
        }
        return new NativeBackend(threads);
    }

    static void assume(InstructionSet set) {
        best(1);
        if (!set.isIn(Kernels.instructionSets())) {
            throw new TestAbortedException("this processor has no " + set);
        }
    }
}
