package dev.t2i.metric;

import dev.t2i.data.FileTree;
import dev.t2i.error.T2iException;
import dev.t2i.image.Picture;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * Features of sets of pictures, kept from one measurement to the next: real pictures are the same every time. Each set is a file named
 * by a hash of everything that its features depend on, so that nothing stale is ever found; the folder may be deleted at any time.
 * A cache that cannot be written to costs time and nothing else.
 *
 * @param folder where the files are
 * @param log takes a line when features are taken from here, or cannot be kept
 * @param whole runs what must not be cut short, lest half a file stay
 */
public record FeatureCache(Path folder, Consumer<String> log, Consumer<Runnable> whole) {
    /** Larger sets are statistics' business: see {@link FeatureStatistics#write}. */
    private static final long MOST_NUMBERS = 1 << 25;
    /** Pictures whose pixels stand for all: a renderer or a decoder of another version makes others. */
    static final int LOOKED_AT = 4;
    private static final String VERSION = "2";
    private static final String FEATURES = "features";
    private static final String PROBABILITIES = "probabilities";
    private static final String NETWORK = "network";

    public FeatureCache(Path folder, Consumer<String> log) {
        this(folder, log, Runnable::run);
    }

    /** Features with the class probabilities that came with them. */
    record Kept(FeatureSet set, float[][] probabilities) {}

    /** Where the user's other programs keep such things. */
    public static Path standard() {
        String set = System.getenv("XDG_CACHE_HOME");
        Path root = set != null && Path.of(set).isAbsolute() ? Path.of(set) : Path.of(System.getProperty("user.home"), ".cache");
        return root.resolve("t2i").resolve("features");
    }

    /** The name of a set: a hash of all that its features depend on. */
    public static String key(List<String> dependencies) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(VERSION.getBytes(StandardCharsets.UTF_8));
            for (String dependency : dependencies) {
                byte[] bytes = dependency.getBytes(StandardCharsets.UTF_8);
                digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /** Names, lengths and times of the files below a folder: what changes when a picture does. */
    public static String listing(Path folder) throws IOException {
        StringBuilder listing = new StringBuilder(folder.toRealPath().toString());
        for (Path file : FileTree.sorted(folder)) {
            listing.append('\n').append(folder.relativize(file)).append(' ').append(Files.size(file)).append(' ').append(Files.getLastModifiedTime(file).toMillis());
        }
        return listing.toString();
    }

    /** A sum of the pixels of some pictures. */
    static String sum(List<Picture> pictures) {
        CRC32 sum = new CRC32();
        pictures.forEach(picture -> sum.update(picture.rgb()));
        return Long.toHexString(sum.getValue());
    }

    /** What was kept under this key; a damaged file counts as none. */
    Optional<Kept> find(String key, String what) {
        Path file = file(key);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile opened = SafetensorsFile.open(file, arena);
            FeatureSet set = new FeatureSet(opened.metadata().get(NETWORK), rows(opened.tensor(FEATURES)));
            log.accept("%s: the features of %d pictures come from the cache, %s".formatted(what, set.count(), file));
            return Optional.of(new Kept(set, rows(opened.tensor(PROBABILITIES))));
        } catch (T2iException _) {
            log.accept(file + ": is damaged and will be made again");
            return Optional.empty();
        }
    }

    void keep(String key, Kept kept) {
        FeatureSet set = kept.set();
        if ((long) set.count() * (set.width() + kept.probabilities()[0].length) > MOST_NUMBERS) {
            log.accept("features of %d pictures are too large to be kept; 'fid --save' keeps their statistics".formatted(set.count()));
            return;
        }
        whole.accept(() -> write(key, kept));
    }

    private void write(String key, Kept kept) {
        FeatureSet set = kept.set();
        try (Arena arena = Arena.ofConfined()) {
            Files.createDirectories(folder);
            new SafetensorsWriter().metadata(NETWORK, set.network()).add(FEATURES, tensor(set.vectors(), arena))
                    .add(PROBABILITIES, tensor(kept.probabilities(), arena)).write(file(key));
        } catch (IOException | T2iException e) {
            log.accept(folder + ": features cannot be kept, " + e.getMessage());
        }
    }

    private static float[][] rows(Tensor tensor) {
        int width = tensor.shape().dim(1);
        float[][] rows = new float[tensor.shape().dim(0)][width];
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(tensor.segment(), ValueLayout.JAVA_FLOAT_UNALIGNED, (long) i * width * Float.BYTES, rows[i], 0, width);
        }
        return rows;
    }

    private static Tensor tensor(float[][] rows, Arena arena) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, Shape.of(rows.length, rows[0].length));
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(rows[i], 0, tensor.segment(), ValueLayout.JAVA_FLOAT, (long) i * rows[i].length * Float.BYTES, rows[i].length);
        }
        return tensor;
    }

    private Path file(String key) {
        return folder.resolve(key + ".safetensors");
    }
}
