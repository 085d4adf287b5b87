package dev.t2i.gan;

import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import dev.t2i.gpt2.BpeVocabulary;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Writes a text-to-image model once more with its weights in another type: halves to ship, F32 to compare with other programs. */
public final class ModelConversion {
    private ModelConversion() {}

    /**
     * Makes {@code target} a copy of {@code source} whose floating-point tensors are stored as {@code stored}. It is
     * built aside and moved when it is complete; files of an existing target that the model has too are replaced, and
     * companions that it lacks are deleted.
     *
     * @throws dev.t2i.error.BadModelException when the source is no such model, or holds numbers that {@code stored} can't
     * @throws BadInputException               when the target can't be written
     */
    public static void convert(Path source, Path target, DType stored) {
        ModelFolder.requireModel(source);
        ModelConfig config = ModelConfig.read(source);
        CaptionEncoder encoder = ModelFolder.encoder(source);
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null) {
            throw new BadInputException(target + ": cannot be a model folder; name one inside it");
        }
        Path aside = null;
        try (Arena arena = Arena.ofShared()) {
            // Both are checked before anything is written.
            encoder.weights(arena);
            Weights own = ModelFolder.weights(source, config, encoder, arena);
            Files.createDirectories(parent);
            aside = Files.createDirectory(parent.resolve("." + target.getFileName() + ".tmp" + ProcessHandle.current().pid()));
            Map<String, Parameters.Declaration> declarations = ModelFolder.declarations(config, encoder);
            write(own, name -> ModelFolder.stored(name, declarations.get(name), stored), aside.resolve(Weights.SINGLE));
            for (String part : ModelFolder.COMPANIONS) {
                Path file = source.resolve(ModelFolder.companion(part));
                if (Files.exists(file)) {
                    write(Weights.open(file, arena), name -> companion(name, stored), aside.resolve(file.getFileName()));
                }
            }
            copyOthers(source, aside);
            Path encoderAside = Files.createDirectory(aside.resolve(ModelFolder.ENCODER));
            write(Weights.open(encoder.folder(), arena), _ -> stored, encoderAside.resolve(Weights.SINGLE));
            copyOthers(encoder.folder(), encoderAside);
            removeWhatItLacks(aside, target);
            move(aside, target);
        } catch (IOException e) {
            throw new BadInputException(target + ": the model cannot be written there, " + FileTrouble.reason(e), e);
        } catch (BadInputException e) {
            throw e.getCause() instanceof IOException trouble
                    ? new BadInputException(target + ": the model cannot be written there, " + FileTrouble.reason(trouble), e) : e;
        } finally {
            discard(aside);
        }
    }

    /** As {@link ModelFolder#stored}, by name: a companion's settings are not in the model's configuration. */
    private static DType companion(String name, DType stored) {
        return name.endsWith(".running_mean") || name.endsWith(".running_var") ? DType.F32 : stored;
    }

    private static void write(Weights weights, Function<String, DType> stored, Path file) {
        SafetensorsWriter writer = new SafetensorsWriter();
        weights.metadata().forEach(writer::metadata);
        for (String name : weights.names()) {
            Tensor tensor = weights.tensor(name);
            writer.add(name, tensor, tensor.dtype().isFloating() ? stored.apply(name) : tensor.dtype());
        }
        writer.write(file);
    }

    /** Everything in the folder itself that is no weights: configurations, vocabulary, model card. */
    private static void copyOthers(Path source, Path target) throws IOException {
        for (Path file : list(source)) {
            String name = file.getFileName().toString();
            if (Files.isRegularFile(file) && !name.endsWith(".safetensors") && !name.equals(Weights.INDEX)) {
                AtomicFile.copy(file, target.resolve(name));
            }
        }
    }

    /** A network or a vocabulary of an earlier model is not this one's, though a further training, or a prompt, might find that it fits. */
    private static void removeWhatItLacks(Path aside, Path target) throws IOException {
        for (String part : ModelFolder.COMPANIONS) {
            if (!Files.exists(aside.resolve(ModelFolder.companion(part)))) {
                Files.deleteIfExists(target.resolve(ModelFolder.companion(part)));
            }
        }
        Path encoder = target.resolve(ModelFolder.ENCODER);
        for (String name : List.of(BpeVocabulary.VOCAB_FILE, BpeVocabulary.MERGES_FILE, BpeVocabulary.TOKENIZER_FILE, Weights.INDEX)) {
            if (!Files.exists(aside.resolve(ModelFolder.ENCODER).resolve(name))) {
                Files.deleteIfExists(encoder.resolve(name));
            }
        }
    }

    private static void move(Path aside, Path target) throws IOException {
        if (!Files.exists(target)) {
            Files.move(aside, target);
            return;
        }
        for (Path file : list(aside)) {
            Path place = target.resolve(file.getFileName().toString());
            if (Files.isDirectory(file)) {
                move(file, place);
            } else {
                Files.move(file, place, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** What is left aside after a failure, or the empty folders after a success. */
    private static void discard(Path aside) {
        if (aside == null || !Files.exists(aside)) {
            return;
        }
        List<Path> left = new ArrayList<>();
        try (Stream<Path> files = Files.walk(aside)) {
            files.sorted(Comparator.reverseOrder()).forEach(left::add);
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
        } catch (IOException _) {
            // The failure that brought us here is the one to report.
        }
    }
}
