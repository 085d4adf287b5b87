package dev.t2i.bench;

import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The same work on several backends, one after the other, figure by figure, so that whatever else happens on the machine meets all
 * alike. What the first run of each computes is compared with the reference's results: those of plain loops where they take part,
 * else those of the first backend.
 */
public final class Comparison {
    /** Is told what is going on. */
    public interface Listener {
        void begins(Work work, Contestant contestant);

        /** @param timing with the first run's time in it, which a backend that compiles kernels may have spent on that */
        void ended(Work work, Contestant contestant, Stopwatch.Timing timing);
    }

    /**
     * All that came of it.
     *
     * @param costs of single runs, where they were asked for and the backend can say
     * @param limits of this machine, where any figure has one
     * @param reference the label of the backend that the others are compared with; empty where there is only one
     */
    public record Outcome(List<Measurement> measurements, List<Costs> costs, Optional<Limits> limits, Optional<String> reference) {
        public List<Measurement> disagreements() {
            return measurements.stream().filter(measurement -> !measurement.agrees()).toList();
        }
    }

    private final List<Contestant> contestants;
    private final Contestant reference;
    private final Stopwatch stopwatch;
    private final Listener listener;
    private final boolean profiling;
    private final List<Costs> costs = new ArrayList<>();

    /**
     * @param contestants with labels that differ
     * @param profiling   whether backends shall say where the time goes, those that can
     */
    public Comparison(List<Contestant> contestants, Stopwatch stopwatch, Listener listener, boolean profiling) {
        this.contestants = List.copyOf(contestants);
        this.reference = contestants.stream().filter(Contestant::isTruth).findFirst().orElse(contestants.getFirst());
        this.stopwatch = stopwatch;
        this.listener = listener;
        this.profiling = profiling;
    }

    /**
     * Measures all of {@code works}, and then the machine's limits, where they mean something.
     *
     * @param threads that the limits are measured with
     */
    public Outcome run(List<Work> works, int threads) {
        List<Measurement> raw = new ArrayList<>();
        works.forEach(work -> raw.addAll(measure(work)));
        String processor = Machine.processor();
        Map<String, Work> limited = new HashMap<>();
        works.stream().filter(work -> work.cost().isKnown()).forEach(work -> limited.put(work.name(), work));
        List<String> here = contestants.stream().filter(contestant -> contestant.runsOn(processor)).map(Contestant::label).toList();
        Optional<Limits> limits = limited.isEmpty() || here.isEmpty() || !Limits.canBeMeasured()
                ? Optional.empty() : Optional.of(Peak.measure(threads));
        List<Measurement> measurements = raw.stream()
                .map(m -> limits.isPresent() && limited.containsKey(m.name()) && here.contains(m.backend())
                        ? m.beside(limits.get().of(limited.get(m.name()))) : m)
                .toList();
        return new Outcome(measurements, List.copyOf(costs), limits, contestants.size() == 1 ? Optional.empty() : Optional.of(reference.label()));
    }

    /** One figure on all backends, in the order in which they were asked for. */
    private List<Measurement> measure(Work work) {
        List<Contestant> referenceFirst = new ArrayList<>(contestants);
        referenceFirst.remove(reference);
        referenceFirst.addFirst(reference);
        List<Measurement> measurements = new ArrayList<>();
        List<Tensor> expected = new ArrayList<>();
        try (Arena arena = Arena.ofShared()) {
            for (Contestant contestant : referenceFirst) {
                measurements.add(measure(work, contestant, expected, arena));
            }
        }
        List<String> labels = contestants.stream().map(Contestant::label).toList();
        measurements.sort(Comparator.comparingInt(measurement -> labels.indexOf(measurement.backend())));
        return measurements;
    }

    /** @param expected the reference's results, which its own measurement puts there */
    private Measurement measure(Work work, Contestant contestant, List<Tensor> expected, Arena arena) {
        listener.begins(work, contestant);
        double[] worst = {0};
        Stopwatch.Timing timing;
        try (Work.Running running = work.open().apply(contestant.backend())) {
            timing = stopwatch.time(running::run, contestant.pace(), () -> {
                if (contestants.size() == 1) {
                    return;
                }
                if (contestant.equals(reference)) {
                    running.results().forEach(result -> expected.add(copy(result, arena)));
                } else {
                    worst[0] = Difference.worst(work.kind(), running.results(), expected);
                }
            });
            if (profiling) {
                running.profile().forEach((program, run) -> costs.add(new Costs(work.suite(), work.name(), contestant.label(), program, run)));
            }
        }
        listener.ended(work, contestant, timing);
        Optional<Difference> difference = contestant.equals(reference) ? Optional.empty() : Optional.of(new Difference(reference.label(),
                worst[0], Math.max(contestant.tolerance(work.kind()), reference.tolerance(work.kind())), work.kind()));
        return new Measurement(work.suite(), work.name(), contestant.label(), work.value(timing.seconds()), work.unit(), timing.timings(),
                timing.firstSeconds(), Optional.empty(), difference);
    }

    private static Tensor copy(Tensor result, Arena arena) {
        Tensor copy = Tensor.allocate(arena, result.dtype(), result.shape());
        copy.copyFrom(result);
        return copy;
    }
}
