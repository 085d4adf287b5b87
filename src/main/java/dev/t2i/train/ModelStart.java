package dev.t2i.train;

import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A text-to-image model whose networks a training starts from, rather than from random weights. */
public final class ModelStart {
    private final Path folder;
    private final ModelConfig config;

    private ModelStart(Path folder, ModelConfig config) {
        this.folder = folder;
        this.config = config;
    }

    /** @throws BadModelException when the folder is no text-to-image model */
    public static ModelStart open(Path folder) {
        ModelFolder.requireModel(folder);
        return new ModelStart(folder, ModelConfig.read(folder));
    }

    /** Refuses a generator that has another shape than the folder's. */
    void require(GeneratorSettings generator) {
        if (!config.generator().equals(generator)) {
            throw new BadInputException("%s: its generator is %s, the configuration says %s; make generator agree, or leave out start"
                    .formatted(folder, config.generator(), generator));
        }
    }

    Map<String, Tensor> generator(List<Parameters.Declaration> declarations, Arena arena) {
        return TextSource.tensors(folder.resolve(Weights.SINGLE), ModelFolder.GENERATOR, declarations, arena);
    }

    Map<String, Tensor> posterior(List<Parameters.Declaration> declarations, Arena arena) {
        Path file = folder.resolve(ModelFolder.companion(ModelFolder.POSTERIOR));
        if (!Files.exists(file)) {
            throw new BadInputException(file + ": there is no such file; start from a model that an autoencoder's training made, or set reconstruction.weight=0");
        }
        return TextSource.tensors(file, ModelFolder.POSTERIOR, declarations, arena);
    }
}
