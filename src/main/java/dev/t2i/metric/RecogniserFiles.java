package dev.t2i.metric;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.graph.Graph;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.ModelJson;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A recogniser on disk: {@code config.json} and {@code model.safetensors} in half precision. The one that ships is in the jar. */
final class RecogniserFiles {
    private static final String CARD = "README.md";
    private static final String CONFIG = "config.json";
    private static final String SHIPPED = "/weights/recogniser/";
    private static final long LONGEST = 1 << 16;

    /**
     * {@code config.json}.
     *
     * @param format version of this layout
     * @param name which feature network a distance was measured with
     * @param samples lessons that it was trained on
     * @param seed of that training
     */
    record Config(@Range(min = 1, max = 1) @Default("1") int format, String name, RecogniserShape network,
            @Range(min = 0) long samples, long seed) {}

    /** A configuration with the weights that fit it, valid as long as the arena they were opened with. */
    record Opened(Config config, Weights weights) {}

    private RecogniserFiles() {}

    static void write(Path folder, Config config, Map<String, Tensor> weights) {
        AtomicFile.write(folder.resolve(CONFIG), Settings.toTree(config).toPrettyString() + "\n");
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt").metadata("model", config.name());
        weights.forEach((name, tensor) -> writer.add(name, tensor, DType.F16));
        writer.write(folder.resolve(Weights.SINGLE));
    }

    /** Writes the model card. */
    static void writeCard(Path folder, String name, RecogniserSettings settings, long samples, RecogniserExam exam) {
        AtomicFile.write(folder.resolve(CARD), """
                # %s

                A convolutional network that reads a %dx%d picture of a captioned scene and names time of day, ground, and each thing
                with its colour, size and place. `t2i eval` measures obedience with it. It measures and never trains: nothing
                of it reaches the loss of a generator. It has learnt to keep quiet about things that are blurred, smeared, partly erased,
                half something else, mere spots of the right colour, or ghosts.

                Trained with t2i itself on %d rendered scenes, most of them damaged:

                    t2i train --config configs/recogniser-64.yaml --data scenes: --out RUN

                Figures on renders of seeds that it was not trained on, of half-precision weights as they are here:

                %s""".formatted(name, settings.network().size(), settings.network().size(), samples, exam.toMarkdown()));
    }

    /** @throws BadModelException in one line */
    static Opened open(Path folder, Arena arena) {
        Path file = folder.resolve(CONFIG);
        Config config = config(ModelJson.readObject(file, LONGEST), file.toString());
        return checked(config, SafetensorsFile.open(folder.resolve(Weights.SINGLE), arena));
    }

    /** @throws BadModelException if this build has no recogniser inside */
    static Opened shipped(Arena arena) {
        try (InputStream config = RecogniserFiles.class.getResourceAsStream(SHIPPED + CONFIG);
                InputStream weights = RecogniserFiles.class.getResourceAsStream(SHIPPED + Weights.SINGLE)) {
            if (config == null || weights == null) {
                throw new BadModelException("this build has no recogniser inside; build it with weights/recogniser, or name a recogniser's folder");
            }
            return checked(config(new ObjectMapper().readTree(config), "recogniser/" + CONFIG),
                    SafetensorsFile.read(weights, "recogniser/" + Weights.SINGLE, arena));
        } catch (IOException e) {
            throw new BadModelException("the recogniser inside this build cannot be read, " + e.getMessage(), e);
        }
    }

    private static Config config(JsonNode tree, String source) {
        try {
            return Settings.fromTree(tree, source, Config.class);
        } catch (BadInputException e) {
            throw new BadModelException(e.getMessage(), e);
        }
    }

    private static Opened checked(Config config, Weights weights) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        declarations(config.network()).forEach(declaration -> shapes.put(declaration.name(), declaration.shape()));
        weights.requireWeights(shapes, _ -> false);
        return new Opened(config, weights);
    }

    static List<Parameters.Declaration> declarations(RecogniserShape shape) {
        Graph graph = new Graph();
        Parameters parameters = Parameters.of(graph, Recogniser.NETWORK);
        new RecogniserNetwork(shape).read(parameters, graph.fill(0, Shape.of(1, shape.size(), shape.size(), 3)));
        return parameters.declarations();
    }
}
