import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The study's table in Markdown, from what bench/study/run.sh left in a folder: a row a system, each figure the mean over its seeds, with the
 * least and the greatest; systems whose captions are found most often come first.
 *
 * <p>{@code java -cp target/t2i.jar bench/study/Table.java FOLDER}
 */
final class Table {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STATS = "stats.jsonl";

    /** A column: its head, and what stands there for one run. */
    private record Column(String head, String format, ToDoubleFunction<Run> value) {}

    /** A run's measurements, and the pictures that it had learnt from, at the end of each of its trainings. */
    private record Run(JsonNode scores, long samples) {
        double proportion(String compositions, String name) {
            return 100 * scores.path("attributes").path(compositions).path(name).path("value").asDouble(Double.NaN);
        }

        double score(String group, String metric) {
            return scores.path(group).path(metric).path("value").asDouble(Double.NaN);
        }
    }

    private static final Column R_PRECISION =
            new Column("R-precision", "%.1f%%", run -> 100 * run.score("scores", "R-precision[t2i-evaluator-64]"));
    private static final List<Column> COLUMNS = List.of(
            new Column("pictures learnt", "%,.0f", Run::samples),
            new Column("facts", "%.1f%%", run -> run.proportion("seen", "all")),
            new Column("time of day", "%.1f%%", run -> run.proportion("seen", "time")),
            new Column("ground", "%.1f%%", run -> run.proportion("seen", "ground")),
            R_PRECISION,
            new Column("FID[t2i-recogniser-64]", "%.3f", run -> run.score("distances", "FID[t2i-recogniser-64]")),
            new Column("KID[t2i-recogniser-64]", "%.4f", run -> run.score("distances", "KID[t2i-recogniser-64]")));

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        if (!Files.isDirectory(folder)) {
            System.err.println("Table: " + folder + ": there is no such folder; bench/study/run.sh makes one");
            System.exit(4);
        }
        Map<String, List<Run>> systems = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                String name = file.getFileName().toString().replaceFirst("\\.json$", "");
                Path first = folder.resolve(name.replaceFirst("-(\\d+)$", "-first-$1")).resolve(STATS);
                long samples = samples(folder.resolve(name).resolve(STATS)) + (Files.exists(first) ? samples(first) : 0);
                systems.computeIfAbsent(name.replaceFirst("-\\d+$", ""), _ -> new ArrayList<>()).add(new Run(JSON.readTree(file.toFile()), samples));
            }
        }
        StringBuilder table = new StringBuilder("| system | seeds |");
        COLUMNS.forEach(column -> table.append(' ').append(column.head).append(" |"));
        table.append("\n|---|---|").append("---|".repeat(COLUMNS.size())).append('\n');
        systems.entrySet().stream().sorted(Comparator.comparingDouble(system -> -mean(system.getValue()))).forEach(entry -> {
            List<Run> runs = entry.getValue();
            table.append("| ").append(entry.getKey()).append(" | ").append(runs.size()).append(" |");
            COLUMNS.forEach(column -> table.append(' ').append(cell(column, runs)).append(" |"));
            table.append('\n');
        });
        System.out.print(table);
    }

    private static double mean(List<Run> runs) {
        return runs.stream().mapToDouble(R_PRECISION.value).average().orElseThrow();
    }

    private static long samples(Path stats) throws IOException {
        return JSON.readTree(Files.readAllLines(stats).getLast()).path("samples").asLong();
    }

    private static String cell(Column column, List<Run> runs) {
        DoubleSummaryStatistics all = runs.stream().mapToDouble(column.value).summaryStatistics();
        String mean = format(column, all.getAverage());
        return runs.size() == 1 ? mean : "%s (%s to %s)".formatted(mean, format(column, all.getMin()), format(column, all.getMax()));
    }

    private static String format(Column column, double value) {
        return String.format(Locale.ROOT, column.format, value);
    }
}
