package dev.t2i.train;

import dev.t2i.config.Settings;
import dev.t2i.gan.ImageEncoder;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One of the small trainings that {@code gan_golden.py} or {@code systems_golden.py} ran in PyTorch: the same settings here, and the
 * tensors that it wrote: {@code in} for each step, {@code initial} states, {@code said} figures, {@code final} states.
 */
record GoldenCase(String name, GanSettings settings, Optional<Matcher> guide, SafetensorsFile tensors) {
    private static final SafetensorsFile FILE = open("gan");
    private static final String WORDS = "words";
    private static final String MASK = "mask";
    private static final String WRONG = "wrong_";

    private static final String YARDSTICK = """
            task: gan
            size: 16
            batch: 5
            schedule: {samples: 50}
            text: {adapter: {width: 8, hidden_width: 10}}
            generator: {kind: df_gan, noise_width: 8, affine_width: 9, channels: [10, 10, 6]}
            discriminator: {head_width: 8, channels: [6, 8, 10]}
            loss: {one_wrong: 0, penalty: matching_aware, penalty_weight: 2, penalty_interval: 1}
            optimizer: {generator_rate: 0.0001, discriminator_rate: 0.0004, beta1: 0, beta2: 0.9, warmup: 0}
            average: {half_life: 40, ramp: 0.5}
            """;
    private static final String MAPPED = """
            task: gan
            size: 16
            batch: 8
            schedule: {samples: 80}
            text: {adapter: {width: 8, hidden_width: 10}}
            generator: {noise_width: 6, style_width: 7, channels: [12, 8, 8]}
            discriminator: {head_width: 8, batch_deviation: true, channels: [6, 10, 10]}
            loss: {one_wrong: 0.5, penalty_weight: 0.2, penalty_interval: 2, matching: 0.3, matching_sharpness: 10}
            optimizer: {generator_rate: 0.0002, discriminator_rate: 0.0004, beta1: 0, beta2: 0.99, warmup: 0}
            average: {half_life: 40, ramp: 0.5}
            """;
    private static final Matcher GUIDE = new Matcher.OfSentences(new ImageEncoder(8, List.of(6, 8, 8)), 10);

    static final GoldenCase YARDSTICK_CASE = of("yardstick", YARDSTICK, Optional.empty());
    static final GoldenCase MAPPED_CASE = of("mapped", MAPPED, Optional.of(GUIDE));
    static final GoldenCase JOINT_CASE = of("joint", MAPPED, Optional.of(GUIDE), "text.train=adapter", "text.learning_rate=0.0003",
            "critic_iterations=2", "loss.adversarial=nonsaturating", "loss.one_wrong=0.25", "optimizer.beta1=0.5");
    static final GoldenCase REDRAWN_CASE = of("redrawn", MAPPED, Optional.empty(), "loss.matching=0", "generator.noise_width=16", "generator.spatial_noise=true", "generator.coordinates=true", "generator.attention=[8]", "generator.style_layers=2",
            "reconstruction.weight=10", "reconstruction.channels=[6, 8, 8]");

    static List<GoldenCase> all() {
        return List.of(YARDSTICK_CASE, MAPPED_CASE, JOINT_CASE, REDRAWN_CASE);
    }

    private static GoldenCase of(String name, String yaml, Optional<Matcher> guide, String... overrides) {
        return new GoldenCase(name, Settings.parse(yaml, name, GanSettings.class, List.of(overrides)), guide, FILE);
    }

    static SafetensorsFile open(String file) {
        try (InputStream in = GoldenCase.class.getResourceAsStream("/train/" + file + ".safetensors")) {
            return SafetensorsFile.read(in, file + ".safetensors", Arena.ofAuto());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SafetensorsFile file() {
        return FILE;
    }

    /** The same with other settings. */
    GoldenCase with(String... overrides) {
        return new GoldenCase(name, Settings.parse(Settings.toYaml(settings), name, GanSettings.class, List.of(overrides)), guide, tensors);
    }

    GanProgram program() {
        return new GanProgram(settings, new GivenFeatures(name, tensors), guide);
    }

    private record GivenFeatures(String golden, SafetensorsFile tensors) implements GanProgram.TextInput {
        /** Of one step. */
        private Shape shape(String input) {
            return tensors.tensor(golden + "/in/" + input).shape().without(0);
        }

        @Override
        public Value pooled(Graph graph, String name, int rows) {
            return graph.input(name, DType.F32, shape("features"));
        }

        @Override
        public TextCondition.Words words(Graph graph, String name, int rows) {
            String prefix = name.equals(GanProgram.WRONG_CAPTIONS) ? WRONG : "";
            Value states = graph.input(prefix + WORDS, DType.F32, shape(WORDS));
            return new TextCondition.Words(states, states, graph.input(prefix + MASK, DType.F32, shape(MASK)));
        }

        @Override
        public Optional<Parameters> trained(Graph graph) {
            return Optional.empty();
        }
    }

    int steps() {
        return tensors.tensor(name + "/in/noise_keys").shape().dim(0);
    }

    boolean penalized(int step) {
        return step % settings.loss().penaltyInterval() == 0;
    }

    boolean drawing(int step) {
        return (step + 1) % settings.criticIterations() == 0;
    }

    /** All states as the training starts, Adam's moments and the average included. */
    Map<String, Tensor> initialStates() {
        Map<String, Tensor> states = new LinkedHashMap<>();
        String prefix = name + "/initial/";
        for (String tensor : tensors.names()) {
            if (tensor.startsWith(prefix)) {
                String state = tensor.substring(prefix.length());
                states.put(state, tensors.tensor(tensor));
            }
        }
        Map<String, Tensor> more = new LinkedHashMap<>();
        // All three optimizers have the same betas, and so the same moments.
        Adam adam = program().generatorAdam();
        states.forEach((state, tensor) -> {
            String network = state.substring(0, state.indexOf('/'));
            if (network.equals(GanProgram.GENERATOR)) {
                more.put(GanProgram.AVERAGE + state.substring(network.length()), tensor);
            }
            if (network.equals(GanProgram.ADAPTER) && settings.averagesText()) {
                more.put(GanProgram.AVERAGED_ADAPTER + state.substring(network.length()), tensor);
            }
            if (!network.equals(GanProgram.MATCHING)) {
                Tensor zeros = Tensor.allocate(Arena.ofAuto(), DType.F32, tensor.shape());
                adam.momentNames(state).forEach(moment -> more.put(moment, zeros));
            }
        });
        states.putAll(more);
        return states;
    }

    /** What step {@code step} (from 0) of {@code graph} is given. */
    Map<String, Tensor> inputs(int step, GanProgram program, Graph graph) {
        Arena arena = Arena.ofAuto();
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(GanProgram.PICTURES, row("pictures", step));
        inputs.put(GanProgram.CAPTIONS, row("features", step));
        if (graph.inputs().containsKey(GanProgram.WRONG_CAPTIONS)) {
            inputs.put(GanProgram.WRONG_CAPTIONS, row("wrong_features", step));
        }
        for (String more : List.of(GanProgram.PENALTY_KEYS, WORDS, MASK, WRONG + WORDS, WRONG + MASK, SameCaptions.INPUT)) {
            if (graph.inputs().containsKey(more)) {
                inputs.put(more, row(more, step));
            }
        }
        inputs.put(GanProgram.NOISE_KEYS, row("noise_keys", step));
        inputs.put(GanProgram.AVERAGE_DECAY, Tensor.of(arena, Shape.SCALAR,
                (float) settings.average().decay(step, settings.batch(), settings.criticIterations())));
        long generatorUpdate = step / settings.criticIterations() + 1;
        feed(program.discriminatorAdam(), step + 1, settings.optimizer().discriminatorRate(), inputs, arena);
        feed(program.generatorAdam(), generatorUpdate, settings.optimizer().generatorRate(), inputs, arena);
        feed(program.textAdam(), generatorUpdate, settings.text().learningRate(), inputs, arena);
        inputs.keySet().retainAll(graph.inputs().keySet());
        return inputs;
    }

    private static void feed(Adam adam, long update, double rate, Map<String, Tensor> inputs, Arena arena) {
        adam.allocateInputs(inputs, arena);
        adam.feed(inputs, update, rate);
    }

    private Tensor row(String input, int step) {
        Tensor all = tensors.tensor(name + "/in/" + input);
        long bytes = all.segment().byteSize() / all.shape().dim(0);
        Tensor row = Tensor.allocate(Arena.ofAuto(), all.dtype(), all.shape().without(0));
        row.segment().copyFrom(all.segment().asSlice(step * bytes, bytes));
        return row;
    }

    /** The figures that a step has. */
    Set<String> figures(int step) {
        String prefix = name + "/said/";
        return tensors.names().stream().filter(tensor -> tensor.startsWith(prefix)).map(tensor -> tensor.substring(prefix.length()))
                .filter(figure -> !Double.isNaN(said(figure, step))).collect(Collectors.toSet());
    }

    /** A figure of a step as PyTorch has it. */
    double said(String figure, int step) {
        return tensors.tensor(name + "/said/" + figure).getDouble(step);
    }

    /** States at PyTorch's end. */
    Map<String, Tensor> finalStates() {
        Map<String, Tensor> states = new LinkedHashMap<>();
        String prefix = name + "/final/";
        tensors.names().stream().filter(tensor -> tensor.startsWith(prefix))
                .forEach(tensor -> states.put(tensor.substring(prefix.length()), tensors.tensor(tensor)));
        return states;
    }

    @Override
    public String toString() {
        return name;
    }
}
