package dev.t2i.cli;

import dev.t2i.Provenance;
import dev.t2i.TextToImage;
import dev.t2i.TextToImage.Request;
import dev.t2i.backend.Backend;
import dev.t2i.error.BadInputException;
import dev.t2i.error.OneLine;
import dev.t2i.image.ContactSheet;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Pictures from text. */
@Command(name = "sample", description = "Draws what sentences say.", footerHeading = "%nExamples:%n", footer = {
    "  t2i sample \"a red house under a yellow moon\"",
    "  t2i sample \"a boat on the sea\" --count 16 --seed 1 --grid --out boats",
    "  t2i sample --from a-red-house-7.png --out again.png"})
final class SampleCommand extends T2iCommand {

    private static final int MOST_COUNT = 100_000;
    private static final int MOST_PICTURES = 1_000_000;
    private static final int MOST_UNKNOWN = 12;
    private static final int LONGEST_NAME = 120;
    private static final int MOST_ON_A_SHEET = 4096;
    private static final int SMALLEST_CELL = 128;
    private static final long RANDOM_SEEDS = 1L << 31;
    private static final int EXAMPLE_WORDS = 5;
    private static final int EXAMPLE_LETTERS = 4;

    @Parameters(paramLabel = "PROMPT", arity = "0..*", description = "What to draw, a sentence each.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--prompts", paramLabel = "FILE", description = "A file with a prompt a line, or - for standard input.")
    private Path promptFile;

    @Option(names = "--from", paramLabel = "IMAGE.png", description = "Draw once more what the metadata of a picture say.")
    private Path from;

    @Option(names = "--count", paramLabel = "N", defaultValue = "1", description = "Pictures for each prompt. Default: ${DEFAULT-VALUE}")
    private int count;

    @Option(names = "--seed", paramLabel = "S", description = "Which pictures: number i, from 0, has seed S+i. Default: a random one, which is shown.")
    private Long seed;

    @Option(names = "--truncation", paramLabel = "T", description = "Factor on the noise, 0 to 4: below 1 pictures of a prompt are more alike. Default: the model's own.")
    private Double truncation;

    @Option(names = "--out", paramLabel = "PATH", description = "A .png for one picture (or for the sheet of --grid), else a folder. "
            + "Default: PROMPT-SEED.png in the current folder.")
    private Path out;

    @Option(names = "--grid", description = "Show all on one sheet, too: grid.png, or the .png that --out names.")
    private boolean grid;

    @Option(names = "--no-metadata", description = "Write no prompt, seed and model into the pictures.")
    private boolean noMetadata;

    @Option(names = "--model", paramLabel = "DIR", defaultValue = ModelLocation.DEFAULT,
            description = "A model folder. Default: the model that ships with the program.")
    private String model;

    @Mixin
    private BackendOption backend;

    @Option(names = "--force", description = "Overwrite what is there.")
    private boolean force;

    /** A picture in the answer of {@code --json}. */
    record Drawn(String path, String prompt, long seed, int width, int height) {
    }

    @Override
    public Integer call() {
        long start = System.nanoTime();
        requireSense();
        Provenance source = from == null ? null : Provenance.read(from);
        List<Request> requests = source == null ? requests() : List.of(new Request(source.prompt(), source.seed()));
        if (grid && requests.size() > MOST_ON_A_SHEET) {
            throw usage("--grid shows at most " + MOST_ON_A_SHEET + " pictures, these are " + requests.size());
        }
        SampleFiles files = SampleFiles.plan(out, requests, grid, force, spec().commandLine());
        Backend where = backend.backend();
        try (TextToImage opened = TextToImage.open(ModelLocation.resolve(model), where)) {
            double factor = source != null ? source.truncation() : truncation == null ? opened.truncation() : truncation;
            requireDrawable(opened, requests);
            announce(opened, requests, source);
            List<Drawn> drawn = draw(opened, requests, factor, files);
            if (seed == null && source == null) {
                log().println("seed " + requests.getFirst().seed());
            }
            report(opened, files, drawn, (System.nanoTime() - start) / 1e9);
        }
        return ExitCode.DONE;
    }

    private void requireSense() {
        int sources = (prompts.isEmpty() ? 0 : 1) + (promptFile == null ? 0 : 1) + (from == null ? 0 : 1);
        if (sources != 1) {
            throw usage(sources == 0 ? "say what to draw: a PROMPT, --prompts or --from" : "give one of PROMPT, --prompts and --from, not several");
        }
        if (from != null && (seed != null || truncation != null || count != 1)) {
            throw usage("--from repeats a picture with its own seed and truncation; leave out --seed, --truncation and --count");
        }
        if (count < 1 || count > MOST_COUNT) {
            throw usage("--count is " + count + ", must be 1 to " + MOST_COUNT);
        }
        if (truncation != null) {
            try {
                TextToImage.requireTruncation(truncation);
            } catch (BadInputException e) {
                throw usage("--" + e.getMessage());
            }
        }
    }

    /** Before anything is announced: a request that fails says one line only. */
    private void requireDrawable(TextToImage opened, List<Request> requests) {
        try {
            // Each sentence once, so that a refusal counts sentences.
            opened.requireDrawable(IntStream.range(0, requests.size() / count).mapToObj(i -> requests.get(i * count)).toList());
        } catch (BadInputException e) {
            throw from == null ? e : new BadInputException(from + ": by its metadata, " + e.getMessage(), e);
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec().commandLine(), message);
    }

    private List<Request> requests() {
        List<String> sentences = promptFile == null ? prompts : PromptLines.read(promptFile);
        long first = seed != null ? seed : ThreadLocalRandom.current().nextLong(RANDOM_SEEDS);
        long total = (long) sentences.size() * count;
        if (total > MOST_PICTURES) {
            throw usage("--count %d for each of %d prompts makes %d pictures, a run draws at most %d".formatted(count, sentences.size(), total, MOST_PICTURES));
        }
        if (first > Long.MAX_VALUE - (total - 1)) {
            throw usage("--seed %d leaves no numbers for %d pictures, whose seeds count on from it; choose a smaller one".formatted(first, total));
        }
        List<Request> requests = new ArrayList<>();
        for (String sentence : sentences) {
            for (int i = 0; i < count; i++) {
                requests.add(new Request(sentence, first + requests.size()));
            }
        }
        return requests;
    }

    /** Tells on standard error what a person may want to know before the pictures come. */
    private void announce(TextToImage opened, List<Request> requests, Provenance source) {
        if (source != null && !source.model().equals(opened.identity())) {
            log().printf("%s was drawn by the model %s, this is %s: expect another picture%n", from,
                    source.model().isEmpty() ? "(unnamed)" : OneLine.of(source.model(), LONGEST_NAME), opened.identity());
        }
        Set<String> unknown = new LinkedHashSet<>();
        requests.stream().map(Request::prompt).distinct().forEach(prompt -> unknown.addAll(opened.unknownWords(prompt)));
        if (!unknown.isEmpty()) {
            log().printf("never met: %s%s; the model knows %d words, such as %s%n", unknown.stream().limit(MOST_UNKNOWN)
                            .map(word -> "'" + OneLine.of(word, LONGEST_NAME) + "'" + opened.nearestWord(word).map(near -> " (" + near + "?)").orElse(""))
                            .collect(Collectors.joining(", ")),
                    unknown.size() > MOST_UNKNOWN ? " and " + (unknown.size() - MOST_UNKNOWN) + " more words" : "",
                    opened.config().words().size(), String.join(", ", examples(opened.config().words())));
        }
        if (verbose()) {
            log().printf("model %s on %s, %s%n", opened.identity(), opened.backend().name(), opened.backend().description());
        }
    }

    /** A few words from all over the list, not the little ones. */
    private static List<String> examples(List<String> words) {
        List<String> longer = words.stream().filter(word -> word.length() >= EXAMPLE_LETTERS).toList();
        List<String> some = longer.size() < EXAMPLE_WORDS ? words : longer;
        int shown = Math.min(EXAMPLE_WORDS, some.size());
        return IntStream.range(0, shown).mapToObj(i -> some.get((2 * i + 1) * some.size() / (2 * shown))).toList();
    }

    private List<Drawn> draw(TextToImage opened, List<Request> requests, double factor, SampleFiles files) {
        List<Drawn> drawn = new ArrayList<>();
        List<Picture> kept = new ArrayList<>();
        // What is being written when a signal comes shall become whole.
        Interruption.defer();
        try (Progress progress = Progress.of("drawing", requests.size(), "pictures")) {
            opened.draw(requests, factor, (picture, i) -> {
                Interruption.check();
                Request request = requests.get(i);
                Path file = files.picture(i);
                if (files.single()) {
                    Png.write(picture, noMetadata ? Map.of() : Provenance.of(request, factor, opened).toText(), files.ready(file), force);
                }
                if (grid) {
                    kept.add(picture);
                }
                drawn.add(new Drawn(file.toString(), request.prompt(), request.seed(), picture.width(), picture.height()));
                progress.reach(drawn.size());
            });
        }
        if (grid) {
            Png.write(sheet(kept, requests), noMetadata ? Map.of() : sheetText(opened, requests, factor), files.ready(files.sheet()), force);
        }
        return drawn;
    }

    private Picture sheet(List<Picture> pictures, List<Request> requests) {
        boolean several = requests.stream().map(Request::prompt).distinct().count() > 1;
        List<String> captions = requests.stream().map(request -> several ? request.prompt() : "seed " + request.seed()).toList();
        if (!ContactSheet.hasFonts()) {
            log().println("the sheet has no captions: this machine has no fonts (install fontconfig and a font such as DejaVu)");
            captions = List.of();
        }
        int cell = Math.max(SMALLEST_CELL, pictures.getFirst().width());
        return new ContactSheet(several ? count > 1 ? count : 0 : 0, cell).draw(pictures, captions);
    }

    private static Map<String, String> sheetText(TextToImage opened, List<Request> requests, double factor) {
        Map<String, String> text = new LinkedHashMap<>();
        text.put("prompts", requests.stream().map(Request::prompt).distinct().collect(Collectors.joining("\n")));
        text.put("seeds", requests.getFirst().seed() + " to " + requests.getLast().seed());
        text.put("truncation", Double.toString(factor));
        text.put("model", opened.identity());
        text.put("Software", Provenance.program());
        return text;
    }

    private void report(TextToImage opened, SampleFiles files, List<Drawn> drawn, double seconds) {
        if (!json()) {
            if (files.single()) {
                drawn.forEach(picture -> out().println(picture.path));
            }
            if (grid) {
                out().println(files.sheet());
            }
            return;
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("images", drawn);
        if (grid) {
            answer.put("grid", files.sheet().toString());
        }
        answer.put("model", opened.identity());
        answer.put("backend", opened.backend().name());
        answer.put("seconds", Math.round(seconds * 1000) / 1000.0);
        printJson(answer);
    }
}
