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
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A text-to-image model whose networks a training starts from, rather than from random weights. The generator may have
 * grown since: parameters that the folder lacks begin as they would in a new network. What both have must agree in shape.
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

    /** Refuses a model whose generator has parameters that {@code declarations}, those of the whole new one, would leave out. */
    void requireNoMore(List<Parameters.Declaration> declarations) {
        Path file = folder.resolve(Weights.SINGLE);
        Set<String> wanted = declarations.stream().map(d -> ModelFolder.GENERATOR + "." + d.name()).collect(Collectors.toSet());
        try (Arena reading = Arena.ofShared()) {
            List<String> more = Weights.open(file, reading).names().stream()
                    .filter(name -> name.startsWith(ModelFolder.GENERATOR + ".") && !wanted.contains(name)).sorted().toList();
            if (!more.isEmpty()) {
                throw new BadModelException("%s: has '%s'%s, which the generator of the configuration lacks; make the settings under generator agree with the start's config.json"
                        .formatted(file, more.getFirst(), more.size() == 1 ? "" : " and %d more".formatted(more.size() - 1)));
            }
        }
    }

    /** First values of those parameters, which may be a part of the generator. */
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
