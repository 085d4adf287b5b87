package dev.t2i;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.backend.Session;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.AdapterSettings;
import dev.t2i.gan.Generator;
import dev.t2i.gan.LatentSampler;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.TextCondition;
import dev.t2i.gpt2.TokenBatch;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.image.Picture;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.text.CaptionFeatures;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;

/**
 * A loaded model: weights, and the graphs from token ids to pixels, compiled for a few batch sizes when first needed: text, latent
 * variables, picture.
 *
 * <p>Prompts are all padded to the length that the model was trained with, so that no row of a batch depends on another.
 * Used by one thread at a time.
 */
final class Artist implements AutoCloseable {
    /** Ascending; the last is what fills the cores and still fits the caches. */
    private static final int[] BATCHES = {1, 4, 16};
    /** Encoders up to this many parameters are converted to F32; larger ones stay mapped, in the type of the file. */
    private static final long SMALL_ENCODER = 16_000_000;
    private static final String IDS = "ids";
    private static final String MASK = "mask";
    private static final String LATENT = "latent";
    private static final String PICTURES = "pictures";

    /** A compiled batch size with its inputs. */
    private record Compiled(Executable reading, LatentSampler sampler, Executable painting, TokenBatch tokens, Tensor keys, Tensor truncation) {
        /** {@code [rows, size, size, 3]} */
        Tensor run() {
            reading.run(Map.of(IDS, tokens.ids(), MASK, tokens.mask()));
            Map<String, Tensor> inputs = new HashMap<>(TextCondition.in(reading));
            inputs.put(LATENT, sampler.draw(keys, truncation, TextCondition.in(reading)));
            inputs.keySet().retainAll(painting.graph().inputs().keySet());
            painting.run(inputs);
            return painting.output(PICTURES);
        }
    }

    private final Path folder;
    private final ModelConfig config;
    private final CaptionEncoder encoder;
    private final Prompts prompts;
    private final Backend backend;
    private final Arena arena;
    private final Function<String, Tensor> encoderWeights;
    private final boolean inPlace;
    private final Weights weights;
    private final Session session;
    private final Map<Integer, Compiled> compiled = new HashMap<>();
    private String fingerprint;
    private boolean closed;

    private Artist(ModelConfig config, CaptionEncoder encoder, Path folder, Backend backend, Arena arena) {
        this.folder = folder;
        this.config = config;
        this.encoder = config.text().heard(encoder);
        this.backend = backend;
        this.arena = arena;
        int tokens = config.text().tokens();
        if (encoder.longest() < tokens) {
            throw new BadModelException("%s: reads at most %d tokens beside the one in front, too few for prompts of %d"
                    .formatted(encoder.folder(), encoder.longest(), tokens));
        }
        if (config.text().kind() == AdapterSettings.Kind.DIRECT && encoder.pooledWidth() != config.text().width()) {
            throw new BadModelException("%s: gives vectors of %d, but text.width in %s is %d"
                    .formatted(encoder.folder(), encoder.pooledWidth(), folder.resolve(ModelConfig.FILE), config.text().width()));
        }
        prompts = new Prompts(encoder.tokenizer(), encoder.endOfText(), tokens);
        encoderWeights = encoder.weights(arena);
        inPlace = encoder.parameters() > SMALL_ENCODER;
        weights = ModelFolder.weights(folder, config, encoder, arena);
        session = backend.open();
    }

    /** Everything that is in the folder is read or mapped before this returns. */
    static Artist open(Path folder, Backend backend) {
        ModelFolder.requireModel(folder);
        ModelConfig config = ModelConfig.read(folder);
        CaptionEncoder encoder = ModelFolder.encoder(folder);
        // Shared, because a backend's worker threads read the weights.
        Arena arena = Arena.ofShared();
        try {
            return new Artist(config, encoder, folder, backend, arena);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    ModelConfig config() {
        return config;
    }

    Backend backend() {
        return backend;
    }

    /** Eight hexadecimal digits that change with the weights. */
    String fingerprint() {
        if (fingerprint == null) {
            requireOpen();
            fingerprint = new Fingerprint().add(encoder.shapes().keySet(), encoderWeights::apply)
                    .add(weights.names(), weights::tensor).toString();
        }
        return fingerprint;
    }

    /** Refuses requests that {@link #draw} would refuse. */
    void requireDrawable(List<TextToImage.Request> requests) {
        prompts.encode(requests.stream().map(TextToImage.Request::prompt).toList());
    }

    void draw(List<TextToImage.Request> requests, double truncation, ObjIntConsumer<Picture> each) {
        requireOpen();
        List<int[]> texts = prompts.encode(requests.stream().map(TextToImage.Request::prompt).toList());
        for (int start = 0; start < requests.size();) {
            int left = requests.size() - start;
            int rows = batchFor(left);
            int count = Math.min(rows, left);
            Compiled batch = compiled.computeIfAbsent(rows, this::compile);
            for (int row = 0; row < rows; row++) {
                // Rows to spare repeat the first one.
                int from = start + (row < count ? row : 0);
                batch.tokens.set(row, texts.get(from));
                setKey(batch.keys, row, requests.get(from).seed());
            }
            batch.truncation.set(0, truncation);
            Tensor pictures = batch.run();
            int size = config.size();
            requireFinite(pictures.segment(), (long) count * size * size * 3);
            // All of them before the first is handed on: whoever takes it may draw again, over what lies here.
            List<Picture> ready = new ArrayList<>(count);
            for (int row = 0; row < count; row++) {
                ready.add(Picture.fromFloats(size, size, pictures.segment(), (long) row * size * size * 3));
            }
            for (int row = 0; row < count; row++) {
                each.accept(ready.get(row), start + row);
            }
            start += count;
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("this model is closed");
        }
    }

    /** Damaged weights must not pass as a grey picture. */
    private void requireFinite(MemorySegment pixels, long count) {
        for (long i = 0; i < count; i++) {
            if (!Float.isFinite(pixels.getAtIndex(ValueLayout.JAVA_FLOAT, i))) {
                throw new BadModelException("%s: the model %s draws numbers that are not finite; its weights are damaged, fetch or train it again"
                        .formatted(folder, config.name()));
            }
        }
    }

    /**
     * The smallest batch that holds what is left, unless more than half of it would be drawn for nothing; where compiling takes longer than
     * drawing, one that is there already.
     */
    private int batchFor(int left) {
        if (backend.compilesSlowly() && !compiled.isEmpty()) {
            return compiled.keySet().stream().filter(size -> size >= left).min(Integer::compare).orElseGet(() -> Collections.max(compiled.keySet()));
        }
        int smaller = BATCHES[0];
        for (int size : BATCHES) {
            if (size >= left) {
                return size > 2 * left ? smaller : size;
            }
            smaller = size;
        }
        return smaller;
    }

    private static void setKey(Tensor keys, int row, long seed) {
        keys.set(4L * row, (int) seed);
        keys.set(4L * row + 1, (int) (seed >>> 32));
        keys.set(4L * row + 2, 0);
        keys.set(4L * row + 3, 0);
    }

    private Compiled compile(int rows) {
        int tokens = config.text().tokens() + 1;
        Generator network = config.buildGenerator();
        Graph reading = new Graph();
        Parameters language = Parameters.of(reading, ModelFolder.ENCODER, name -> inPlace ? encoderWeights.apply(name).dtype() : DType.F32);
        Parameters adapter = Parameters.of(reading, ModelFolder.ADAPTER);
        CaptionFeatures features = encoder.trace(language,
                reading.input(IDS, DType.I32, Shape.of(rows, tokens)), reading.input(MASK, DType.F32, Shape.of(rows, tokens)));
        TextCondition text = new TextCondition(config.text().build().adapt(adapter, features.pooled()),
                Optional.of(new TextCondition.Words(features.states(), features.embeddings(), features.mask())));
        text.output();
        LatentSampler sampler = new LatentSampler(network, ModelFolder.GENERATOR, text);
        Graph painting = new Graph();
        Parameters generator = Parameters.of(painting, ModelFolder.GENERATOR);
        Value latent = painting.input(LATENT, DType.F32, Shape.of(rows, network.latentWidth()));
        painting.output(PICTURES, network.paint(generator, latent, text.given(painting)));
        Executable reader = null;
        try {
            lend(language, encoderWeights, inPlace);
            lend(adapter, name -> weights.tensor(ModelFolder.ADAPTER + "." + name), false);
            lend(generator, name -> weights.tensor(ModelFolder.GENERATOR + "." + name), false);
            sampler.places().forEach(place -> lend(place, name -> weights.tensor(ModelFolder.GENERATOR + "." + name), false));
            sampler.compile(session);
            reader = session.compile(reading);
            return new Compiled(reader, sampler, session.compile(painting), TokenBatch.allocate(arena, rows, tokens),
                    Tensor.allocate(arena, DType.I32, Shape.of(rows, 4)), Tensor.allocate(arena, DType.F32, Shape.SCALAR));
        } catch (Throwable e) {
            // Too little memory for this many rows, for one, may be enough for fewer.
            sampler.close();
            if (reader != null) {
                reader.close();
            }
            throw e;
        }
    }

    /** Lends what the session lacks; converts weights to F32 once, so that no run has to, unless they are to stay as they are. */
    private void lend(Parameters place, Function<String, Tensor> stored, boolean asTheyAre) {
        for (Parameters.Declaration declaration : place.declarations()) {
            if (session.has(place.stateName(declaration.name()))) {
                continue;
            }
            Tensor tensor = stored.apply(declaration.name());
            if (!asTheyAre && tensor.dtype() != DType.F32) {
                Tensor wide = Tensor.allocate(arena, DType.F32, declaration.shape());
                wide.copyFrom(tensor);
                tensor = wide;
            }
            session.lend(place.stateName(declaration.name()), tensor);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            compiled.values().forEach(batch -> batch.sampler.close());
            session.close();
            arena.close();
        }
    }
}
