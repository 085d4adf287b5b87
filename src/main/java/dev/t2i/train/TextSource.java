package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.data.CaptionedImages;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.AdapterSettings;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.MatchingConfig;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.TextAdapter;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.Weights;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.ejml.data.DMatrixRMaj;

/**
 * The folder that a training takes its text features from: a plain encoder, a GPT-2 for one, or a model that brings a trained adapter with
 * its encoder (a matching model, or a text-to-image model).
 */
public final class TextSource {
    private static final int STATISTICS_ROWS = 64;
    private static final int STATISTICS_CAPTIONS = 32 * STATISTICS_ROWS;
    /** Principal components take time with the cube of this. */
    private static final int WHITENING_CAPTIONS = 16 * STATISTICS_ROWS;

    private final Path folder;
    private final boolean plain;
    private final CaptionEncoder encoder;

    private TextSource(Path folder, boolean plain, CaptionEncoder encoder) {
        this.folder = folder;
        this.plain = plain;
        this.encoder = encoder;
    }

    /**
     * Opens a folder of either kind.
     *
     * @throws BadModelException when it is missing or neither
     */
    public static TextSource open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new BadModelException(folder + ": there is no such folder; text.encoder names an encoder such as a GPT-2 folder, a matching model or a text-to-image model");
        }
        boolean plain = !Files.isDirectory(folder.resolve(ModelFolder.ENCODER));
        return new TextSource(folder, plain, plain ? CaptionEncoder.open(folder) : ModelFolder.encoder(folder));
    }

    CaptionEncoder encoder() {
        return encoder;
    }

    /** The trained adapter, for a training that leaves it as it is. */
    Map<String, Tensor> adapter(List<Parameters.Declaration> declarations, Arena arena) {
        if (declarations.isEmpty()) {
            return Map.of();
        }
        if (plain) {
            throw new BadInputException(folder + ": a plain encoder has no adapter; set text.train to adapter or all, or name a matching model as text.encoder");
        }
        return tensors(folder.resolve(Weights.SINGLE), ModelFolder.ADAPTER, declarations, arena);
    }

    /** The first values of an adapter that is trained: the folder's, or fresh ones that standardise the data's captions. */
    Map<String, Tensor> adapterStart(AdapterSettings settings, List<Parameters.Declaration> declarations, long seed,
            CaptionedImages data, Backend backend, Arena arena) {
        return plain ? freshAdapter(encoder, settings, declarations, seed, data, backend, arena)
                : tensors(folder.resolve(Weights.SINGLE), ModelFolder.ADAPTER, declarations, arena);
    }

    /** First values of an adapter behind a plain encoder, which standardise the data's captions. */
    static Map<String, Tensor> freshAdapter(CaptionEncoder encoder, AdapterSettings settings, List<Parameters.Declaration> declarations, long seed,
            CaptionedImages data, Backend backend, Arena arena) {
        Map<String, Tensor> fresh = Parameters.initialize(declarations, seed, arena);
        if (fresh.containsKey(TextAdapter.MEAN)) {
            try (TextSide text = new TextSide(settings.heard(encoder), settings.tokens(), false); Session session = backend.open()) {
                standardise(text, session, data, fresh);
            }
        }
        return fresh;
    }

    /** Sets the adapter's statistics to those of the first captions' pooled features. */
    private static void standardise(TextSide text, Session session, CaptionedImages data, Map<String, Tensor> adapter) {
        boolean whitens = adapter.containsKey(TextAdapter.WHITENING);
        DMatrixRMaj features = features(text, session, data, whitens ? WHITENING_CAPTIONS : STATISTICS_CAPTIONS);
        int count = features.numRows;
        for (int f = 0; f < features.numCols; f++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < count; i++) {
                double value = features.get(i, f);
                sum += value;
                squares += value * value;
            }
            double mean = sum / count;
            adapter.get(TextAdapter.MEAN).set(f, mean);
            if (whitens) {
                for (int i = 0; i < count; i++) {
                    features.add(i, f, -mean);
                }
            } else {
                adapter.get(TextAdapter.DEVIATION).set(f, Math.sqrt(Math.max(1e-8, squares / count - mean * mean)));
            }
        }
        if (whitens) {
            Tensor matrix = adapter.get(TextAdapter.WHITENING);
            double[] components = Whitening.components(features, matrix.shape().dim(1));
            for (int i = 0; i < components.length; i++) {
                matrix.set(i, components[i]);
            }
        }
    }

    /** Pooled features {@code [captions, features]} of the first captions. */
    private static DMatrixRMaj features(TextSide text, Session session, CaptionedImages data, int captions) {
        text.compileFrozen(session, STATISTICS_ROWS);
        int width = text.features();
        DMatrixRMaj all = new DMatrixRMaj(captions, width);
        for (int first = 0; first < captions; first += STATISTICS_ROWS) {
            List<String> some = new ArrayList<>();
            for (int i = first; i < first + STATISTICS_ROWS; i++) {
                some.add(data.describe(i % data.size(), first / STATISTICS_ROWS).caption());
            }
            Map<String, Tensor> pooled = new HashMap<>();
            text.feed(pooled, Map.of("statistics", some));
            Tensor features = pooled.get("statistics" + TextSide.FEATURES);
            for (int i = 0; i < features.size(); i++) {
                all.data[first * width + i] = features.getFloat(i);
            }
        }
        return all;
    }

    /** The network that tells how well a picture matches a sentence, in a matching model's folder. */
    Matcher requireGuide(int size, AdapterSettings text, double sharpness) {
        if (plain || !MatchingConfig.isIn(folder)) {
            throw new BadInputException(folder + ": a matching loss needs a matching model as text.encoder; train one with a configuration of task: matching, or set loss.matching to 0");
        }
        MatchingConfig config = MatchingConfig.read(folder);
        if (config.size() != size || config.text().width() != text.width()) {
            throw new BadInputException("%s: the matching model sees %d pixels and %d features, the configuration asks for %d and %d"
                    .formatted(folder, config.size(), config.text().width(), size, text.width()));
        }
        return config.buildMatcher(sharpness);
    }

    Map<String, Tensor> guideWeights(List<Parameters.Declaration> declarations, Arena arena) {
        return tensors(folder.resolve(Weights.SINGLE), MatchingConfig.IMAGE, declarations, arena);
    }

    /** The declared tensors behind {@code prefix.} in a file, in F32; the file must have no others there. */
    static Map<String, Tensor> tensors(Path source, String prefix, List<Parameters.Declaration> declarations, Arena arena) {
        return tensors(source, prefix, declarations, name -> !name.startsWith(prefix + "."), arena);
    }

    /** As {@link #tensors(Path, String, List, Arena)}; tensors that {@code ignored} names may be there as well. */
    static Map<String, Tensor> tensors(Path source, String prefix, List<Parameters.Declaration> declarations, Predicate<String> ignored, Arena arena) {
        Map<String, Tensor> found = new LinkedHashMap<>();
        try (Arena file = Arena.ofShared()) {
            Weights weights = Weights.open(source, file);
            Map<String, Shape> expected = new LinkedHashMap<>();
            declarations.forEach(d -> expected.put(prefix + "." + d.name(), d.shape()));
            weights.requireWeights(expected, ignored);
            for (Parameters.Declaration declaration : declarations) {
                Tensor tensor = Tensor.allocate(arena, DType.F32, declaration.shape());
                tensor.copyFrom(weights.tensor(prefix + "." + declaration.name()));
                found.put(declaration.name(), tensor);
            }
        }
        return found;
    }

    /** Refuses settings that disagree with the folder's own adapter. */
    void requireAdapter(AdapterSettings settings) {
        settings.requireFits("text.adapter", encoder);
        if (plain) {
            return;
        }
        AdapterSettings own = MatchingConfig.isIn(folder) ? MatchingConfig.read(folder).text() : ModelConfig.read(folder).text();
        if (!own.equals(settings)) {
            throw new BadInputException("%s: its adapter is %s, the configuration says %s; make text.adapter agree".formatted(folder, own, settings));
        }
    }
}
