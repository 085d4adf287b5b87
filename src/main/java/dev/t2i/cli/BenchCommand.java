package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Backends;
import dev.t2i.bench.Measurement;
import dev.t2i.bench.Stopwatch;
import dev.t2i.bench.Suite;
import dev.t2i.config.Settings;
import dev.t2i.train.GanSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures how fast backends do the program's work on this machine. */
@Command(name = "bench", description = {
    "Compares backends on this machine.",
    "It times single operations, the text encoder, drawing and training steps. Each figure is the median of several timings after a warm-up."})
final class BenchCommand extends T2iCommand {

    private static final int MOST_THREADS = 1024;
    private static final int MOST_REPEATS = 10_000;
    private static final int LONGEST_WARMUP = 3600;
    private static final int BAR = 24;
    private static final int THOUSANDTHS = 1000;

    @Option(names = "--suite", split = ",", splitSynopsisLabel = ",", paramLabel = "S",
            description = "What to measure: ops, encode, sample, train. Default: ops,encode, and with --config all four")
    private List<String> suiteNames = List.of();

    @Option(names = "--backends", split = ",", splitSynopsisLabel = ",", paramLabel = "B", description = "What to compare. Default: the fastest here")
    private List<String> backendNames = List.of(Backends.AUTO);

    @Option(names = "--config", paramLabel = "FILE", description = "The networks and the training of sample and train, such as configs/yardstick-64.yaml")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a setting of the configuration.")
    private List<String> overrides = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Threads, for backends that use threads. Default: all processors")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--repeats", paramLabel = "N", defaultValue = "7", description = "Timings of each figure. Default: ${DEFAULT-VALUE}")
    private int repeats;

    @Option(names = "--warmup", paramLabel = "SECONDS", defaultValue = "5", description = "Each figure is warmed up until for so long nothing got faster. Default: ${DEFAULT-VALUE}")
    private double warmup;

    /** The answer of {@code --json}. */
    record Report(List<Result> results, String machine) {
    }

    record Result(String suite, String name, String backend, double value, String unit) {
    }

    @Override
    public Integer call() {
        List<Suite> suites = suites();
        requireWithin("--threads", threads, 1, MOST_THREADS);
        requireWithin("--repeats", repeats, 1, MOST_REPEATS);
        requireWithin("--warmup", warmup, 0, LONGEST_WARMUP);
        Optional<GanSettings> settings = Optional.ofNullable(config).map(file -> Settings.load(file, GanSettings.class, overrides));
        List<Backend> backends = backendNames.stream().map(name -> Backends.get(name, threads)).toList();
        Stopwatch stopwatch = new Stopwatch(warmup, repeats);
        List<Measurement> measurements = new ArrayList<>();
        for (Suite suite : suites) {
            for (Backend backend : backends) {
                log().printf("%s on %s (%s)%n", key(suite), backend.name(), backend.description());
                log().flush();
                measurements.addAll(suite.measure(backend, settings, stopwatch));
            }
        }
        if (json()) {
            printJson(new Report(measurements.stream().map(BenchCommand::result).toList(), machine()));
        } else {
            printTable(measurements, backends);
        }
        return ExitCode.DONE;
    }

    private List<Suite> suites() {
        if (suiteNames.isEmpty()) {
            return config == null ? List.of(Suite.OPS, Suite.ENCODE) : List.of(Suite.values());
        }
        List<Suite> suites = new ArrayList<>();
        for (String name : suiteNames) {
            Suite suite = List.of(Suite.values()).stream().filter(s -> key(s).equals(name)).findFirst().orElseThrow(() ->
                    usage("there is no suite '%s', take some of ops, encode, sample, train".formatted(name)));
            if (suite.needsSettings() && config == null) {
                throw usage("--suite %s needs --config FILE, such as configs/yardstick-64.yaml".formatted(name));
            }
            suites.add(suite);
        }
        return suites;
    }

    private void requireWithin(String option, double number, int least, int most) {
        if (!(number >= least && number <= most)) {
            throw usage("%s is %s, must be %d to %d".formatted(option, number == Math.rint(number) ? String.format(Locale.ROOT, "%.0f", number) : String.valueOf(number), least, most));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec().commandLine(), message);
    }

    private static String key(Suite suite) {
        return suite.name().toLowerCase(Locale.ROOT);
    }

    private static Result result(Measurement m) {
        return new Result(key(m.suite()), m.name(), m.backend(), Math.rint(m.value() * THOUSANDTHS) / THOUSANDTHS, m.unit());
    }

    private String machine() {
        return "%s, %d thread%s, %s %s, Java %s".formatted(DevicesCommand.processor(), threads, threads == 1 ? "" : "s",
                System.getProperty("os.name"), System.getProperty("os.arch"), Runtime.version());
    }

    /** One line a figure, with a bar beside it: the longest of a figure's bars is the fastest backend's. */
    private void printTable(List<Measurement> measurements, List<Backend> backends) {
        out().println(machine());
        backends.forEach(backend -> out().printf("%s: %s%n", backend.name(), backend.description()));
        out().println();
        for (Measurement m : measurements) {
            double fastest = measurements.stream().filter(other -> other.suite() == m.suite() && other.name().equals(m.name()))
                    .mapToDouble(Measurement::speed).max().orElseThrow();
            String bar = backends.size() == 1 ? "" : "  " + "█".repeat((int) Math.max(1, Math.round(BAR * m.speed() / fastest)));
            out().printf(Locale.ROOT, "%-7s %-46s %-8s %10.2f %-8s%s%n", key(m.suite()), m.name(), m.backend(), m.value(), m.unit(), bar);
        }
    }
}
