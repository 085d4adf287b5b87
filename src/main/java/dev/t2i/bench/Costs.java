package dev.t2i.bench;

import dev.t2i.backend.Executable;
import dev.t2i.backend.Profiled;
import dev.t2i.backend.Profiled.KernelTime;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a run's time went on a device.
 *
 * @param program which of a work's programs, such as a training's plain step; empty where there is only one
 */
public record Costs(Suite suite, String name, String backend, String program, RunProfile run) {
    /** A profile of one run, where the backend can give one. */
    static Optional<RunProfile> profile(Executable executable, Map<String, Tensor> inputs) {
        return executable instanceof Profiled profiled ? Optional.of(profiled.profile(inputs)) : Optional.empty();
    }

    /** The kernels that took longest, longest first. */
    public List<KernelTime> longest(int count) {
        return run.kernels().stream().sorted(Comparator.comparingDouble(KernelTime::seconds).reversed()).limit(count).toList();
    }
}
