package dev.t2i.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.t2i.data.scene.SceneJson;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.SafetensorsStream;
import dev.t2i.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/**
 * Writes a data set as one file that is mapped, not parsed: a safetensors file of
 *
 * <pre>
 *   pictures          U8  [n, size, size, 3]   cut to squares, resized, rows from the top
 *   captions          U8  [bytes]              all captions of all pictures, UTF-8, one behind the other
 *   names             U8  [bytes]              file names in the set that they come from, likewise
 *   scenes            U8  [bytes]              attributes as {@link SceneJson} writes them; only of scenes
 *   caption_ends      I64 [m]                  where in {@code captions} each caption ends
 *   picture_captions  I64 [n]                  where in {@code caption_ends} the captions of each picture end
 *   name_ends, scene_ends  I64 [n]
 *   sha256            U8  [n, 32]              of the files that the pictures were
 *   splits            U8  [n]                  numbers in the list of names; only of sets with splits
 * </pre>
 *
 * and metadata: {@code format} {@code t2i.pack}, {@code version} 1, {@code size}, {@code source}, {@code licence}, {@code splits} (a JSON list),
 * {@code pixels_sha256} (of all of {@code pictures}). Memory does not grow with the number of pictures.
 */
public final class PackWriter {
    static final String FORMAT = "t2i.pack";
    static final String VERSION = "1";
    /** Edges of packed pictures. */
    public static final int MIN_SIZE = 8;
    public static final int MAX_SIZE = 1024;
    private static final int MOST_SPLITS = 255;
    /** Bytes of the file's header, which has a fixed length, for what the caller says and for names of splits. */
    private static final int MOST_WORDS = 8000;
    private static final int MOST_SPLIT_NAMES = 6000;

    /**
     * How to pack.
     *
     * @param size edge of the pictures in pixels
     * @param licence what to say of the right to use the pictures; empty for nothing
     * @param overwrite whether a file of that name may be replaced
     * @param threads that decode and resize
     */
    public record Options(int size, String licence, boolean overwrite, int threads) {
        public Options {
            if (size < MIN_SIZE || size > MAX_SIZE) {
                throw new DataException("size is %d to %d pixels, not %d".formatted(MIN_SIZE, MAX_SIZE, size));
            }
            if (threads < 1) {
                throw new IllegalArgumentException("threads is at least 1, not " + threads);
            }
        }
    }

    /**
     * What was packed.
     *
     * @param skipped pictures at fault that were left out, as {@code faults=skip} allows
     * @param firstFault of those; empty if there were none
     */
    public record Result(long pictures, long captions, long bytes, long skipped, String firstFault) {}

    private final DataSpec spec;
    private final PackSource source;
    private final Options options;
    private final Map<String, Integer> splits = new LinkedHashMap<>();
    private final MessageDigest pixels = Sha256.digest();
    private long pictures;
    private long captions;
    private long skipped;
    private String firstFault = "";

    private PackWriter(DataSpec spec, PackSource source, Options options) {
        this.spec = spec;
        this.source = source;
        this.options = options;
    }

    /**
     * Packs a data set; the file appears when it is whole.
     *
     * @param progress told how many pictures are done
     * @throws DataException one line: a picture is at fault, the file exists, the set never ends
     */
    public static Result write(DataSpec spec, Path file, Options options, LongConsumer progress) {
        if (Files.exists(file) && !options.overwrite) {
            throw new DataException(file + ": exists already; choose another name, or pass --force to replace it");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new DataException(file + ": cannot be written, there is no folder " + folder + "; create it first");
        }
        requireRoom("the licence", options.licence, "name it and say where it can be read");
        requireRoom("the licence and the name of the data set", options.licence + spec, "shorten them");
        PackWriter writer = new PackWriter(spec, source(spec), options);
        AtomicFile.write(file, channel -> writer.fill(channel, folder, progress));
        try {
            return new Result(writer.pictures, writer.captions, Files.size(file), writer.skipped, writer.firstFault);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + e.getMessage(), e);
        }
    }

    private static void requireRoom(String what, String text, String remedy) {
        int bytes = text(text).length;
        if (bytes > MOST_WORDS) {
            throw new DataException("%s: %d bytes, a pack has room for %d; %s".formatted(what, bytes, MOST_WORDS, remedy));
        }
    }

    /** A text as JSON has it. */
    private static byte[] text(String text) {
        return TextNode.valueOf(text).toString().getBytes(StandardCharsets.UTF_8);
    }

    private static PackSource source(DataSpec spec) {
        return switch (spec.kind()) {
            case SCENES -> PackSource.Scenes.of(spec);
            case PACK -> throw new DataException("data '" + spec + "': is packed already");
            default -> PackSource.Catalogued.of(spec);
        };
    }

    private void fill(FileChannel channel, Path folder, LongConsumer progress) throws IOException {
        SafetensorsStream out = new SafetensorsStream(channel);
        try (Spool texts = new Spool(folder); Spool names = new Spool(folder); Spool scenes = new Spool(folder);
                Spool captionEnds = new Spool(folder); Spool pictureCaptions = new Spool(folder);
                Spool nameEnds = new Spool(folder); Spool sceneEnds = new Spool(folder);
                Spool hashes = new Spool(folder); Spool splitNumbers = new Spool(folder)) {
            loadAll(item -> {
                out.write(ByteBuffer.wrap(item.rgb()));
                pixels.update(item.rgb());
                for (String caption : item.captions()) {
                    texts.write(caption.getBytes(StandardCharsets.UTF_8));
                    captionEnds.write(texts.size());
                    captions++;
                }
                pictureCaptions.write(captions);
                names.write(item.name().getBytes(StandardCharsets.UTF_8));
                nameEnds.write(names.size());
                if (item.scene().isPresent()) {
                    scenes.write(SceneJson.write(item.scene().get()).getBytes(StandardCharsets.UTF_8));
                    sceneEnds.write(scenes.size());
                }
                hashes.write(item.sha256());
                splitNumbers.write(new byte[] {(byte) split(item.split()).intValue()});
                pictures++;
            }, progress);
            if (pictures == 0) {
                throw new DataException("data '" + spec + "': no picture in it can be packed" + (firstFault.isEmpty() ? "" : "; the first: " + firstFault));
            }
            // What follows are numbers of 8 bytes.
            long loose = pictures * options.size * options.size * 3 + texts.size() + names.size() + scenes.size();
            for (long i = loose; i % Long.BYTES != 0; i++) {
                texts.write(new byte[] {'\n'});
            }
            out.end("pictures", DType.U8, pictures, options.size, options.size, 3);
            texts.end(out, "captions", DType.U8);
            names.end(out, "names", DType.U8);
            boolean attributes = sceneEnds.size() > 0;
            if (attributes) {
                scenes.end(out, "scenes", DType.U8);
                sceneEnds.end(out, "scene_ends", DType.I64);
            }
            captionEnds.end(out, "caption_ends", DType.I64);
            pictureCaptions.end(out, "picture_captions", DType.I64);
            nameEnds.end(out, "name_ends", DType.I64);
            hashes.end(out, "sha256", DType.U8, pictures, Sha256.BYTES);
            boolean split = splits.size() > 1 || !splits.containsKey("");
            if (split) {
                splitNumbers.end(out, "splits", DType.U8);
            }
            describe(out, split);
        }
    }

    private void describe(SafetensorsStream out, boolean split) throws IOException {
        out.metadata("format", FORMAT);
        out.metadata("version", VERSION);
        out.metadata("size", Integer.toString(options.size));
        out.metadata("source", spec.toString());
        if (!options.licence.isBlank()) {
            out.metadata("licence", options.licence.strip());
        }
        if (split) {
            out.metadata("splits", splitNames());
        }
        out.metadata("pixels_sha256", HexFormat.of().formatHex(pixels.digest()));
        out.finish();
    }

    private String splitNames() {
        ArrayNode list = new ObjectMapper().createArrayNode();
        splits.keySet().forEach(list::add);
        return list.toString();
    }

    private Integer split(String name) {
        Integer known = splits.get(name);
        if (known != null) {
            return known;
        }
        splits.put(name, splits.size());
        if (splits.size() > MOST_SPLITS + 1) {
            throw new DataException("data '%s': more than %d splits".formatted(spec, MOST_SPLITS));
        }
        if (text(splitNames()).length > MOST_SPLIT_NAMES) {
            throw new DataException("data '%s': the names of its splits are too long for a pack; shorten them".formatted(spec));
        }
        return splits.get(name);
    }

    private interface Taker {
        void take(PackSource.Item item) throws IOException;
    }

    /** Several threads decode, a few pictures ahead; what they make is taken in order. */
    private void loadAll(Taker taker, LongConsumer progress) throws IOException {
        Deque<Future<PackSource.Item>> ahead = new ArrayDeque<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(options.threads, Thread.ofPlatform().daemon().name("pack-", 0).factory())) {
            try {
                for (long i = 0, asked = 0; i < source.size(); i++) {
                    for (; asked < source.size() && asked < i + 4L * options.threads; asked++) {
                        long index = asked;
                        ahead.add(threads.submit(() -> source.load(index, options.size)));
                    }
                    take(ahead.remove(), taker);
                    progress.accept(i + 1);
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private void take(Future<PackSource.Item> future, Taker taker) throws IOException {
        PackSource.Item item;
        try {
            item = future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DataException fault && spec.skipsFaults()) {
                skipped++;
                firstFault = firstFault.isEmpty() ? fault.getMessage() : firstFault;
                return;
            }
            switch (e.getCause()) {
                case DataException fault when spec.kind() != DataSpec.Kind.SCENES ->
                        throw new DataException(fault.getMessage() + "; ?faults=skip leaves out what is at fault", fault);
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while packing");
        }
        taker.take(item);
    }
}
