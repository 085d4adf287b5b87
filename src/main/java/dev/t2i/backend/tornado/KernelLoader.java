package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;

/** Holds one kernel's class, which goes when nobody runs it any more. */
final class KernelLoader extends ClassLoader {
    private KernelLoader() {
        super("t2i-kernel", ClassLoader.getSystemClassLoader());
    }

    /** The object that TornadoVM takes for the kernel's task. */
    static Object task(Kernel kernel) {
        String name = GeneratedKernel.class.getName();
        byte[] bytes = kernel.code().bytes(name);
        try {
            return new KernelLoader().defineClass(name, bytes, 0, bytes.length).getConstructor().newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new BackendException("the kernel for %s cannot be loaded: %s".formatted(kernel.what(), e), e);
        }
    }
}
