package dev.t2i.cli;

import dev.t2i.backend.Backend;
import dev.t2i.metric.FeatureChoice;
import dev.t2i.metric.FeatureScores;
import dev.t2i.metric.FeatureSource;
import dev.t2i.metric.FeatureStatistics;
import dev.t2i.metric.Metric;
import dev.t2i.metric.Score;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParameterException;

/** How far two sets of pictures lie apart. */
@Command(name = "fid", description = {
    "Fréchet and kernel distance between two sets of pictures, precision and recall.",
    "A set is a folder of pictures, a file of saved statistics (our .safetensors or pytorch-fid's .npz), or a .safetensors file with "
            + "'features' [n, d]. Without --features folders are read by the recogniser, so that the numbers do not compare with published ones."})
final class FidCommand extends T2iCommand {

    private static final Set<Metric> KNOWN = EnumSet.of(Metric.FID, Metric.KID, Metric.PR);

    @Parameters(index = "0", paramLabel = "A", description = "A set; for precision and recall, the drawn pictures.")
    private Path first;

    @Parameters(index = "1", paramLabel = "B", description = "Another; for precision and recall, the real pictures.")
    private Path second;

    @Option(names = "--metrics", paramLabel = "M", split = ",", splitSynopsisLabel = ",", defaultValue = "fid,kid",
            description = "What to measure: fid, kid, pr. Default: ${DEFAULT-VALUE}; kid and pr need features, statistics alone do not do.")
    private List<String> metrics;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Which subsets the kernel distance averages over. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--save", paramLabel = "F.safetensors", description = "Save the statistics of A.")
    private Path save;

    @Mixin
    private FeatureOptions features;

    @Option(names = "--force", description = "Overwrite what is there.")
    private boolean force;

    @Mixin
    private BackendOption backend;

    @Override
    public Integer call() throws IOException {
        Set<Metric> chosen = chosen();
        if (save != null) {
            Places.requireFile(save);
            requireFree(save, force);
        }
        FeatureChoice network = features.choice();
        features.requireUse(network, false);
        requireVectors(chosen);
        Backend where = named(backend.backend());
        FeatureSource reader = new FeatureSource(() -> network.open(where), network.knownName().orElse("unknown"), features.cache(log()));
        FeatureSource.Features a = reader.read(first);
        FeatureSource.Features b = reader.read(second);
        List<Score> scores = scores(chosen, a, b);
        if (save != null) {
            Interruption.defer();
            a.statistics().write(save);
        }
        if (json()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            scores.forEach(score -> answer.put(score.name(), score.value()));
            Map<String, Object> entries = new LinkedHashMap<>();
            scores.forEach(score -> entries.put(score.name(), ScoreLines.entry(score)));
            answer.put("scores", entries);
            answer.put("network", a.statistics().network());
            answer.put("counts", new long[] {a.statistics().count(), b.statistics().count()});
            printJson(answer);
        } else {
            scores.forEach(score -> out().println(ScoreLines.line(score)));
            log().printf("%s and %s%n", counted(a.statistics()), counted(b.statistics()));
        }
        scores.forEach(score -> score.warning().ifPresent(log()::println));
        return ExitCode.DONE;
    }

    private static String counted(FeatureStatistics statistics) {
        return statistics.count() == 0 ? "statistics that do not say of how many pictures" : statistics.count() + " pictures";
    }

    private List<Score> scores(Set<Metric> chosen, FeatureSource.Features a, FeatureSource.Features b) {
        FeatureScores measure = new FeatureScores(a.statistics().network(), seed);
        if (a.set().isPresent() && b.set().isPresent()) {
            return measure.distances(chosen, a.set().get(), b.set().get());
        }
        List<Score> scores = new ArrayList<>();
        if (chosen.contains(Metric.FID)) {
            scores.add(measure.frechet(a.statistics(), b.statistics()));
        }
        if (chosen.contains(Metric.KID)) {
            log().println("KID is left out: it needs the features of both sets, one of them has statistics alone");
        }
        return scores;
    }

    /** Before a network looks at a folder for an hour: what was named must be measurable. */
    private void requireVectors(Set<Metric> chosen) {
        if (!spec().commandLine().getParseResult().hasMatchedOption("--metrics")) {
            return;
        }
        for (Path set : List.of(first, second)) {
            if (!FeatureSource.hasVectors(set)) {
                chosen.stream().filter(metric -> metric != Metric.FID).findFirst().ifPresent(metric -> {
                    throw new ParameterException(spec().commandLine(), "--metrics %s: needs the features of both sets, %s has statistics alone"
                            .formatted(metric.name().toLowerCase(Locale.ROOT), set));
                });
            }
        }
    }

    private Set<Metric> chosen() {
        Set<Metric> chosen = EnumSet.noneOf(Metric.class);
        for (String name : metrics) {
            chosen.add(KNOWN.stream().filter(metric -> metric.name().equals(name.strip().toUpperCase(Locale.ROOT))).findFirst()
                    .orElseThrow(() -> new ParameterException(spec().commandLine(), "--metrics '" + name + "': none of fid, kid, pr")));
        }
        return chosen;
    }
}
