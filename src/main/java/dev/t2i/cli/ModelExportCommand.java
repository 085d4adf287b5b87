package dev.t2i.cli;

import dev.t2i.error.BadInputException;
import dev.t2i.gan.ModelConversion;
import dev.t2i.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Writes a model folder once more, its weights in the type that is asked for. */
@Command(name = "export", description = {
    "Writes a model folder with its weights in another type.",
    "Pictures are the same from F32 as from what the model was stored in; F16 and BF16 round."})
final class ModelExportCommand extends T2iCommand {

    /** The folder that a run leaves its model in. */
    private static final String OF_RUN = "model";

    @Parameters(paramLabel = "DIR", description = "A model folder, a run folder, or 'default' for the model that ships.")
    private String source;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder to make; it appears when it is complete.")
    private Path out;

    @Option(names = "--type", paramLabel = "TYPE", defaultValue = "f16", converter = TypeConverter.class,
            description = "f16, bf16 or f32. Default: ${DEFAULT-VALUE}")
    private DType type;

    @Option(names = "--force", description = "Replace the files of a folder that is not empty.")
    private boolean force;

    /** The answer of {@code --json}. */
    record Exported(String path, String type, long bytes) {
    }

    static final class TypeConverter implements ITypeConverter<DType> {

        private static final List<DType> TYPES = List.of(DType.F16, DType.BF16, DType.F32);

        @Override
        public DType convert(String value) {
            return TYPES.stream().filter(type -> type.name().equals(value.toUpperCase(Locale.ROOT))).findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + value + "' is none of f16, bf16, f32"));
        }
    }

    @Override
    public Integer call() throws IOException {
        Path model = ModelLocation.resolve(source);
        if (!Files.exists(model.resolve("encoder")) && Files.isDirectory(model.resolve(OF_RUN))) {
            model = model.resolve(OF_RUN);
        }
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new BadInputException(out + ": is a file; name a folder");
        }
        requireFree(out, force);
        Places.requireFolder(out);
        Interruption.defer();
        ModelConversion.convert(model, out, type);
        long bytes = 0;
        try (Stream<Path> files = Files.walk(out)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
        }
        if (json()) {
            printJson(new Exported(out.toString(), type.name(), bytes));
        } else {
            out().printf("%s: %s, %.1f MB%n", out, type, bytes / 1e6);
        }
        return ExitCode.DONE;
    }
}
