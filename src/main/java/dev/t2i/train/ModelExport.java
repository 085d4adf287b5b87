package dev.t2i.train;

import dev.t2i.backend.Session;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataException;
import dev.t2i.error.BadInputException;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gpt2.Sentences;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What trained networks have in common when they are written out for use. */
final class ModelExport {
    /** Pictures whose made-up captions are enough to meet all words that there are. */
    private static final int DESCRIBED = 20_000;
    /** Beyond so many pictures nobody reads all captions for a list; nor beyond the other number where each is read from an archive. */
    private static final int READ = 1_000_000;
    private static final int READ_LATE = 20_000;
    /** A list of more would say little, and fill a configuration. */
    private static final int MOST_WORDS = 100_000;

    private ModelExport() {}

    /** Adds the states of a network to {@code into}, named {@code prefix.parameter}. */
    static void collect(Session session, String network, List<Parameters.Declaration> declarations, String prefix,
            Map<String, Tensor> into, Arena arena) {
        for (Parameters.Declaration declaration : declarations) {
            Tensor home = Tensor.allocate(arena, DType.F32, declaration.shape());
            session.get(network + "/" + declaration.name(), home);
            into.put(prefix + "." + declaration.name(), home);
        }
    }

    /** Writes a network that only a further training needs into a file of its own, named {@code part.safetensors}. */
    static void companion(Session session, String network, List<Parameters.Declaration> declarations, Path model, String part, Arena arena) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        collect(session, network, declarations, part, tensors, arena);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        declarations.forEach(d -> writer.add(part + "." + d.name(), tensors.get(part + "." + d.name()), ModelFolder.stored(d, DType.F16)));
        writer.write(model.resolve(ModelFolder.companion(part)));
    }

    /** Writes {@code encoder/}: the weights of {@code trained}, the network of an encoder that was trained along, else the source's files. */
    static void encoder(Path model, TextSide text, Optional<String> trained, Session session, Arena arena) {
        Path target = model.resolve(ModelFolder.ENCODER);
        CaptionEncoder source = text.encoder();
        if (trained.isEmpty()) {
            ModelFolder.copyEncoder(source.folder(), target);
            return;
        }
        Map<String, Tensor> weights = new LinkedHashMap<>();
        source.shapes().forEach((name, shape) -> {
            Tensor home = Tensor.allocate(arena, DType.F32, shape);
            session.get(trained.get() + "/" + name, home);
            weights.put(name, home);
        });
        try {
            Files.createDirectories(target);
        } catch (IOException e) {
            throw new BadInputException(target + ": cannot be created, " + e.getMessage(), e);
        }
        source.write(target, weights, DType.F16);
    }

    /**
     * All words of all captions; where captions are made up, those of the first many pictures. Nothing where that would be too many: a model
     * without a list is taken to know every word, one with a part of a list would call words new to it that it has learnt.
     */
    static List<String> words(CaptionedImages data) {
        TreeSet<String> words = new TreeSet<>();
        try {
            boolean madeUp = data.captions(0).isEmpty();
            long pictures = madeUp ? Math.min(data.size(), DESCRIBED) : data.size();
            for (long i = 0; i < pictures; i++) {
                if (!madeUp && pictures > (data.readsCaptionsLate() ? READ_LATE : READ) || words.size() > MOST_WORDS) {
                    return List.of();
                }
                List<String> captions = madeUp ? List.of(data.describe(i, 0).caption()) : data.captions(i).orElseThrow();
                captions.forEach(caption -> words.addAll(Sentences.words(caption)));
            }
            return List.copyOf(words);
        } catch (DataException _) {
            // A training that is over is not lost for a caption that it may never have seen.
            return List.of();
        }
    }
}
