package dev.t2i.backend.tornado;

/**
 * The name that all generated kernels bear, each in a class loader of its own. TornadoVM looks for a kernel's class file by its name among the resources
 * of the system's class loader, to read annotations: it finds this class there, which has none.
 */
final class GeneratedKernel {
    private GeneratedKernel() {}
}
