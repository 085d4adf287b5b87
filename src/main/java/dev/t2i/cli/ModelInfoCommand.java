package dev.t2i.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelFolder;
import dev.t2i.safetensors.ModelJson;
import dev.t2i.safetensors.TensorInfo;
import dev.t2i.safetensors.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what a model folder holds without loading it: only the headers of its files are read. */
@Command(name = "info", description = "Shows a model folder: its parts with their sizes, and its settings.")
final class ModelInfoCommand extends T2iCommand {

    private static final long LONGEST_CONFIG = 1 << 20;

    @Parameters(paramLabel = "DIR", description = "A model folder (config.json, model.safetensors, perhaps more), or 'default' for the model that ships.")
    private String model;

    /** The answer of {@code --json}. */
    record Info(String path, List<Part> parts, JsonNode config) {
    }

    /** One file, or set of shards, of weights. */
    record Part(String name, long parameters, int tensors, List<String> types, long bytes) {
    }

    @Override
    public Integer call() {
        Path folder = ModelLocation.resolve(model);
        if (!Files.isDirectory(folder)) {
            throw new BadModelException(folder + ": there is no such folder; a model is a folder with config.json and "
                    + Weights.SINGLE);
        }
        JsonNode config = ModelJson.readObject(folder.resolve("config.json"), LONGEST_CONFIG);
        List<Part> parts = new ArrayList<>();
        Path encoder = folder.resolve("encoder");
        parts.add(part(Files.exists(encoder) ? "generator" : "weights", folder));
        for (String companion : ModelFolder.COMPANIONS) {
            Path file = folder.resolve(ModelFolder.companion(companion));
            if (Files.exists(file)) {
                parts.add(part(companion, file));
            }
        }
        if (Files.exists(encoder)) {
            parts.add(part("encoder", encoder));
        }
        if (json()) {
            printJson(new Info(model, parts, config));
            return ExitCode.DONE;
        }
        out().println(model);
        for (Part part : parts) {
            out().printf("  %-14s %,13d parameters in %d tensors, %s, %.1f MB%n", part.name, part.parameters, part.tensors,
                    String.join(" and ", part.types), part.bytes / 1e6);
        }
        out().println();
        out().println("config.json");
        out().println(config.toPrettyString());
        return ExitCode.DONE;
    }

    private static Part part(String name, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(path, arena);
            long parameters = 0;
            long bytes = 0;
            TreeSet<String> types = new TreeSet<>();
            for (String tensor : weights.names()) {
                TensorInfo info = weights.info(tensor);
                parameters += info.dims().stream().reduce(1L, (a, b) -> a * b);
                bytes += info.bytes();
                types.add(info.type().name());
            }
            return new Part(name, parameters, weights.names().size(), List.copyOf(types), bytes);
        }
    }
}
