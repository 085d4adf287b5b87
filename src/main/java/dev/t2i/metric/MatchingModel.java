package dev.t2i.metric;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.MatchingConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.ShippedFolder;
import dev.t2i.gpt2.Sentences;
import dev.t2i.gpt2.TokenBatch;
import dev.t2i.gpt2.Tokenizer;
import dev.t2i.graph.Graph;
import dev.t2i.image.Picture;
import dev.t2i.image.Resize;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.text.CaptionFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The matching model that R-precision is measured with: it gives sentences and pictures vectors that are near each other where they fit.
 * It must not be the one that a generator was trained with, which would find what it has itself taught ({@link #sharesWeightsWith}).
 *
 * <p>An instance belongs to one thread; closing it frees its memory.
 */
public final class MatchingModel implements AutoCloseable {
    private static final String SHIPPED = "/weights/evaluator/config.json";
    private static final String NAME = "model";
    private static final String WORDS = MatchingConfig.IMAGE + ".words.";
    private static final int BATCH = 32;

    private final String name;
    private final Path folder;
    private final MatchingConfig config;
    private final Tokenizer tokenizer;
    private final int endOfText;
    private final Arena arena = Arena.ofShared();
    private final Session session;
    private final Executable reading;
    private final Executable looking;
    private final TokenBatch tokens;
    private final Tensor pictures;

    private MatchingModel(Path folder, Backend backend) {
        this.folder = folder;
        this.config = MatchingConfig.read(folder);
        CaptionEncoder encoder = config.text().heard(ModelFolder.encoder(folder));
        config.text().requireFits(folder + ": text", encoder);
        this.tokenizer = encoder.tokenizer();
        this.endOfText = encoder.endOfText();
        Graph text = new Graph();
        Parameters language = Parameters.of(text, ModelFolder.ENCODER);
        Parameters adapter = Parameters.of(text, ModelFolder.ADAPTER);
        Shape framed = Shape.of(BATCH, config.text().tokens() + 1);
        CaptionFeatures features = encoder.trace(language, text.input("ids", DType.I32, framed), text.input("mask", DType.F32, framed));
        text.output("vectors", config.text().build().adapt(adapter, features.pooled()));
        Graph sight = new Graph();
        Parameters image = Parameters.of(sight, MatchingConfig.IMAGE);
        sight.output("vectors", config.buildMatcher(1).look(image, sight.input("pictures", DType.F32, Shape.of(BATCH, config.size(), config.size(), 3))).wholes());
        this.session = backend.open();
        try (Arena files = Arena.ofShared()) {
            Weights weights = SafetensorsFile.open(folder.resolve(Weights.SINGLE), files);
            this.name = weights.metadata().getOrDefault(NAME, "unnamed");
            Map<String, Shape> shapes = new LinkedHashMap<>();
            adapter.declarations().forEach(d -> shapes.put(ModelFolder.ADAPTER + "." + d.name(), d.shape()));
            image.declarations().forEach(d -> shapes.put(MatchingConfig.IMAGE + "." + d.name(), d.shape()));
            // What brings words beside regions is for training; published R-precision compares wholes.
            weights.requireWeights(shapes, tensor -> config.damsm().isPresent() && tensor.startsWith(WORDS));
            put(language, encoder.weights(files));
            put(adapter, parameter -> weights.tensor(ModelFolder.ADAPTER + "." + parameter));
            put(image, parameter -> weights.tensor(MatchingConfig.IMAGE + "." + parameter));
        }
        this.reading = session.compile(text);
        this.looking = session.compile(sight);
        this.tokens = TokenBatch.allocate(arena, BATCH, config.text().tokens() + 1);
        this.pictures = Tensor.allocate(arena, DType.F32, Shape.of(BATCH, config.size(), config.size(), 3));
    }

    private void put(Parameters place, Function<String, Tensor> stored) {
        for (Parameters.Declaration declaration : place.declarations()) {
            Tensor wide = Tensor.allocate(arena, DType.F32, declaration.shape());
            wide.copyFrom(stored.apply(declaration.name()));
            session.lend(place.stateName(declaration.name()), wide);
        }
    }

    /**
     * The one that ships with the program; it knows the captioned scenes.
     *
     * @throws BadModelException when this build was packed without it
     */
    public static MatchingModel shipped(Backend backend) {
        return new MatchingModel(ShippedFolder.of(SHIPPED).orElseThrow(() -> new BadModelException(
                "this build has no evaluator inside; build it with weights/evaluator, or name a matching model")), backend);
    }

    /**
     * Opens the folder that a training of {@code task: matching} exported.
     *
     * @throws BadModelException in one line when it is missing or no matching model
     */
    public static MatchingModel open(Path folder, Backend backend) {
        ModelFolder.requireModel(folder);
        if (!MatchingConfig.isIn(folder)) {
            throw new BadModelException(folder + ": is no matching model; train one with a configuration of task: matching, as configs/evaluator-64.yaml is");
        }
        return new MatchingModel(folder, backend);
    }

    /** Its name, which belongs beside every number measured with it. */
    public String name() {
        return name;
    }

    /** Side of the pictures that it reads, in pixels. */
    public int size() {
        return config.size();
    }

    /** One vector for each sentence, {@code [sentences][width]}; of long sentences what fits. */
    public float[][] texts(List<String> sentences) {
        float[][] vectors = new float[sentences.size()][];
        for (int first = 0; first < vectors.length; first += BATCH) {
            int rows = Math.min(BATCH, vectors.length - first);
            for (int row = 0; row < BATCH; row++) {
                // Rows to spare repeat the first one.
                tokens.set(row, Sentences.framed(sentences.get(first + (row < rows ? row : 0)), tokenizer, endOfText, config.text().tokens()));
            }
            reading.run(Map.of("ids", tokens.ids(), "mask", tokens.mask()));
            copy(reading.output("vectors"), vectors, first, rows);
        }
        return vectors;
    }

    /** One vector for each picture as a whole, {@code [pictures][width]}; of any size, what is not square is cut. */
    public float[][] images(List<Picture> some) {
        float[][] vectors = new float[some.size()][];
        int length = config.size() * config.size() * 3;
        float[] pixels = new float[length];
        for (int first = 0; first < vectors.length; first += BATCH) {
            int rows = Math.min(BATCH, vectors.length - first);
            pictures.segment().fill((byte) 0);
            for (int row = 0; row < rows; row++) {
                Resize.square(some.get(first + row), config.size(), Resize.Filter.TRIANGLE).toFloats(pixels, 0);
                MemorySegment.copy(pixels, 0, pictures.segment(), ValueLayout.JAVA_FLOAT, (long) row * length * Float.BYTES, length);
            }
            looking.run(Map.of("pictures", pictures));
            copy(looking.output("vectors"), vectors, first, rows);
        }
        return vectors;
    }

    private static void copy(Tensor source, float[][] target, int first, int rows) {
        float[] all = source.toFloatArray();
        int width = all.length / BATCH;
        for (int row = 0; row < rows; row++) {
            target[first + row] = Arrays.copyOfRange(all, row * width, (row + 1) * width);
        }
    }

    /**
     * Whether a text-to-image model has this model's encoder or adapter: then it was trained with it, or from it, and R-precision would
     * measure how well it has learnt to please its teacher.
     */
    public boolean sharesWeightsWith(Path model) {
        try (Arena files = Arena.ofShared()) {
            return same(Weights.open(folder.resolve(ModelFolder.ENCODER), files), Weights.open(model.resolve(ModelFolder.ENCODER), files), "")
                    || same(Weights.open(folder.resolve(Weights.SINGLE), files), Weights.open(model.resolve(Weights.SINGLE), files), ModelFolder.ADAPTER + ".");
        }
    }

    /** Whether two files have the same numbers in the largest tensor behind a prefix that both have. */
    private static boolean same(Weights ours, Weights theirs, String prefix) {
        String largest = ours.names().stream().filter(tensor -> tensor.startsWith(prefix) && theirs.names().contains(tensor))
                .max((a, b) -> Long.compare(ours.info(a).bytes(), ours.info(b).bytes())).orElse(null);
        if (largest == null || !ours.info(largest).dims().equals(theirs.info(largest).dims())) {
            return false;
        }
        Tensor a = ours.tensor(largest);
        Tensor b = theirs.tensor(largest);
        for (long i = 0; i < a.size(); i++) {
            if (Math.abs(a.getDouble(i) - b.getDouble(i)) > 1e-3 * Math.max(1e-2, Math.abs(a.getDouble(i)))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        reading.close();
        looking.close();
        session.close();
        arena.close();
    }
}
