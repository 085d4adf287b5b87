package dev.t2i.safetensors;

import static dev.t2i.safetensors.SafetensorsException.quote;

import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * One safetensors file, mapped and checked: {@code u64 N | N bytes of JSON | data}, all little-endian. What the header
 * says is checked against the size of the file before any of it is believed, so a lying file costs no memory; the
 * extension of its name counts for nothing.
 */
public final class SafetensorsFile implements Weights {
    private static final int PREFIX = 8;
    private static final int ALIGNMENT = 64;
    private static final int CHUNK = 1 << 16;

    private final String origin;
    private final Map<String, String> metadata;
    private final Map<String, TensorInfo> tensors;
    private final MemorySegment data;

    private SafetensorsFile(String origin, Header header, MemorySegment data) {
        this.origin = origin;
        this.metadata = header.metadata();
        Map<String, TensorInfo> byName = new LinkedHashMap<>();
        header.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
        this.tensors = Collections.unmodifiableMap(byName);
        this.data = data;
    }

    /**
     * Maps a file, or reads it where it is no plain file (in a jar's file system, say). Pages of a mapping are read
     * when first touched. Replacing the file by another of its name is safe meanwhile, rewriting it in place is not.
     *
     * @param arena owns the mapping or the memory
     * @throws SafetensorsException when the file is missing or malformed
     */
    public static SafetensorsFile open(Path path, Arena arena) {
        String origin = path.toString();
        if (Files.isDirectory(path)) {
            throw new SafetensorsException(origin, "is a folder, not a safetensors file");
        }
        if (path.getFileSystem() != FileSystems.getDefault()) {
            try (InputStream in = Files.newInputStream(path)) { // inside a jar, say, where nothing can be mapped
                return read(in, origin, arena);
            } catch (NoSuchFileException e) {
                throw new SafetensorsException(origin, "there is no such file", e);
            } catch (IOException e) {
                throw new SafetensorsException(origin, "cannot be read: " + e.getMessage(), e);
            }
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return open(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), origin);
        } catch (NoSuchFileException e) {
            throw new SafetensorsException(origin, "there is no such file", e);
        } catch (AccessDeniedException e) {
            throw new SafetensorsException(origin, "may not be read; check its permissions", e);
        } catch (IOException e) {
            throw new SafetensorsException(origin, "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a whole stream, such as weights packed in a jar, into off-heap memory with its data 64-byte aligned.
     *
     * @param origin what messages call it
     * @param arena  owns the memory
     * @throws SafetensorsException when the content is malformed
     */
    public static SafetensorsFile read(InputStream in, String origin, Arena arena) {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment content = readFully(in, scratch);
            long dataStart = dataStart(content, origin);
            long lead = (ALIGNMENT - dataStart % ALIGNMENT) % ALIGNMENT;
            MemorySegment kept = arena.allocate(lead + content.byteSize(), ALIGNMENT).asSlice(lead);
            kept.copyFrom(content);
            return open(kept.asReadOnly(), origin);
        } catch (IOException e) {
            throw new SafetensorsException(origin, "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Opens content that is in memory already, without copying it.
     *
     * @param origin what messages call it
     * @throws SafetensorsException when the content is malformed
     */
    public static SafetensorsFile open(MemorySegment content, String origin) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new SafetensorsException(origin, "is little-endian by definition, which this machine is not");
        }
        long dataStart = dataStart(content, origin);
        MemorySegment data = content.asSlice(dataStart);
        return new SafetensorsFile(origin,
                Header.parse(origin, content.asSlice(PREFIX, dataStart - PREFIX), data.byteSize()), data);
    }

    /** Memory grows with what truly arrives, never with what a header promises. */
    private static MemorySegment readFully(InputStream in, Arena scratch) throws IOException {
        byte[] chunk = new byte[CHUNK];
        MemorySegment content = MemorySegment.NULL;
        long size = 0;
        for (int count; (count = in.readNBytes(chunk, 0, CHUNK)) > 0; size += count) {
            if (size + count > content.byteSize()) {
                MemorySegment larger = scratch.allocate(Math.max(size + count, 2 * content.byteSize()));
                larger.copyFrom(content.asSlice(0, size));
                content = larger;
            }
            MemorySegment.copy(chunk, 0, content, ValueLayout.JAVA_BYTE, size, count);
        }
        return content.asSlice(0, size);
    }

    /** Where the data begins, from the first 8 bytes, after comparing them with the true size. */
    private static long dataStart(MemorySegment content, String origin) {
        if (content.byteSize() < PREFIX) {
            throw new SafetensorsException(origin, "is %d bytes long, too short for a safetensors file"
                    .formatted(content.byteSize()));
        }
        long length = content.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        if (Long.compareUnsigned(length, Header.LONGEST) > 0) {
            throw new SafetensorsException(origin, "claims a header of %s bytes, the limit is %d; "
                    .formatted(Long.toUnsignedString(length), Header.LONGEST) + guess(content, "it is no safetensors file"));
        }
        if (length > content.byteSize() - PREFIX) {
            throw new SafetensorsException(origin, "claims a header of %d bytes, but only %d follow; "
                    .formatted(length, content.byteSize() - PREFIX) + guess(content, "it was cut short or is no safetensors file"));
        }
        if (length == 0) {
            throw new SafetensorsException(origin, "its header is empty");
        }
        return PREFIX + length;
    }

    /** What a file that is clearly not safetensors looks like, for people who renamed or half-downloaded one. */
    private static String guess(MemorySegment content, String otherwise) {
        byte[] start = content.asSlice(0, Math.min(8, content.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.startsWith("PK\3\4") || text.startsWith("\u0080")) {
            return "it looks like a PyTorch pickle, which is never loaded; convert it to safetensors";
        }
        if (text.startsWith("version ")) {
            return "it looks like a Git LFS pointer; fetch the file itself with 'git lfs pull'";
        }
        if (text.startsWith("GGUF")) {
            return "it looks like a GGUF file; convert it to safetensors";
        }
        if (text.startsWith("<!") || text.startsWith("<html")) {
            return "it looks like a web page; the download went wrong";
        }
        return otherwise;
    }

    @Override
    public String origin() {
        return origin;
    }

    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo info = tensors.get(name);
        if (info == null) {
            throw new SafetensorsException(origin, "there is no tensor %s".formatted(quote(name)));
        }
        return info;
    }

    /** The bytes of a tensor where they lie; also of one that is longer than a {@link Shape} may be. */
    public MemorySegment bytes(String name) {
        TensorInfo info = info(name);
        return data.asSlice(info.begin(), info.bytes());
    }

    @Override
    public Tensor tensor(String name) {
        TensorInfo info = info(name);
        Shape shape = info.shape(origin);
        return Tensor.wrap(bytes(name), info.dtype(origin), shape);
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }
}
