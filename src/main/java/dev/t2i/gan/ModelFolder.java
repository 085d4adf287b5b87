package dev.t2i.gan;

import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A text-to-image model on disk: {@code config.json}, {@code model.safetensors} with {@code generator.*} and
 * {@code adapter.*}, the encoder's folder {@code encoder/} (a GPT-2 that transformers can load, or a recurrent one), a model card {@code README.md}, and perhaps
 * {@link #COMPANIONS} in files of their own.
 */
public final class ModelFolder {
    public static final String GENERATOR = "generator";
    public static final String ADAPTER = "adapter";
    public static final String ENCODER = "encoder";
    public static final String DISCRIMINATOR = "discriminator";
    public static final String POSTERIOR = "posterior";
    public static final String CARD = "README.md";
    /** Networks that drawing does not need but a further training can start from. */
    public static final List<String> COMPANIONS = List.of(DISCRIMINATOR, POSTERIOR);

    private ModelFolder() {}

    /** File of one of {@link #COMPANIONS}; its tensors are named {@code part.parameter}. */
    public static String companion(String part) {
        return part + ".safetensors";
    }

    /**
     * The GPT-2 of a model folder.
     *
     * @throws BadModelException when its encoder is another network
     */
    public static Gpt2Files gpt2(Path folder) {
        return Gpt2Files.open(folder.resolve(ENCODER));
    }

    /** The encoder of a model folder. */
    public static CaptionEncoder encoder(Path folder) {
        return CaptionEncoder.open(folder.resolve(ENCODER));
    }

    /** What a model's own tensors are, by name, behind {@code generator.} and {@code adapter.}, for that encoder. */
    public static Map<String, Parameters.Declaration> declarations(ModelConfig config, CaptionEncoder encoder) {
        Map<String, Parameters.Declaration> declarations = new LinkedHashMap<>();
        Graph graph = new Graph();
        Parameters generator = Parameters.of(graph, GENERATOR);
        Parameters adapter = Parameters.of(graph, ADAPTER);
        config.text().build().adapt(adapter, graph.fill(0, Shape.of(1, config.text().heard(encoder).pooledWidth())));
        Generator network = config.buildGenerator();
        Value latent = graph.fill(0, Shape.of(1, network.latentWidth()));
        TextCondition text = new TextCondition(graph.fill(0, Shape.of(1, config.text().width())), Optional.of(new TextCondition.Words(
                graph.fill(0, Shape.of(1, 1, encoder.stateWidth())), graph.fill(0, Shape.of(1, 1, encoder.embeddingWidth())), graph.fill(1, Shape.of(1, 1)))));
        network.paint(generator, latent, text);
        network.prior().ifPresent(prior -> prior.logDensity(generator.at(Generator.PRIOR), latent, text));
        generator.declarations().forEach(d -> declarations.put(GENERATOR + "." + d.name(), d));
        adapter.declarations().forEach(d -> declarations.put(ADAPTER + "." + d.name(), d));
        return declarations;
    }

    /** In which type to store a tensor where parameters are stored as {@code stored}: statistics may outgrow half precision. */
    public static DType stored(Parameters.Declaration declaration, DType stored) {
        return declaration.kind() == Parameters.Kind.BUFFER ? DType.F32 : stored;
    }

    /** The same for a tensor by the name that it has in a model: what an adapter has beside what it learns is statistics. */
    public static DType stored(String name, Parameters.Declaration declaration, DType stored) {
        return name.startsWith(ADAPTER + ".") && !declaration.learned() ? DType.F32 : stored(declaration, stored);
    }

    /** Opens {@code model.safetensors} and checks it against the configuration. */
    public static Weights weights(Path folder, ModelConfig config, CaptionEncoder encoder, Arena arena) {
        Weights weights = SafetensorsFile.open(folder.resolve(Weights.SINGLE), arena);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        declarations(config, encoder).forEach((name, declaration) -> shapes.put(name, declaration.shape()));
        weights.requireWeights(shapes, _ -> false);
        return weights;
    }

    /**
     * Writes into the existing folder.
     *
     * @param tensors by the names that {@link #declarations} gives
     * @param types says in which type to store each, see {@link #stored}
     */
    public static void write(Path folder, ModelConfig config, Map<String, Tensor> tensors, Function<String, DType> types, String card) {
        config.write(folder);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt").metadata("model", config.name());
        tensors.forEach((name, tensor) -> writer.add(name, tensor, types.apply(name)));
        writer.write(folder.resolve(Weights.SINGLE));
        AtomicFile.write(folder.resolve(CARD), card);
    }

    /** Copies the files of an encoder's folder as they are. */
    public static void copyEncoder(Path source, Path target) {
        try {
            Files.createDirectories(target);
            List<Path> files;
            try (Stream<Path> listed = Files.list(source)) {
                files = listed.filter(Files::isRegularFile).sorted().toList();
            }
            for (Path file : files) {
                AtomicFile.copy(file, target.resolve(file.getFileName().toString()));
            }
        } catch (IOException e) {
            throw new BadInputException(target + ": the encoder cannot be copied from " + source + ", " + e.getMessage(), e);
        }
    }

    /** Refuses a folder that is no model folder, with a hint at what it may be instead. */
    public static void requireModel(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new BadModelException(folder + ": there is no such model folder");
        }
        if (!Files.isDirectory(folder.resolve(ENCODER))) {
            throw new BadModelException(folder + ": has no encoder/ inside, so it is not a text-to-image model; "
                    + (Files.exists(folder.resolve("vocab.json")) ? "it looks like a GPT-2 folder"
                    : Files.isDirectory(folder.resolve("model")) ? "it looks like a run folder, name the model/ inside" : "name the folder that holds config.json, model.safetensors and encoder/"));
        }
    }
}
