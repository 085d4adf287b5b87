package dev.t2i.cli;

import dev.t2i.data.SceneExport;
import dev.t2i.data.scene.SceneRenderer;
import dev.t2i.data.scene.SceneSampler.Split;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Renders captioned scenes into a folder that other programs read, too. */
@Command(name = "scenes", description = {
    "Renders small landscapes with captions into a folder.",
    "It holds PNG files and a metadata.jsonl with file names, captions and attributes. The same seed gives the same files."})
final class DataScenesCommand extends T2iCommand {

    private static final long MOST_COUNT = 10_000_000;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder to make; it appears when it is complete.")
    private Path out;

    @Option(names = "--count", paramLabel = "N", defaultValue = "1000", description = "How many pictures. Default: ${DEFAULT-VALUE}")
    private long count;

    @Option(names = "--size", paramLabel = "S", defaultValue = "64", description = "Their side in pixels. Default: ${DEFAULT-VALUE}")
    private int size;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Which scenes. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--split", paramLabel = "SPLIT", defaultValue = "train",
            description = "train, test (unseen scenes) or heldout (compositions that never occur in training). Default: ${DEFAULT-VALUE}")
    private Split split;

    @Option(names = "--force", description = "Replace an earlier export.")
    private boolean force;

    /** The answer of {@code --json}. */
    record Made(String path, long count, int size, long seed, String split) {
    }

    private void requireSense() {
        if (count < 1 || count > MOST_COUNT) {
            throw usage("--count is %d, must be 1 to %d; for more train on scenes: itself, which renders as it goes".formatted(count, MOST_COUNT));
        }
        if (size < SceneRenderer.MIN_SIZE || size > SceneRenderer.MAX_SIZE) {
            throw usage("--size is %d, must be %d to %d".formatted(size, SceneRenderer.MIN_SIZE, SceneRenderer.MAX_SIZE));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec().commandLine(), message);
    }

    @Override
    public Integer call() {
        requireSense();
        Interruption.defer();
        try (Progress progress = Progress.of("rendering", count, "pictures")) {
            SceneExport.write(out, count, size, seed, split, force, done -> {
                Interruption.check();
                progress.reach(done);
            });
        }
        if (json()) {
            printJson(new Made(out.toString(), count, size, seed, split.name().toLowerCase(Locale.ROOT)));
        } else {
            out().printf("%s: %d scenes of %d x %d pixels, seed %d, split %s%n", out, count, size, size, seed,
                    split.name().toLowerCase(Locale.ROOT));
        }
        return ExitCode.DONE;
    }
}
