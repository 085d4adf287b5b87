package dev.t2i.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneJson;
import dev.t2i.safetensors.SafetensorsException;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.StoredType;
import dev.t2i.safetensors.TensorInfo;
import dev.t2i.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file that {@link PackWriter} wrote, mapped. What its tables of places say is checked when it is opened; pixels and texts are read when
 * they are asked for. Safe to use from several threads.
 */
final class PackFile implements Catalogue {
    private static final int CHUNK = 1 << 20;
    private static final int BITMAP_HEADER = 54;

    private final Path path;
    private final Map<String, String> metadata;
    private final int edge;
    private final long count;
    private final MemorySegment pictures;
    private final Column captions;
    private final MemorySegment pictureCaptions;
    private final Column names;
    private final Optional<Column> scenes;
    private final MemorySegment sha256;
    private final Optional<MemorySegment> splitNumbers;
    private final List<String> splits;
    private Problems problems;

    /** Texts one behind the other, and where each ends. */
    private record Column(String name, MemorySegment bytes, MemorySegment ends) {
        long count() {
            return ends.byteSize() / Long.BYTES;
        }
    }

    private PackFile(Path path, SafetensorsFile file) {
        this.path = path;
        this.metadata = file.metadata();
        if (!PackWriter.FORMAT.equals(metadata.get("format"))) {
            throw fault("a safetensors file, but no pack; 'data pack' writes such files");
        }
        if (!PackWriter.VERSION.equals(metadata.get("version"))) {
            throw fault("a pack of version " + metadata.get("version") + ", this program reads version " + PackWriter.VERSION + "; pack again");
        }
        TensorInfo info = info(file, "pictures");
        List<Long> dims = info.dims();
        if (dims.size() != 4 || dims.get(0) < 1 || !dims.get(1).equals(dims.get(2)) || dims.get(3) != 3 || dims.get(1) > PackWriter.MAX_SIZE) {
            throw fault("'pictures' has shape %s, a pack needs [n, size, size, 3]".formatted(dims));
        }
        this.count = dims.get(0);
        this.edge = Math.toIntExact(dims.get(1));
        this.pictures = column(file, "pictures", DType.U8);
        this.captions = new Column("captions", column(file, "captions", DType.U8), column(file, "caption_ends", DType.I64));
        this.pictureCaptions = column(file, "picture_captions", DType.I64);
        this.names = new Column("names", column(file, "names", DType.U8), column(file, "name_ends", DType.I64));
        this.scenes = file.names().contains("scenes")
                ? Optional.of(new Column("scenes", column(file, "scenes", DType.U8), column(file, "scene_ends", DType.I64))) : Optional.empty();
        this.sha256 = column(file, "sha256", DType.U8);
        this.splitNumbers = file.names().contains("splits") ? Optional.of(column(file, "splits", DType.U8)) : Optional.empty();
        this.splits = splitNumbers.isPresent() ? names(metadata.getOrDefault("splits", "[]")) : List.of();
        requireSense();
    }

    /** @throws DataException one line where it is no pack, or a damaged one */
    static PackFile open(Path path) {
        try {
            return new PackFile(path, SafetensorsFile.open(path, Arena.ofAuto()));
        } catch (SafetensorsException e) {
            throw new DataException(e.getMessage(), e);
        }
    }

    private TensorInfo info(SafetensorsFile file, String name) {
        if (!file.names().contains(name)) {
            throw fault("there is no tensor '" + name + "', which every pack has; pack again");
        }
        return file.info(name);
    }

    private MemorySegment column(SafetensorsFile file, String name, DType dtype) {
        StoredType type = info(file, name).type();
        if (!type.dtype().equals(Optional.of(dtype))) {
            throw fault("'%s' is %s, a pack has it as %s".formatted(name, type, dtype));
        }
        return file.bytes(name);
    }

    private List<String> names(String json) {
        try {
            List<String> names = new ArrayList<>();
            for (JsonNode name : new ObjectMapper().readTree(json)) {
                names.add(name.asText());
            }
            return List.copyOf(names);
        } catch (JsonProcessingException e) {
            throw fault("its list of splits is no JSON");
        }
    }

    private void requireSense() {
        requireCount("picture_captions", pictureCaptions.byteSize() / Long.BYTES);
        requireCount("name_ends", names.count());
        scenes.ifPresent(column -> requireCount("scene_ends", column.count()));
        requireCount("sha256", sha256.byteSize() / Sha256.BYTES);
        requireRising("picture_captions", pictureCaptions, captions.count(), true);
        requireRising("caption_ends", captions.ends, captions.bytes.byteSize(), true);
        requireRising("name_ends", names.ends, names.bytes.byteSize(), false);
        scenes.ifPresent(column -> requireRising("scene_ends", column.ends, column.bytes.byteSize(), true));
        splitNumbers.ifPresent(numbers -> {
            requireCount("splits", numbers.byteSize());
            for (long i = 0; i < count; i++) {
                if ((numbers.get(ValueLayout.JAVA_BYTE, i) & 255) >= splits.size()) {
                    throw fault("picture %d belongs to split %d of %d".formatted(i, numbers.get(ValueLayout.JAVA_BYTE, i) & 255, splits.size()));
                }
            }
        });
    }

    private void requireCount(String name, long entries) {
        if (entries != count) {
            throw fault("'%s' has %d entries for %d pictures".formatted(name, entries, count));
        }
    }

    private void requireRising(String name, MemorySegment ends, long most, boolean strictly) {
        long before = 0;
        for (long i = 0; i < ends.byteSize() / Long.BYTES; i++) {
            long end = end(ends, i);
            if (end < before || strictly && end == before || end > most) {
                throw fault("'%s' is damaged at entry %d, which says %d after %d, of %d".formatted(name, i, end, before, most));
            }
            before = end;
        }
    }

    private static long end(MemorySegment ends, long index) {
        return index < 0 ? 0 : ends.get(ValueLayout.JAVA_LONG_UNALIGNED, index * Long.BYTES);
    }

    private DataException fault(String message) {
        return new DataException(path + ": " + message);
    }

    private String text(Column column, long index) {
        long from = end(column.ends, index - 1);
        byte[] bytes = column.bytes.asSlice(from, end(column.ends, index) - from).toArray(ValueLayout.JAVA_BYTE);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new DataException("%s: text %d of '%s' is not UTF-8; pack again".formatted(path, index, column.name), e);
        }
    }

    @Override
    public long size() {
        return count;
    }

    /** Edge of the pictures in pixels. */
    int edge() {
        return edge;
    }

    Path path() {
        return path;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    /** The bytes of a picture, {@code [size, size, 3]}, where they lie. */
    MemorySegment picture(long index) {
        long bytes = (long) edge * edge * 3;
        return pictures.asSlice(index * bytes, bytes);
    }

    @Override
    public List<String> captions(long index) {
        List<String> texts = new ArrayList<>();
        for (long i = end(pictureCaptions, index - 1); i < end(pictureCaptions, index); i++) {
            texts.add(text(captions, i));
        }
        return texts;
    }

    long captionCount() {
        return captions.count();
    }

    @Override
    public String name(long index) {
        return text(names, index);
    }

    @Override
    public String place(long index) {
        return path + "/" + name(index);
    }

    @Override
    public String split(long index) {
        return splitNumbers.map(numbers -> splits.get(numbers.get(ValueLayout.JAVA_BYTE, index) & 255)).orElse("");
    }

    List<String> splits() {
        return splits;
    }

    boolean hasScenes() {
        return scenes.isPresent();
    }

    Scene scene(long index) {
        try {
            return SceneJson.read(text(scenes.orElseThrow(), index));
        } catch (DataException e) {
            throw new DataException("%s: picture %d, %s".formatted(path, index, e.getMessage()), e);
        }
    }

    /** Of the file that the picture was, in hexadecimal digits. */
    String sha256(long index) {
        return HexFormat.of().formatHex(sha256.asSlice(index * Sha256.BYTES, Sha256.BYTES).toArray(ValueLayout.JAVA_BYTE));
    }

    /** A bitmap file of the picture, without compression. */
    @Override
    public byte[] bytes(long index) {
        int stride = Math.ceilDiv(3 * edge, 4) * 4;
        ByteBuffer file = ByteBuffer.allocate(BITMAP_HEADER + stride * edge).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(BITMAP_HEADER);
        file.putInt(40).putInt(edge).putInt(-edge).putShort((short) 1).putShort((short) 24).position(BITMAP_HEADER);
        MemorySegment rgb = picture(index);
        for (int y = 0; y < edge; y++) {
            file.position(BITMAP_HEADER + y * stride);
            for (long at = 3L * y * edge; at < 3L * (y + 1) * edge; at += 3) {
                for (int c = 2; c >= 0; c--) {
                    file.put(rgb.get(ValueLayout.JAVA_BYTE, at + c));
                }
            }
        }
        return file.array();
    }

    /** Only whether the pixels are those that were packed, for which all of them are read. */
    @Override
    public synchronized Problems problems() {
        if (problems == null) {
            problems = new Problems();
            if (!isWhole()) {
                problems.add(Problem.Type.CORRUPT_PICTURE, path.getFileName().toString(), "its pictures are not those that were packed; pack again");
            }
        }
        return problems;
    }

    /** Whether the pixels are those that were packed. Reads all of them. */
    boolean isWhole() {
        MessageDigest digest = Sha256.digest();
        for (long at = 0; at < pictures.byteSize(); at += CHUNK) {
            digest.update(pictures.asSlice(at, Math.min(CHUNK, pictures.byteSize() - at)).asByteBuffer());
        }
        return HexFormat.of().formatHex(digest.digest()).equals(metadata.get("pixels_sha256"));
    }
}
