package dev.t2i.cli;

import dev.t2i.backend.Backends;
import dev.t2i.bench.Chart;
import dev.t2i.bench.Comparison;
import dev.t2i.bench.Contestant;
import dev.t2i.bench.Machine;
import dev.t2i.bench.Stopwatch;
import dev.t2i.bench.Suite;
import dev.t2i.bench.Work;
import dev.t2i.config.Settings;
import dev.t2i.error.OneLine;
import dev.t2i.image.Png;
import dev.t2i.train.GanSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures how fast backends do the program's work on this machine, and whether they agree about its results. */
@Command(name = "bench", description = {
    "Compares backends on this machine.",
    "It times single operations, the text encoder, drawing and training steps, the same on each backend, and compares the results. "
            + "Each figure is the median of several timings after a warm-up. Results that disagree end with exit code 1."})
final class BenchCommand extends T2iCommand {

    private static final int MOST_THREADS = 1024;
    private static final int MOST_REPEATS = 10_000;
    private static final int LONGEST_WARMUP = 3600;
    private static final int LONGEST_TEXT = 60;
    /** First runs that take longer are told about, and what they were spent on. */
    private static final double LONG_START = 2;
    private static final String PNG = ".png";

    @Option(names = "--suite", split = ",", splitSynopsisLabel = ",", paramLabel = "S",
            description = "What to measure: ops, encode, sample, train. Default: ops,encode, and with --config all four")
    private List<String> suiteNames = List.of();

    @Option(names = "--backends", split = ",", splitSynopsisLabel = ",", paramLabel = "B",
            description = "What to compare: names that 'devices' lists, such as scalar,vector,native,tornado. Default: the fastest here")
    private List<String> backendNames = List.of(Backends.AUTO);

    @Option(names = "--only", paramLabel = "TEXT", description = "Measure only what has this text in its name, such as 'sgemm' or '64x64 forward'.")
    private String only;

    @Option(names = "--config", paramLabel = "FILE", description = "The networks and the training of sample and train, such as configs/yardstick-64.yaml")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a setting of the configuration.")
    private List<String> overrides = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Threads, for backends that use threads. Default: all processors")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--repeats", paramLabel = "N", defaultValue = "7",
            description = "Timings of each figure, fewer where one run takes very long. Default: ${DEFAULT-VALUE}")
    private int repeats;

    @Option(names = "--warmup", paramLabel = "SECONDS", defaultValue = "5", description = "Each figure is warmed up until for so long nothing got faster. Default: ${DEFAULT-VALUE}")
    private double warmup;

    @Option(names = "--chart", paramLabel = "FILE.png", description = "Draw the figures, too.")
    private Path chart;

    @Option(names = "--profile", description = "Also show what a run costs on devices and which kernels take longest. Devices' profilers slow runs down, so this "
            + "comes after the timing.")
    private boolean profile;

    @Option(names = "--force", description = "Overwrite the chart if it exists.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
        List<Suite> suites = suites();
        requireWithin("--threads", threads, 1, MOST_THREADS);
        requireWithin("--repeats", repeats, 1, MOST_REPEATS);
        requireWithin("--warmup", warmup, 0, LONGEST_WARMUP);
        requireChartsPlace();
        if (config == null && !overrides.isEmpty()) {
            throw usage("--set overrides settings of --config, which is not given");
        }
        Optional<GanSettings> settings = Optional.ofNullable(config).map(file -> Settings.load(file, GanSettings.class, overrides));
        List<Work> works = works(suites, settings);
        List<Contestant> contestants = contestants();
        Comparison.Outcome outcome = new Comparison(contestants, new Stopwatch(warmup, repeats), new Log(works), profile).run(works, threads);
        String machine = Machine.describe(threads, contestants);
        if (chart != null) {
            // The chart's legend names the devices.
            Chart drawn = new Chart(Machine.describe(threads, List.of()), contestants, outcome, threads);
            Png.write(drawn.draw(), Map.of("machine", machine), chart, force);
        }
        BenchReport report = new BenchReport(machine, contestants, outcome, threads);
        if (json()) {
            printJson(report.json());
        } else {
            report.print(out());
        }
        if (profile && contestants.stream().noneMatch(Contestant::compilesKernels)) {
            log().println("--profile: none of these backends is a device with a profiler");
        }
        report.trouble().ifPresent(line -> log().println("t2i bench: " + line));
        return report.exitCode();
    }

    /** Says where the comparison is, so that nobody wonders during minutes of compiling. */
    private final class Log implements Comparison.Listener {
        private final List<Work> works;

        Log(List<Work> works) {
            this.works = works;
        }

        @Override
        public void begins(Work work, Contestant contestant) {
            say("[%d/%d] %s, %s: %s%s".formatted(works.indexOf(work) + 1, works.size(), work.suite().key(), work.name(), contestant.label(),
                    contestant.compilesKernels() ? ", compiles its kernels first" : ""));
        }

        @Override
        public void ended(Work work, Contestant contestant, Stopwatch.Timing timing) {
            // Here too, so that what a crash of a driver ends is not lost.
            StringBuilder line = new StringBuilder("    %s %s".formatted(BenchReport.number(work.value(timing.seconds())), work.unit()));
            if (timing.timings() == 1 && repeats > 1) {
                line.append("; one run takes %.1f s, so it was timed once".formatted(timing.seconds()));
            }
            if (timing.firstSeconds() > LONG_START && timing.firstSeconds() != timing.seconds()) {
                line.append("; the first run took %.1f s%s and is not in the figure".formatted(timing.firstSeconds(),
                        contestant.compilesKernels() ? ", most of it compiling," : ""));
            }
            say(line.toString());
        }

        private void say(String line) {
            log().println(line);
            log().flush();
        }
    }

    private void requireChartsPlace() throws IOException {
        if (chart == null) {
            return;
        }
        if (!chart.toString().toLowerCase(Locale.ROOT).endsWith(PNG)) {
            throw usage("--chart %s is not a .png file, and a chart is drawn as nothing else".formatted(OneLine.of(chart.toString(), LONGEST_TEXT)));
        }
        Places.requireFile(chart);
        requireFree(chart, force);
        Chart.requireFonts();
    }

    private List<Suite> suites() {
        if (suiteNames.isEmpty()) {
            return config == null ? List.of(Suite.OPS, Suite.ENCODE) : List.of(Suite.values());
        }
        List<Suite> suites = new ArrayList<>();
        for (String name : suiteNames) {
            Suite suite = List.of(Suite.values()).stream().filter(s -> s.key().equals(name)).findFirst().orElseThrow(() ->
                    usage("there is no suite '%s', take some of ops, encode, sample, train".formatted(OneLine.of(name, LONGEST_TEXT))));
            if (suite.needsSettings() && config == null) {
                throw usage("--suite %s needs --config FILE, such as configs/yardstick-64.yaml".formatted(name));
            }
            if (suites.contains(suite)) {
                throw usage("--suite names %s twice".formatted(name));
            }
            suites.add(suite);
        }
        return suites;
    }

    private List<Work> works(List<Suite> suites, Optional<GanSettings> settings) {
        List<Work> all = suites.stream().flatMap(suite -> suite.works(settings).stream()).toList();
        List<Work> chosen = all.stream().filter(work -> only == null || work.name().contains(only)).toList();
        if (chosen.isEmpty()) {
            throw usage("--only '%s': nothing in %s has that in its name; there are '%s' and %d more".formatted(OneLine.of(only, LONGEST_TEXT),
                    suites.stream().map(Suite::key).collect(Collectors.joining(", ")), all.getFirst().name(), all.size() - 1));
        }
        return chosen;
    }

    private List<Contestant> contestants() {
        List<Contestant> contestants = new ArrayList<>();
        for (String name : backendNames) {
            Contestant contestant = Contestant.of(name, threads);
            if (contestants.stream().anyMatch(other -> other.label().equals(contestant.label()))) {
                throw usage("--backends names %s twice%s".formatted(contestant.label(), name.equals(Backends.AUTO) ? ", as it is what auto chooses" : ""));
            }
            contestants.add(contestant);
        }
        return contestants;
    }

    private void requireWithin(String option, double number, int least, int most) {
        if (!(number >= least && number <= most)) {
            throw usage("%s is %s, must be %d to %d".formatted(option, number == Math.rint(number) ? String.format(Locale.ROOT, "%.0f", number) : String.valueOf(number), least, most));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec().commandLine(), message);
    }
}
