package dev.t2i.cli;

import dev.t2i.data.DataSpec;
import dev.t2i.data.PackWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Decodes and resizes a data set once, so that training need not do it again and again. */
@Command(name = "pack", description = {
    "Packs a data set into one file of pictures at the size of a training, with all captions.",
    "Training reads it with --data pack:FILE, without decoding anything. It is a safetensors file; docs/pictures.md says what is inside."})
final class DataPackCommand extends T2iCommand {

    private static final int MOST_THREADS = 1024;

    @Parameters(paramLabel = "SPEC", description = "The data set, as for train --data; all its splits unless ?split= names some. For scenes say how many: scenes:?count=10000")
    private String data;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The file to write; it appears when it is complete.")
    private Path out;

    @Option(names = "--size", paramLabel = "S", required = true,
            description = "Side of the pictures in pixels: the training's, or where it crops at random ('augment.crop'), 76/64 of that.")
    private int size;

    @Option(names = "--licence", paramLabel = "TEXT", defaultValue = "", description = "What the file is to say of the right to use these pictures.")
    private String licence;

    @Option(names = "--threads", paramLabel = "N", description = "How many pictures are decoded at a time. Default: one for each processor")
    private Integer threads;

    @Option(names = "--force", description = "Replace the file if it exists.")
    private boolean force;

    /** The answer of {@code --json}. */
    record Packed(String path, String data, int size, long pictures, long captions, long bytes, long skipped) {
    }

    @Override
    public Integer call() {
        int decoders = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        require("--size", size, PackWriter.MIN_SIZE, PackWriter.MAX_SIZE);
        require("--threads", decoders, 1, MOST_THREADS);
        Interruption.defer();
        DataSpec spec = DataSpec.parse(data);
        PackWriter.Result result;
        try (Progress progress = Progress.of("packing", Progress.UNKNOWN, "pictures")) {
            result = PackWriter.write(spec, out, new PackWriter.Options(size, licence, force, decoders), done -> {
                Interruption.check();
                progress.reach(done);
            });
        }
        if (result.skipped() > 0) {
            log().printf("%d %s left out; the first: %s%n", result.skipped(), result.skipped() == 1 ? "picture at fault was" : "pictures at fault were", result.firstFault());
        }
        if (json()) {
            printJson(new Packed(out.toString(), spec.toString(), size, result.pictures(), result.captions(), result.bytes(), result.skipped()));
        } else {
            out().printf(Locale.ROOT, "%s: %,d pictures of %d x %d pixels, %,d captions, %.1f MB%n", out, result.pictures(), size, size,
                    result.captions(), result.bytes() / 1e6);
        }
        return ExitCode.DONE;
    }

    private void require(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(spec().commandLine(), "%s is %d, must be %d to %d".formatted(option, value, least, most));
        }
    }
}
