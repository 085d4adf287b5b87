package dev.t2i.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.t2i.backend.Profiled.KernelTime;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.bench.Comparison;
import dev.t2i.bench.Contestant;
import dev.t2i.bench.Costs;
import dev.t2i.bench.Difference;
import dev.t2i.bench.Measurement;
import dev.t2i.error.OneLine;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What {@code bench} found out, as a table and as JSON. */
final class BenchReport {
    private static final int BAR = 24;
    private static final int THOUSANDTHS = 1000;
    private static final int NAME = 46;
    private static final int LEAST_BACKEND = 8;
    private static final int LONGEST_KERNELS = 15;
    private static final int LONGEST_OPERATION = 110;

    private final String machine;
    private final List<Contestant> contestants;
    private final Comparison.Outcome outcome;
    private final int threads;

    /** @param threads as the limits were measured with */
    BenchReport(String machine, List<Contestant> contestants, Comparison.Outcome outcome, int threads) {
        this.machine = machine;
        this.contestants = contestants;
        this.outcome = outcome;
        this.threads = threads;
    }

    /** The answer of {@code --json}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Json(List<Result> results, String machine, List<Backend> backends, String reference, Limit limits, List<String> disagreements,
            List<Costs> profiles) {
    }

    record Backend(String name, String description) {
    }

    record Limit(double gigaflops, double gigabytesPerSecond) {
    }

    /**
     * @param timings how many {@code value} is the median of
     * @param limit the best value that the machine allows, and {@code share} the part of its speed that is reached
     * @param difference the worst one from the reference's results; absent where it is not finite, which is a disagreement
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(String suite, String name, String backend, double value, String unit, int timings, double firstSeconds, Double limit,
            Double share, Double difference, Double tolerance, Boolean agrees) {
    }

    Json json() {
        return new Json(outcome.measurements().stream().map(BenchReport::result).toList(), machine,
                contestants.stream().map(contestant -> new Backend(contestant.label(), contestant.backend().description())).toList(),
                outcome.reference().orElse(null),
                outcome.limits().map(limits -> new Limit(rounded(limits.gigaflops()), rounded(limits.gigabytes()))).orElse(null),
                outcome.disagreements().stream().map(Measurement::disagreement).toList(), outcome.costs().isEmpty() ? null : outcome.costs());
    }

    private static Result result(Measurement m) {
        return new Result(m.suite().key(), m.name(), m.backend(), rounded(m.value()), m.unit(), m.timings(), rounded(m.firstSeconds()),
                m.limit().map(BenchReport::rounded).orElse(null), m.share().map(BenchReport::rounded).orElse(null),
                m.difference().map(Difference::worst).filter(Double::isFinite).orElse(null),
                m.difference().map(Difference::tolerance).orElse(null), m.difference().map(Difference::agrees).orElse(null));
    }

    private static double rounded(double value) {
        return Math.rint(value * THOUSANDTHS) / THOUSANDTHS;
    }

    /** One line a figure, with a bar beside it: the longest of a figure's bars is the fastest backend's. */
    void print(PrintWriter out) {
        out.println(machine);
        contestants.forEach(contestant -> out.printf("%s: %s%n", contestant.label(), contestant.backend().description()));
        outcome.limits().ifPresent(limits -> out.printf("limits, measured now: %s%n", limits.toString(threads)));
        outcome.reference().ifPresent(reference -> out.printf("results are compared with those of %s%n", reference));
        out.println();
        int width = contestants.stream().mapToInt(contestant -> contestant.label().length()).max().orElse(0);
        String format = "%-7s %-" + NAME + "s %-" + Math.max(LEAST_BACKEND, width) + "s %10s %-8s%s%s%s%n";
        out.printf(format, "suite", "figure", "backend", "value", "unit", column(outcome.limits().isPresent(), "of limit"),
                outcome.reference().map(_ -> " %11s".formatted("difference")).orElse(""), "");
        for (Measurement m : outcome.measurements()) {
            out.printf(format, m.suite().key(), m.name(), m.backend(), (m.timings() == 1 ? "*" : "") + number(m.value()), m.unit(),
                    column(outcome.limits().isPresent(), m.share().map(share -> "%.0f%%".formatted(100 * share)).orElse("")),
                    outcome.reference().isPresent() ? " %11s".formatted(m.difference().map(Difference::amount).orElse("reference")) : "",
                    (m.agrees() ? "" : "  DISAGREES") + bar(m));
        }
        if (outcome.measurements().stream().anyMatch(m -> m.timings() == 1)) {
            out.println("* timed once");
        }
        if (outcome.reference().isPresent()) {
            out.println();
            List<Measurement> disagreements = outcome.disagreements();
            if (disagreements.isEmpty()) {
                out.println("All results agree.");
            }
            disagreements.forEach(m -> out.println("DISAGREEMENT: " + m.disagreement()));
        }
        outcome.costs().forEach(costs -> print(costs, out));
    }

    private static void print(Costs costs, PrintWriter out) {
        RunProfile run = costs.run();
        out.printf("%nA run of %s%s on %s: %d kernels in %d task graphs, %,d bytes to the device, %,d bytes home%n", costs.name(),
                costs.program().isEmpty() ? "" : ", " + costs.program(), costs.backend(), run.kernels().size(), run.graphs(), run.bytesToDevice(), run.bytesFromDevice());
        out.printf("  first run %.1f s; with the profiler on %.1f ms: kernels %.1f ms, copies %.1f ms, dispatch %.1f ms%n", run.firstRunSeconds(),
                1e3 * run.wallSeconds(), 1e3 * run.kernelSeconds(), 1e3 * run.transferSeconds(), 1e3 * run.dispatchSeconds());
        out.printf("  %10s %6s %9s %7s  %s%n", "kernel ms", "share", "GFLOP/s", "GB/s", "operation");
        for (KernelTime kernel : costs.longest(LONGEST_KERNELS)) {
            out.printf("  %10.3f %5.1f%% %9s %7.1f  %s%n", 1e3 * kernel.seconds(), 100 * kernel.seconds() / run.kernelSeconds(),
                    kernel.operations() == 0 ? "" : "%.1f".formatted(1e-9 * kernel.operations() / kernel.seconds()), 1e-9 * kernel.bytes() / kernel.seconds(),
                    OneLine.of(kernel.what(), LONGEST_OPERATION));
        }
    }

    /** Results that disagree make a comparison of speeds void. */
    int exitCode() {
        return outcome.disagreements().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** What went wrong, in one line, if anything did. */
    Optional<String> trouble() {
        List<Measurement> disagreements = outcome.disagreements();
        return disagreements.stream().findFirst().map(first -> "backends disagree: " + first.disagreement()
                + (disagreements.size() == 1 ? "" : ", and %d more".formatted(disagreements.size() - 1)));
    }

    private static String column(boolean shown, String text) {
        return shown ? " %8s".formatted(text) : "";
    }

    /** Slow backends do hundredths of what fast ones do. */
    static String number(double value) {
        return String.format(Locale.ROOT, value < 1 ? "%.4f" : "%.2f", value);
    }

    private String bar(Measurement m) {
        if (contestants.size() == 1) {
            return "";
        }
        double fastest = outcome.measurements().stream().filter(other -> other.suite() == m.suite() && other.name().equals(m.name()))
                .mapToDouble(Measurement::speed).max().orElseThrow();
        return "  " + "█".repeat((int) Math.max(1, Math.round(BAR * m.speed() / fastest)));
    }
}
