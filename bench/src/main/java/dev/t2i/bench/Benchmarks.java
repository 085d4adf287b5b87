package dev.t2i.bench;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** JMH with its usual command line, and after it a table of each figure beside its limit. */
public final class Benchmarks {

    private static final String LIMIT = "limit";

    private Benchmarks() {
    }

    public static void main(String[] args) throws Exception {
        if (List.of(args).contains("-h") || List.of(args).contains("-l")) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        try {
            // Forks take over this JVM's flags. JMH itself still uses Unsafe, about which the JDK would grumble.
            var options = new OptionsBuilder().parent(new CommandLineOptions(args))
                    .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow").build();
            print(new Runner(options).run());
        } catch (CommandLineOptionException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        } catch (RunnerException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static void print(Collection<RunResult> results) throws ClassNotFoundException {
        Map<String, Double> limits = new HashMap<>();
        for (RunResult result : results) {
            if (method(result).equals(LIMIT)) {
                limits.put(setting(result), score(result));
            }
        }
        System.out.printf("%n%-44s %14s %14s %7s%n", "", "figure", "limit", "share");
        for (RunResult result : results) {
            Figure figure = type(result).getAnnotation(Figure.class);
            Double limit = limits.get(setting(result));
            if (method(result).equals(LIMIT) || figure == null || limit == null) {
                continue;
            }
            System.out.printf("%-44s %14s %14s %6.0f%%  of %s%n", label(result), quantity(score(result), figure),
                    quantity(limit, figure), 100 * score(result) / limit, figure.limit());
        }
    }

    private static String quantity(double score, Figure figure) {
        return "%.1f %s".formatted(score, figure.unit());
    }

    private static double score(RunResult result) {
        return result.getPrimaryResult().getScore();
    }

    private static Class<?> type(RunResult result) throws ClassNotFoundException {
        String benchmark = result.getParams().getBenchmark();
        return Class.forName(benchmark.substring(0, benchmark.lastIndexOf('.')));
    }

    private static String method(RunResult result) {
        String benchmark = result.getParams().getBenchmark();
        return benchmark.substring(benchmark.lastIndexOf('.') + 1);
    }

    /** What a figure and its limit share: class, parameters and number of threads. */
    private static String setting(RunResult result) {
        BenchmarkParams params = result.getParams();
        String type = params.getBenchmark().substring(0, params.getBenchmark().lastIndexOf('.'));
        return type + " " + parameters(params) + " " + params.getThreads();
    }

    private static String label(RunResult result) {
        BenchmarkParams params = result.getParams();
        String benchmark = params.getBenchmark();
        String parameters = parameters(params);
        return benchmark.substring(benchmark.lastIndexOf('.', benchmark.lastIndexOf('.') - 1) + 1)
                + (parameters.isEmpty() ? "" : " " + parameters);
    }

    private static String parameters(BenchmarkParams params) {
        StringBuilder parameters = new StringBuilder();
        for (String key : params.getParamsKeys()) {
            parameters.append(parameters.isEmpty() ? "" : ", ").append(key).append(' ').append(params.getParam(key));
        }
        return parameters.toString();
    }
}
