package dev.t2i.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneJson;
import dev.t2i.data.scene.SceneRenderer;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.error.FileTrouble;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Writes rendered scenes as a folder that this and other programs read: PNG files and a {@code metadata.jsonl} of
 * {@code file_name}, {@code text} and {@code attributes} (see {@link SceneJson}). The folder appears when it is complete.
 */
public final class SceneExport {
    private SceneExport() {}

    /**
     * @param folder must not exist or be empty, unless {@code overwrite}, which replaces an earlier export and nothing else
     * @param size side of the pictures in pixels
     * @param progress told how many pictures have been written
     * @throws DataException one line: the folder exists, can't be written, the disk is full, a number is out of range
     */
    public static void write(Path folder, long count, int size, long seed, SceneSampler.Split split, boolean overwrite,
            LongConsumer progress) {
        if (count < 1) {
            throw new DataException("count is at least 1, not " + count);
        }
        if (size < SceneRenderer.MIN_SIZE || size > SceneRenderer.MAX_SIZE) {
            throw new DataException("size is %d to %d pixels, not %d".formatted(SceneRenderer.MIN_SIZE, SceneRenderer.MAX_SIZE, size));
        }
        Path target = folder.toAbsolutePath().normalize();
        Path parent = target.getParent();
        if (parent == null) {
            throw new DataException(folder + ": cannot be written; name a folder inside it");
        }
        if (!Files.isDirectory(parent)) {
            throw new DataException(folder + ": cannot be written, " + (Files.exists(parent) ? parent + " is a file, not a folder"
                    : "there is no folder " + parent + "; create it first"));
        }
        Path aside = null;
        try {
            refuseForeign(folder, overwrite);
            aside = Files.createTempDirectory(parent, "." + target.getFileName() + ".");
            fill(aside, count, size, new SceneImages(seed, split, count), progress);
            if (aside.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            replace(target, aside);
        } catch (UncheckedIOException e) {
            throw new DataException(folder + ": cannot be written, " + FileTrouble.reason(e.getCause()), e);
        } catch (IOException e) {
            throw new DataException(folder + ": cannot be written, " + FileTrouble.reason(e), e);
        } finally {
            delete(aside);
        }
    }

    private static void refuseForeign(Path folder, boolean overwrite) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new DataException(folder + ": is a file; choose another name");
        }
        List<Path> inside;
        try (Stream<Path> files = Files.list(folder)) {
            inside = files.toList();
        }
        if (inside.isEmpty()) {
            return;
        }
        if (!overwrite) {
            throw new DataException(folder + ": is not empty; choose another folder, or pass --force to replace an earlier export");
        }
        boolean ours = inside.stream().allMatch(file -> {
            String name = file.getFileName().toString();
            return name.equals("metadata.jsonl") || name.matches("\\d{6,}\\.png");
        });
        if (!ours) {
            throw new DataException(folder + ": holds files that are not exported scenes; nothing there is overwritten");
        }
    }

    private static void fill(Path aside, long count, int size, SceneImages scenes, LongConsumer progress) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        byte[] pixels = new byte[size * size * 3];
        Path metadata = aside.resolve("metadata.jsonl");
        try (BufferedWriter lines = Files.newBufferedWriter(metadata)) {
            for (long i = 0; i < count; i++) {
                Scene scene = scenes.scene(i);
                String caption = scenes.describe(i, 0).caption();
                String name = String.format(Locale.ROOT, "%06d.png", i);
                scenes.render(scene, size, pixels);
                Files.write(aside.resolve(name), Png.encode(Picture.wrap(size, size, pixels), Map.of("caption", caption)));
                ObjectNode row = mapper.createObjectNode();
                row.put("file_name", name).put("text", caption).set("attributes", SceneJson.toJson(scene));
                lines.write(row.toString());
                lines.write('\n');
                progress.accept(i + 1);
            }
        }
        try (FileChannel channel = FileChannel.open(metadata, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** An older export moves away before the new one takes its name, and back if that fails; if that fails as well, it stays where it is. */
    private static void replace(Path target, Path aside) throws IOException {
        if (!Files.exists(target)) {
            Files.move(aside, target);
            return;
        }
        Path folder = Files.createTempDirectory(target.getParent(), "." + target.getFileName() + ".");
        Path old = folder.resolve("old");
        try {
            Files.move(target, old);
            Files.move(aside, target);
        } catch (IOException e) {
            restore(target, old, e);
            delete(folder);
            throw e;
        }
        delete(folder);
    }

    private static void restore(Path target, Path old, IOException reason) {
        try {
            if (Files.exists(old)) {
                Files.move(old, target);
            }
        } catch (IOException _) {
            throw new DataException("%s: cannot be written, %s; what was there is now %s".formatted(target, FileTrouble.reason(reason), old), reason);
        }
    }

    private static void delete(Path folder) {
        if (folder == null || !Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // What is left lies under a hidden name; the result, or the failure that brought us here, matters more.
        }
    }
}
