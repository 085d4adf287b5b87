package dev.t2i.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.backend.Session;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.error.FileTrouble;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.ModelJson;
import dev.t2i.safetensors.SafetensorsException;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.TensorInfo;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The states of a session and how far the run had come: {@code checkpoints/step-NNNNNNNN/} with {@code state.safetensors}
 * and {@code progress.json}, named by {@code checkpoints/latest}. A checkpoint is written aside, synced and renamed, and
 * only then named, so that a run killed at any moment finds a whole one.
 */
public final class Checkpoint {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STATE = "state.safetensors";
    private static final String PROGRESS = "progress.json";
    private static final String LATEST = "latest";
    private static final String OLDER = "; name an older checkpoint in 'latest' to go on from that";
    private static final int LONGEST_PROGRESS = 4096;
    private static final String NAMES = "step-\\d{8,}";
    private static final String ASIDE = ".writing-";

    /** How far a run had come: steps done, and the seconds they took. */
    public record Progress(long step, double seconds) {}

    private Checkpoint() {}

    private static String folderName(long step) {
        return String.format(Locale.ROOT, "step-%08d", step);
    }

    /** Saves all states into {@code checkpoints} and drops all but the last {@code keep} checkpoints. */
    public static void save(Path checkpoints, Session session, List<StateType> states, Progress progress, int keep) {
        Path target = checkpoints.resolve(folderName(progress.step()));
        Path aside = checkpoints.resolve(ASIDE + folderName(progress.step()));
        try {
            Files.createDirectories(checkpoints);
            Folders.delete(aside);
            Files.createDirectory(aside);
            try (Arena arena = Arena.ofConfined()) {
                SafetensorsWriter writer = new SafetensorsWriter();
                for (StateType state : states) {
                    Tensor home = Tensor.allocate(arena, state.dtype(), state.shape());
                    session.get(state.name(), home);
                    writer.add(state.name(), home);
                }
                writer.write(aside.resolve(STATE));
            }
            AtomicFile.write(aside.resolve(PROGRESS), JSON.writeValueAsString(progress) + "\n");
            Folders.delete(target);
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            AtomicFile.write(checkpoints.resolve(LATEST), target.getFileName() + "\n");
            prune(checkpoints, target, keep);
        } catch (IOException e) {
            throw unwritten(target, e, e);
        } catch (BadInputException e) {
            throw e.getCause() instanceof IOException trouble ? unwritten(target, trouble, e) : e;
        } finally {
            Folders.discard(aside);
        }
    }

    private static BadInputException unwritten(Path target, IOException trouble, Exception cause) {
        return new BadInputException(target + ": the checkpoint cannot be written, " + FileTrouble.reason(trouble)
                + "; what was saved before is untouched, go on from it with --resume", cause);
    }

    /** A state's name and type, which a session does not tell. */
    public record StateType(String name, DType dtype, Shape shape) {}

    /** The run's newest checkpoint, if it has one. */
    public static Optional<Path> latest(Path checkpoints) {
        Path latest = checkpoints.resolve(LATEST);
        if (!Files.exists(latest)) {
            // A kill between the checkpoint's rename and its naming; what has its name is whole.
            return newest(checkpoints);
        }
        try {
            String name = Files.readString(latest).strip();
            Path folder = checkpoints.resolve(name);
            if (!name.matches(NAMES) || !Files.isDirectory(folder)) {
                throw new BadModelException("%s: names '%s', which is not a checkpoint here; write the name of one of the step-… folders into it"
                        .formatted(latest, name));
            }
            return Optional.of(folder);
        } catch (IOException e) {
            throw new BadModelException(latest + ": cannot be read, " + FileTrouble.reason(e) + "; write the name of one of the step-… folders into it", e);
        }
    }

    private static Optional<Path> newest(Path checkpoints) {
        if (!Files.isDirectory(checkpoints)) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(checkpoints)) {
            return folders.filter(path -> path.getFileName().toString().matches(NAMES) && Files.isDirectory(path))
                    .max(Comparator.comparing((Path path) -> path.getFileName().toString().length()).thenComparing(Path::getFileName));
        } catch (IOException e) {
            throw new BadModelException(checkpoints + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /** Puts all states of the checkpoint {@code folder} into the session; it must hold exactly {@code states}. */
    public static Progress load(Path folder, Session session, List<StateType> states) {
        Progress progress = progress(folder);
        Path file = folder.resolve(STATE);
        try (Arena arena = Arena.ofShared()) {
            SafetensorsFile weights = open(file, arena);
            requireExactly(file, weights, states);
            for (StateType state : states) {
                Tensor tensor = weights.tensor(state.name());
                requireFinite(file, state.name(), tensor);
                session.put(state.name(), tensor);
            }
        }
        return progress;
    }

    /** A training stops before it would save such numbers: the file is damaged. */
    private static void requireFinite(Path file, String name, Tensor tensor) {
        if (!tensor.dtype().isFloating()) {
            return;
        }
        for (long i = 0; i < tensor.size(); i++) {
            double value = tensor.getDouble(i);
            if (!Double.isFinite(value)) {
                throw new BadModelException("%s: state '%s' holds %s%s".formatted(file, name, value, OLDER));
            }
        }
    }

    private static SafetensorsFile open(Path file, Arena arena) {
        try {
            return SafetensorsFile.open(file, arena);
        } catch (SafetensorsException e) {
            throw new BadModelException(e.getMessage() + OLDER, e);
        }
    }

    private static void requireExactly(Path file, SafetensorsFile weights, List<StateType> states) {
        TreeSet<String> missing = new TreeSet<>();
        TreeSet<String> unexpected = new TreeSet<>(weights.names());
        for (StateType state : states) {
            unexpected.remove(state.name());
            if (!weights.names().contains(state.name())) {
                missing.add(state.name());
                continue;
            }
            TensorInfo info = weights.info(state.name());
            Tensor tensor = weights.tensor(state.name());
            if (tensor.dtype() != state.dtype() || !tensor.shape().equals(state.shape())) {
                throw new BadModelException("%s: state '%s' is %s%s, the configuration needs %s%s; resume with the configuration, and the version of t2i, that the run was started with"
                        .formatted(file, state.name(), info.type(), info.dims(), state.dtype(), state.shape()));
            }
        }
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new BadModelException("%s: %s%s; resume with the configuration, and the version of t2i, that the run was started with".formatted(file,
                    missing.isEmpty() ? "" : "lacks " + missing.size() + " states such as '" + missing.first() + "'",
                    unexpected.isEmpty() ? "" : (missing.isEmpty() ? "" : ", ") + "holds " + unexpected.size()
                            + " that the model does not have, such as '" + unexpected.first() + "'"));
        }
    }

    private static Progress progress(Path folder) {
        Path file = folder.resolve(PROGRESS);
        JsonNode json;
        try {
            json = ModelJson.readObject(file, LONGEST_PROGRESS);
        } catch (BadModelException e) {
            throw new BadModelException(e.getMessage() + OLDER, e);
        }
        JsonNode step = json.path("step");
        double seconds = json.path("seconds").asDouble(-1);
        if (!step.isIntegralNumber() || !step.canConvertToLong() || step.asLong() < 0 || !(seconds >= 0 && Double.isFinite(seconds))) {
            throw new BadModelException(file + ": needs a step of at least 0 and the seconds so far" + OLDER);
        }
        if (!folderName(step.asLong()).equals(folder.getFileName().toString())) {
            // Data, noise and learning rates follow from the step; with a wrong one a run would go on as another run.
            throw new BadModelException("%s: says step %d, but lies in %s%s".formatted(file, step.asLong(), folder.getFileName(), OLDER));
        }
        return new Progress(step.asLong(), seconds);
    }

    private static void prune(Path checkpoints, Path newest, int keep) throws IOException {
        List<Path> old = new ArrayList<>();
        try (Stream<Path> folders = Files.list(checkpoints)) {
            folders.filter(path -> path.getFileName().toString().matches(NAMES + "|\\" + ASIDE + ".*"))
                    .filter(path -> !path.equals(newest)).sorted().forEach(old::add);
        }
        int steps = (int) old.stream().filter(path -> !path.getFileName().toString().startsWith(ASIDE)).count();
        for (Path path : old) {
            boolean aside = path.getFileName().toString().startsWith(ASIDE);
            if (aside || steps-- >= keep) {
                Folders.delete(path);
            }
        }
    }
}
