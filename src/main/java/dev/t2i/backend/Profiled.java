package dev.t2i.backend;

import dev.t2i.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** What an {@link Executable} may offer beyond running: to say what a run costs on a device, and where. */
public interface Profiled {
    /**
     * What one run cost, by the device's own clock where it has one.
     *
     * @param graphs           that the kernels were handed over in
     * @param bytesToDevice    copied before and during the run
     * @param bytesFromDevice  copied home
     * @param firstRunSeconds  what the program's first run took, compiling all kernels
     * @param wallSeconds      from call to return, with the profiler's own cost
     * @param transferSeconds  of copying
     * @param dispatchSeconds  between handing over and starting, kernels and copies together
     * @param kernels          in the order of the run
     */
    record RunProfile(int graphs, long bytesToDevice, long bytesFromDevice, double firstRunSeconds, double wallSeconds,
            double transferSeconds, double dispatchSeconds, List<KernelTime> kernels) {
        public double kernelSeconds() {
            return kernels.stream().mapToDouble(KernelTime::seconds).sum();
        }
    }

    /**
     * A kernel in a run.
     *
     * @param what       the operation that it computes, as {@link dev.t2i.graph.Graph#dump()} writes it
     * @param operations of floating-point arithmetic, counted for products and convolutions alone
     * @param bytes      that it must read and write at least: every element of its operands once
     */
    record KernelTime(String what, double seconds, long operations, long bytes) {}

    /** Runs once, as {@link Executable#run} does, with the profiler on. */
    RunProfile profile(Map<String, Tensor> inputs);
}
