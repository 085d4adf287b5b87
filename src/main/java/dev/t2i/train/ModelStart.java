package dev.t2i.train;

import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelFolder;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A text-to-image model whose networks a training starts from, rather than from random weights. The generator may have
 * grown since: parameters that the folder lacks begin as they would in a new network, and
 * what it has beside is left alone. What both have must agree in shape.
 */
public final class ModelStart {
    private final Path folder;

    private ModelStart(Path folder) {
        this.folder = folder;
    }

    /** @throws BadModelException when the folder is no text-to-image model */
    public static ModelStart open(Path folder) {
        ModelFolder.requireModel(folder);
        return new ModelStart(folder);
    }

    Map<String, Tensor> generator(List<Parameters.Declaration> declarations, long seed, Arena arena) {
        Path file = folder.resolve(Weights.SINGLE);
        List<Parameters.Declaration> known;
        try (Arena reading = Arena.ofShared()) {
            Weights weights = Weights.open(file, reading);
            known = declarations.stream().filter(d -> weights.names().contains(ModelFolder.GENERATOR + "." + d.name())).toList();
        }
        Map<String, Tensor> values = Parameters.initialize(declarations, seed, arena);
        values.putAll(TextSource.tensors(file, ModelFolder.GENERATOR, known, _ -> true, arena));
        return values;
    }

    Map<String, Tensor> posterior(List<Parameters.Declaration> declarations, Arena arena) {
        Path file = folder.resolve(ModelFolder.companion(ModelFolder.POSTERIOR));
        if (!Files.exists(file)) {
            throw new BadInputException(file + ": there is no such file; start from a model that an autoencoder's training made, or set reconstruction.weight=0");
        }
        return TextSource.tensors(file, ModelFolder.POSTERIOR, declarations, arena);
    }
}
