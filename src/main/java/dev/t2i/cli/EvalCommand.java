package dev.t2i.cli;

import dev.t2i.TextToImage;
import dev.t2i.TextToImage.Request;
import dev.t2i.backend.Backend;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.image.Picture;
import dev.t2i.metric.Attribute;
import dev.t2i.metric.Evaluation;
import dev.t2i.metric.EvaluationData;
import dev.t2i.metric.FeatureCache;
import dev.t2i.metric.FeatureChoice;
import dev.t2i.metric.FeatureNetwork;
import dev.t2i.metric.Instruments;
import dev.t2i.metric.MatchingModel;
import dev.t2i.metric.Metric;
import dev.t2i.metric.Obedience;
import dev.t2i.metric.Painter;
import dev.t2i.metric.Proportion;
import dev.t2i.metric.Recogniser;
import dev.t2i.metric.RecogniserFeatures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures a model. */
@Command(name = "eval", description = {
    "Measures a model.",
    "It draws pictures for captions that it was not trained on, and networks look at them beside real pictures.",
    "attributes: how much of what captions say is seen, for known and for held-out compositions (scenes: alone).",
    "fid, kid, pr: Fréchet and kernel distance to real pictures; precision, recall, density and coverage. is: Inception score.",
    "rprecision: how often the evaluator finds a picture's caption among 99 others. diversity: of pictures of one caption."})
final class EvalCommand extends T2iCommand {

    private static final int MOST_SAMPLES = 1_000_000;
    private static final Set<Metric> DISTANCES = EnumSet.of(Metric.FID, Metric.KID);
    private static final String METRICS = Arrays.stream(Metric.values()).map(metric -> metric.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "));

    @Option(names = "--model", paramLabel = "DIR", defaultValue = ModelLocation.DEFAULT,
            description = "A model folder. Default: the model that ships with the program.")
    private String model;

    @Option(names = "--data", paramLabel = "SPEC", defaultValue = "scenes:",
            description = "Where captions and real pictures come from: scenes: (the default) or another data set.")
    private String data;

    @Option(names = "--metrics", paramLabel = "M", split = ",", splitSynopsisLabel = ",", defaultValue = "attributes,fid,kid",
            description = "What to measure: attributes, fid, kid, is, pr, rprecision, diversity. Default: ${DEFAULT-VALUE}")
    private List<String> metrics;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "1000",
            description = "Captions of each kind to draw. Default: ${DEFAULT-VALUE}")
    private int samples;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Picture i is drawn with seed S+i. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--truncation", paramLabel = "T", description = "Factor on the noise, 0 to 4. Default: the model's own.")
    private Double truncation;

    @Option(names = "--evaluator", paramLabel = "DIR", description = "The matching model of rprecision, not one that the model was trained with. "
            + "Default: the one that ships with the program, which knows scenes: alone.")
    private Path evaluator;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private BackendOption backend;

    @Override
    public Integer call() {
        long start = System.nanoTime();
        Set<Metric> chosen = chosen();
        requireSense();
        DataSpec spec = DataSpec.parse(data);
        if (chosen.contains(Metric.RPRECISION) && evaluator == null && spec.kind() != DataSpec.Kind.SCENES) {
            throw new BadInputException("rprecision: the evaluator that ships knows scenes: alone; train one on such data with task: matching, "
                    + "as configs/evaluator-64.yaml does, and name it with --evaluator DIR");
        }
        FeatureChoice network = features.choice();
        features.requireUse(network, chosen.contains(Metric.ATTRIBUTES));
        if (evaluator != null && !chosen.contains(Metric.RPRECISION)) {
            throw new ParameterException(spec().commandLine(), "--evaluator is what rprecision is measured with, and --metrics does not name that");
        }
        EvaluationData pictures = EvaluationData.of(spec);
        DataSpec measured = pictures.name().orElseThrow();
        if (!measured.equals(spec)) {
            log().println("measured on " + measured);
        }
        Backend where = backend.backend();
        Path folder = ModelLocation.resolve(model);
        try (TextToImage opened = TextToImage.open(folder, where); Opened eyes = new Opened()) {
            if (chosen.contains(Metric.RPRECISION)) {
                eyes.matching = evaluator == null ? MatchingModel.shipped(where) : MatchingModel.open(evaluator, where);
                if (eyes.matching.sharesWeightsWith(folder)) {
                    throw new BadInputException("rprecision: %s shares weights with the model that it is to judge, which was trained with it or from it; name another --evaluator"
                            .formatted(evaluator == null ? "the evaluator that ships" : evaluator.toString()));
                }
            }
            if (chosen.contains(Metric.ATTRIBUTES)) {
                eyes.recogniser = features.recogniser().isEmpty() ? Recogniser.shipped(where) : Recogniser.open(features.recogniser().get(), where);
            }
            if (chosen.stream().anyMatch(Metric::needsFeatures)) {
                eyes.features = network.open(where);
            }
            Evaluation evaluation = new Evaluation(painter(opened), eyes.instruments(opened.config().size(), features.cache(log())), samples, seed);
            Evaluation.Result result;
            try (Progress progress = Progress.of("measuring", evaluation.pictures(pictures, chosen), "pictures")) {
                result = evaluation.run(pictures, chosen, done -> {
                    Interruption.check();
                    progress.reach(done);
                });
            }
            if (json()) {
                printJson(answer(result, opened.identity(), eyes, factor(opened), where, measured, (System.nanoTime() - start) / 1e9));
            } else {
                print(result, opened.identity(), where);
            }
            result.scores().forEach(score -> score.warning().ifPresent(log()::println));
        }
        return ExitCode.DONE;
    }

    /** What was opened so far, to be closed whatever happens. */
    private static final class Opened implements AutoCloseable {

        private Recogniser recogniser;
        private FeatureNetwork features;
        private MatchingModel matching;

        Instruments instruments(int modelSize, Optional<FeatureCache> cache) {
            // A recogniser is not made to see less than its own size in real pictures.
            return new Instruments(Optional.ofNullable(recogniser), Optional.ofNullable(features), Optional.ofNullable(matching), modelSize, cache);
        }

        @Override
        public void close() {
            for (AutoCloseable eye : Arrays.asList(recogniser, features, matching)) {
                try {
                    if (eye != null) {
                        eye.close();
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private Set<Metric> chosen() {
        Set<Metric> chosen = EnumSet.noneOf(Metric.class);
        for (String name : metrics) {
            try {
                chosen.add(Metric.valueOf(name.strip().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec().commandLine(), "--metrics '" + name + "': none of " + METRICS, e);
            }
        }
        return chosen;
    }

    /** Numbers that a measurement would refuse only after minutes. */
    private void requireSense() {
        if (samples < 2 || samples > MOST_SAMPLES) {
            throw new ParameterException(spec().commandLine(), "--samples is %d, must be 2 to %d".formatted(samples, MOST_SAMPLES));
        }
        try {
            if (truncation != null) {
                TextToImage.requireTruncation(truncation);
            }
        } catch (BadInputException e) {
            throw new ParameterException(spec().commandLine(), "--" + e.getMessage(), e);
        }
    }

    private double factor(TextToImage opened) {
        return truncation == null ? opened.truncation() : truncation;
    }

    private Painter painter(TextToImage opened) {
        return (prompts, seeds) -> {
            List<Request> requests = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                requests.add(new Request(prompts.get(i), seeds.get(i)));
            }
            List<Picture> drawn = opened.draw(requests, factor(opened));
            Interruption.check();
            return drawn;
        };
    }

    private void print(Evaluation.Result result, String identity, Backend where) {
        log().printf("%s on %s%n", identity, where.name());
        if (!result.obedience().isEmpty()) {
            out().printf("%-14s", "");
            result.obedience().forEach(part -> out().printf("%-22s%-22s", part.compositions().replace('_', ' '), "  real pictures"));
            out().println();
            for (Attribute attribute : Attribute.values()) {
                row(name(attribute), result, obedience -> obedience.attributes().get(attribute));
            }
            row("all facts", result, Obedience::facts);
            row("wholly right", result, Obedience::pictures);
        }
        result.scores().forEach(score -> out().println(ScoreLines.line(score)));
    }

    private void row(String name, Evaluation.Result result, Function<Obedience, Proportion> value) {
        out().printf("%-14s", name);
        for (Evaluation.Compositions part : result.obedience()) {
            out().printf("%-22s%-22s", percent(value.apply(part.drawn())), "  " + percent(value.apply(part.real())));
        }
        out().println();
    }

    private static String percent(Proportion share) {
        return share == null ? "-" : String.format(Locale.ROOT, "%.1f%% (%.1f-%.1f)", 100 * share.value(), 100 * share.low(), 100 * share.high());
    }

    private static String name(Attribute attribute) {
        return attribute.name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> answer(Evaluation.Result result, String identity, Opened eyes, double truncation, Backend where, DataSpec spec, double seconds) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("model", identity);
        answer.put("backend", where.name());
        if (eyes.recogniser != null) {
            answer.put("recogniser", eyes.recogniser.name());
        }
        answer.put("data", spec.toString());
        answer.put("samples", result.samples());
        answer.put("seed", result.seed());
        answer.put("truncation", truncation);
        if (!result.obedience().isEmpty()) {
            Map<String, Object> parts = new LinkedHashMap<>();
            for (Evaluation.Compositions part : result.obedience()) {
                parts.put(part.compositions(), obedience(part.drawn()));
                parts.put(part.compositions() + "_real", obedience(part.real()));
            }
            answer.put("attributes", parts);
        }
        Map<String, Object> distances = new LinkedHashMap<>();
        Map<String, Object> scores = new LinkedHashMap<>();
        result.scores().forEach(score -> (DISTANCES.contains(score.metric()) ? distances : scores).put(score.name(), ScoreLines.entry(score)));
        answer.put("distances", distances);
        answer.put("scores", scores);
        answer.put("seconds", seconds);
        return answer;
    }

    private static Map<String, Object> obedience(Obedience obedience) {
        Map<String, Object> rows = new LinkedHashMap<>();
        obedience.attributes().forEach((attribute, share) -> rows.put(name(attribute), share(share)));
        rows.put("all", share(obedience.facts()));
        rows.put("wholly_right", share(obedience.pictures()));
        return rows;
    }

    private static Map<String, Object> share(Proportion share) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("value", share.value());
        entry.put("low", share.low());
        entry.put("high", share.high());
        entry.put("right", share.right());
        entry.put("count", share.count());
        return entry;
    }
}
