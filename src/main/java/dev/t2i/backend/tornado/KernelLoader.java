package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;

/**
 * Holds one kernel's class. TornadoVM keeps what it has learnt of it as long as the JVM runs, and the class with it: so there is one for a
 * kernel and {@link KernelClass.Form}, in however many plans it is.
 */
final class KernelLoader extends ClassLoader {
    private KernelLoader() {
        super("t2i-kernel", ClassLoader.getSystemClassLoader());
    }

    /**
     * The object that TornadoVM takes for the kernel's task.
     *
     * @param rooms that there are
     */
    static Object task(Kernel kernel, int rooms, Tornado.Device device) {
        return kernel.code().task(new KernelClass.Form(rooms, Functions.of(device)), bytes -> {
            try {
                return new KernelLoader().defineClass(GeneratedKernel.class.getName(), bytes, 0, bytes.length).getConstructor().newInstance();
            } catch (ReflectiveOperationException | LinkageError e) {
                throw new BackendException("the kernel for %s cannot be loaded: %s".formatted(kernel.what(), e), e);
            }
        });
    }
}
