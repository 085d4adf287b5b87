package dev.t2i.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.config.Settings;
import dev.t2i.error.BadInputException;
import dev.t2i.error.FileTrouble;
import dev.t2i.safetensors.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a run lives: {@code config.yaml} (everything resolved), {@code data.txt} (the data set by its name), {@code stats.jsonl},
 * {@code checkpoints/}, {@code grids/} and {@code model/}.
 */
public record RunFolder(Path path) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern NUMBERED = Pattern.compile("(\\d{5})-.*");

    /** The next numbered run {@code NNNNN-name} below {@code parent}. */
    public static RunFolder next(Path parent, String name) {
        int last = -1;
        if (Files.isDirectory(parent)) {
            try (Stream<Path> runs = Files.list(parent)) {
                for (Path run : runs.toList()) {
                    Matcher matcher = NUMBERED.matcher(run.getFileName().toString());
                    if (matcher.matches()) {
                        last = Math.max(last, Integer.parseInt(matcher.group(1)));
                    }
                }
            } catch (IOException e) {
                throw new BadInputException(parent + ": cannot be listed, " + FileTrouble.reason(e), e);
            }
        }
        return new RunFolder(parent.resolve(String.format(Locale.ROOT, "%05d-%s", last + 1, name)));
    }

    /** Refuses a folder that a new run cannot have: one with anything in it, or a file. */
    public void requireFree() {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.isDirectory(path)) {
            throw new BadInputException(path + ": is a file; name a folder for the run");
        }
        if (Files.exists(config())) {
            throw new BadInputException(path + ": holds a run already; go on with --resume, or name another folder");
        }
        try (Stream<Path> content = Files.list(path)) {
            if (content.findAny().isPresent()) {
                throw new BadInputException(path + ": is not empty and no run; name another folder");
            }
        } catch (IOException e) {
            throw new BadInputException(path + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /** Creates the folder for a new run and writes its settings. */
    public void create(Record settings) {
        requireFree();
        try {
            Files.createDirectories(checkpoints());
            Files.createDirectories(grids());
            AtomicFile.write(config(), Settings.toYaml(settings));
        } catch (IOException e) {
            throw new BadInputException(path + ": cannot be created, " + FileTrouble.reason(e), e);
        }
    }

    /** Takes a folder away in which nothing has come to be. */
    public void discard() {
        Folders.discard(path);
    }

    public Path config() {
        return path.resolve("config.yaml");
    }

    /** Names the data that the run was started with. */
    public Path data() {
        return path.resolve("data.txt");
    }

    public Path statistics() {
        return path.resolve("stats.jsonl");
    }

    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    public Path grids() {
        return path.resolve("grids");
    }

    public Path model() {
        return path.resolve("model");
    }

    /**
     * Lets {@code write} fill a folder aside and puts it in the place of {@code model}; a failure leaves the old one. Folders can't be exchanged
     * at once: where a kill came between the two renames, the old one waits under its hidden name and is put back here.
     */
    void replaceModel(Consumer<Path> write) {
        Path aside = path.resolve(".model");
        Path old = path.resolve(".model.old");
        try {
            restore(old);
            Folders.delete(aside);
            Files.createDirectories(aside);
            write.accept(aside);
            if (Files.exists(model())) {
                Files.move(model(), old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(aside, model(), StandardCopyOption.ATOMIC_MOVE);
            Folders.discard(old);
        } catch (IOException e) {
            try {
                restore(old);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw new BadInputException(model() + ": cannot be written, " + FileTrouble.reason(e), e);
        } finally {
            Folders.discard(aside);
        }
    }

    private void restore(Path old) throws IOException {
        if (Files.exists(old) && !Files.exists(model())) {
            Files.move(old, model(), StandardCopyOption.ATOMIC_MOVE);
        }
        Folders.delete(old);
    }

    /** Appends one line of figures. */
    public void append(Map<String, ?> figures) {
        try {
            ObjectNode line = JSON.valueToTree(figures);
            Files.writeString(statistics(), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new BadInputException(statistics() + ": cannot be written, " + FileTrouble.reason(e), e);
        }
    }

    /** Drops lines of steps beyond {@code step}, which a resumed run will write again. */
    public void truncateStatistics(long step) {
        if (!Files.exists(statistics())) {
            return;
        }
        try {
            List<String> kept = Files.readAllLines(statistics()).stream().filter(line -> isUpTo(line, step)).toList();
            AtomicFile.write(statistics(), kept.isEmpty() ? "" : String.join("\n", kept) + "\n");
        } catch (IOException e) {
            throw new BadInputException(statistics() + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    private static boolean isUpTo(String line, long step) {
        try {
            return JSON.readTree(line).path("step").asLong(Long.MAX_VALUE) <= step;
        } catch (IOException _) {
            // A line cut short by a kill.
            return false;
        }
    }
}
