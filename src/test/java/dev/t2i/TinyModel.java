package dev.t2i;

import dev.t2i.gan.AdapterSettings;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.TextAdapter;
import dev.t2i.gan.TextCondition;
import dev.t2i.gpt2.BpeTrainer;
import dev.t2i.gpt2.BpeVocabulary;
import dev.t2i.gpt2.Gpt2Config;
import dev.t2i.gpt2.Gpt2Files;
import dev.t2i.gpt2.Gpt2Weights;
import dev.t2i.gpt2.Sentences;
import dev.t2i.graph.Graph;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A whole model folder of random weights, for tests of whatever uses one: pictures mean nothing, but differ with prompt
 * and seed, and everything about them is deterministic.
 *
 * @param embedding width of the encoder
 * @param layers of the encoder
 * @param tokens longest prompt
 * @param channels of the generator, from 4x4 pixels up
 */
public record TinyModel(int embedding, int layers, int tokens, List<Integer> channels, DType stored) {
    /** What its vocabulary was learned from; their words are those that it knows. */
    public static final List<String> CAPTIONS = List.of(
            "a red house under a yellow moon", "two small boats on the blue water", "a green tree beside a white house",
            "a bird above the mountain in the evening", "three pink flowers and a car on the road at night");
    private static final int VOCABULARY = 420;
    private static final int HEADS = 2;

    /** 16 pixels, a 16-wide encoder of one layer, prompts of up to 16 tokens, in F16. */
    public TinyModel() {
        this(16, 1, 16, List.of(12, 8, 6), DType.F16);
    }

    /** Writes {@link #TinyModel()} into a new folder. */
    public static Path write(Path folder) {
        return new TinyModel().writeTo(folder);
    }

    /** Writes it into a new folder, which it returns. */
    public Path writeTo(Path folder) {
        try (Arena arena = Arena.ofConfined()) {
            Path encoder = Files.createDirectories(folder.resolve(ModelFolder.ENCODER));
            BpeVocabulary vocabulary = BpeTrainer.train(CAPTIONS.stream(), VOCABULARY, 1);
            Gpt2Config gpt2 = Gpt2Config.of(vocabulary.size(), tokens + 1, embedding, layers, HEADS);
            Gpt2Files.write(encoder, gpt2, vocabulary, encoderWeights(gpt2, arena), stored);
            ModelConfig config = config();
            ModelFolder.write(folder, config, weights(config, 2 * embedding, arena),
                    name -> name.endsWith("." + TextAdapter.MEAN) || name.endsWith("." + TextAdapter.DEVIATION) ? DType.F32 : stored, "# tiny\n");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ModelConfig config() {
        TreeSet<String> words = new TreeSet<>();
        CAPTIONS.forEach(caption -> words.addAll(Sentences.words(caption)));
        GeneratorSettings generator = new GeneratorSettings(GeneratorSettings.Kind.MAPPED, 8, 12, 1, false, false, List.of(), 0, 1, 8, 0, 16, 0, channels,
                128, 1, 2, 16, 4, 4, 4, 16);
        return new ModelConfig(1, "tiny", 4 << channels.size() - 1, new AdapterSettings(10, 12, tokens), generator, 0, "none", 1, List.copyOf(words));
    }

    private static Map<String, Tensor> encoderWeights(Gpt2Config config, Arena arena) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        Gpt2Weights.shapes(config).forEach((name, shape) ->
                weights.put(name, random(name, shape, name.contains("ln_") && name.endsWith("weight") ? 1 : 0, arena)));
        return weights;
    }

    private static Tensor random(String name, Shape shape, double mean, Arena arena) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        CounterRandom random = new CounterRandom(1, name.hashCode(), 0);
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, mean + 0.1 * random.normal(i));
        }
        return tensor;
    }

    private static Map<String, Tensor> weights(ModelConfig config, int features, Arena arena) {
        Graph graph = new Graph();
        Parameters adapter = Parameters.of(graph, ModelFolder.ADAPTER);
        Parameters generator = Parameters.of(graph, ModelFolder.GENERATOR);
        config.text().build().adapt(adapter, graph.fill(0, Shape.of(1, features)));
        config.buildGenerator().paint(generator, graph.fill(0, Shape.of(1, config.generator().noiseWidth())),
                new TextCondition(graph.fill(0, Shape.of(1, config.text().width())), Optional.empty()));
        Map<String, Tensor> weights = new LinkedHashMap<>();
        Parameters.initialize(adapter.declarations(), 1, arena).forEach((name, tensor) -> weights.put(ModelFolder.ADAPTER + "." + name, tensor));
        Parameters.initialize(generator.declarations(), 1, arena).forEach((name, tensor) -> {
            if (name.contains(".a0.") || name.contains(".a1.")) {
                // Fresh affines hardly listen; here the text should matter.
                tensor.copyFrom(random(name, tensor.shape(), 0, arena));
            }
            weights.put(ModelFolder.GENERATOR + "." + name, tensor);
        });
        Tensor deviation = weights.get(ModelFolder.ADAPTER + "." + TextAdapter.DEVIATION);
        for (long i = 0; i < deviation.size(); i++) {
            deviation.set(i, 0.5);
        }
        return weights;
    }

    /** The configuration of a game on such a model's text side, in YAML, without its schedule. */
    public static String game(Path model) {
        return """
                task: gan
                size: 16
                batch: 4
                text:
                  encoder: %s
                  adapter: {width: 10, hidden_width: 12, tokens: 16}
                generator: {kind: mapped, noise_width: 8, style_width: 12, channels: [12, 8, 6]}
                discriminator: {channels: [6, 8, 12], head_width: 8}
                """.formatted(model);
    }
}
