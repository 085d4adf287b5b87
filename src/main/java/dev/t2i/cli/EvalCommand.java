package dev.t2i.cli;

import dev.t2i.TextToImage;
import dev.t2i.TextToImage.Request;
import dev.t2i.backend.Backend;
import dev.t2i.data.DataSpec;
import dev.t2i.error.BadInputException;
import dev.t2i.image.Picture;
import dev.t2i.metric.Attribute;
import dev.t2i.metric.Evaluation;
import dev.t2i.metric.Evaluation.Metric;
import dev.t2i.metric.Obedience;
import dev.t2i.metric.Painter;
import dev.t2i.metric.Proportion;
import dev.t2i.metric.Recogniser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures a model. */
@Command(name = "eval", description = {
    "Measures a model.",
    "It draws pictures for captions that it was not trained on, and the recogniser looks at them.",
    "attributes: how much of what captions say is seen, for known and for held-out compositions, beside real renders.",
    "fid, kid: Fréchet and kernel distance to real pictures, on the recogniser's features."})
final class EvalCommand extends T2iCommand {

    private static final int MOST_SAMPLES = 1_000_000;
    private static final List<String> LATER = List.of("is", "rprecision");

    @Option(names = "--model", paramLabel = "DIR", defaultValue = ModelLocation.DEFAULT,
            description = "A model folder. Default: the model that ships with the program.")
    private String model;

    @Option(names = "--data", paramLabel = "SPEC", defaultValue = "scenes:",
            description = "Where captions and real pictures come from: scenes: (the default) or folder:DIR, for fid and kid alone.")
    private String data;

    @Option(names = "--metrics", paramLabel = "M", split = ",", splitSynopsisLabel = ",", defaultValue = "attributes,fid,kid",
            description = "What to measure: attributes, fid, kid. Default: ${DEFAULT-VALUE}")
    private List<String> metrics;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "1000",
            description = "Captions of each kind to draw. Default: ${DEFAULT-VALUE}")
    private int samples;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Picture i is drawn with seed S+i. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--truncation", paramLabel = "T", description = "Factor on the noise, 0 to 4. Default: the model's own.")
    private Double truncation;

    @Option(names = "--recogniser", paramLabel = "DIR", description = "A recogniser to look with. Default: the one that ships with the program.")
    private Path recogniser;

    @Mixin
    private BackendOption backend;

    @Override
    public Integer call() {
        long start = System.nanoTime();
        Set<Metric> chosen = chosen();
        requireSense();
        DataSpec spec = DataSpec.parse(data);
        Evaluation.Data pictures = Evaluation.Data.of(spec);
        Backend where = backend.backend();
        try (TextToImage opened = TextToImage.open(ModelLocation.resolve(model), where);
                Recogniser eye = recogniser == null ? Recogniser.shipped(where) : Recogniser.open(recogniser, where)) {
            Evaluation evaluation = new Evaluation(painter(opened), eye, samples, seed);
            Evaluation.Result result;
            try (Progress progress = Progress.of("measuring", evaluation.pictures(pictures, chosen), "pictures")) {
                result = evaluation.run(pictures, chosen, done -> {
                    Interruption.check();
                    progress.reach(done);
                });
            }
            if (json()) {
                printJson(answer(result, opened.identity(), factor(opened), where, spec, (System.nanoTime() - start) / 1e9));
            } else {
                print(result, opened.identity(), where);
            }
        }
        return ExitCode.DONE;
    }

    private Set<Metric> chosen() {
        Set<Metric> chosen = EnumSet.noneOf(Metric.class);
        for (String name : metrics) {
            try {
                chosen.add(Metric.valueOf(name.strip().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec().commandLine(), LATER.contains(name.strip()) ? "--metrics " + name.strip()
                        + ": not measured by this version, which knows attributes, fid, kid"
                        : "--metrics '" + name + "': none of attributes, fid, kid", e);
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
        log().printf("%s on %s, seen by %s%n", identity, where.name(), result.recogniser());
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
        for (Evaluation.Distance distance : result.distances()) {
            out().printf(Locale.ROOT, "%s  %.4f%s%s%n", distance.name(), distance.value(),
                    distance.spread().isPresent() ? String.format(Locale.ROOT, " ± %.4f", distance.spread().getAsDouble()) : "",
                    distance.real().isPresent() ? String.format(Locale.ROOT, "  (real pictures %.4f)", distance.real().getAsDouble()) : "");
        }
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

    private static Map<String, Object> answer(Evaluation.Result result, String identity, double truncation, Backend where, DataSpec spec, double seconds) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("model", identity);
        answer.put("backend", where.name());
        answer.put("recogniser", result.recogniser());
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
        for (Evaluation.Distance distance : result.distances()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("value", distance.value());
            distance.spread().ifPresent(spread -> entry.put("standard_deviation", spread));
            distance.real().ifPresent(real -> entry.put("real", real));
            distances.put(distance.name(), entry);
        }
        answer.put("distances", distances);
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
