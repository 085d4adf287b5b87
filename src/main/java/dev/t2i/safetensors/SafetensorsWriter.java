package dev.t2i.safetensors;

import static dev.t2i.safetensors.SafetensorsException.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Collects tensors and writes them as one safetensors file: larger element types first so that all are aligned, then by
 * name, behind a header padded to 8 bytes. The same content always gives the same bytes.
 *
 * <pre>{@code
 * new SafetensorsWriter().metadata("format", "pt").add("fc.weight", weight).write(path);
 * }</pre>
 */
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 8;
    private static final int CHUNK = 1 << 20;

    private record Entry(String name, StoredType type, Shape shape, MemorySegment raw, Tensor tensor, DType converted) {
        int elementBytes() {
            return type.bits() / Byte.SIZE;
        }

        long bytes() {
            return Math.multiplyExact(shape.size(), elementBytes());
        }
    }

    private final Map<String, String> metadata = new TreeMap<>();
    private final Map<String, Entry> entries = new TreeMap<>();

    /** Adds a string beside the tensors. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(requireText(key), requireText(value));
        return this;
    }

    /** Adds a tensor as it is. Its memory is read when the file is written. */
    public SafetensorsWriter add(String name, Tensor tensor) {
        return add(name, tensor, tensor.dtype());
    }

    /** Adds a tensor to be converted while writing, rounded to nearest, ties to even; floating-point types only. */
    public SafetensorsWriter add(String name, Tensor tensor, DType stored) {
        if (stored != tensor.dtype() && !(stored.isFloating() && tensor.dtype().isFloating())) {
            throw new IllegalArgumentException("tensor %s cannot be converted from %s to %s"
                    .formatted(quote(name), tensor.dtype(), stored));
        }
        return add(new Entry(name, StoredType.of(stored), tensor.shape(), tensor.segment(), tensor, stored == tensor.dtype() ? null : stored));
    }

    /** Adds the bytes of a tensor of any type with whole bytes, row-major and little-endian. Its memory is read when the file is written. */
    public SafetensorsWriter add(String name, StoredType type, Shape shape, MemorySegment data) {
        if (type.bits() % Byte.SIZE != 0 || data.byteSize() != shape.size() * (type.bits() / Byte.SIZE)) {
            throw new IllegalArgumentException("tensor %s of %s %s does not have %d bytes".formatted(quote(name), type, shape, data.byteSize()));
        }
        return add(new Entry(name, type, shape, data, null, null));
    }

    private SafetensorsWriter add(Entry entry) {
        String name = requireText(entry.name());
        if (name.equals(Header.METADATA_KEY) || name.length() > Header.LONGEST_NAME) {
            throw new IllegalArgumentException("a tensor cannot be named " + quote(name));
        }
        if (entry.shape().rank() > Header.HIGHEST_RANK) {
            throw new IllegalArgumentException("tensor %s has rank %d, more than %d"
                    .formatted(quote(name), entry.shape().rank(), Header.HIGHEST_RANK));
        }
        if (entries.putIfAbsent(name, entry) != null) {
            throw new IllegalArgumentException("tensor %s was added twice".formatted(quote(name)));
        }
        return this;
    }

    /** Adds several tensors as they are. */
    public SafetensorsWriter addAll(Map<String, Tensor> tensors) {
        tensors.forEach(this::add);
        return this;
    }

    /**
     * Creates or replaces a file, wholly or not at all ({@link AtomicFile}). A file that is mapped meanwhile keeps its
     * content for those who mapped it.
     *
     * @throws dev.t2i.error.BadInputException when the disk is full or the place not writable
     * @throws SafetensorsException when a finite number does not fit the type it is to be stored in
     */
    public void write(Path target) {
        List<Entry> ordered = ordered();
        byte[] header = header(ordered);
        if (header.length > Header.LONGEST) {
            throw new SafetensorsException(target.toString(), "would need a header of %d bytes, the limit is %d"
                    .formatted(header.length, Header.LONGEST));
        }
        AtomicFile.write(target, channel -> {
            ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip();
            AtomicFile.writeFully(channel, prefix);
            AtomicFile.writeFully(channel, ByteBuffer.wrap(header));
            for (Entry entry : ordered) {
                writeData(channel, entry, target);
            }
        });
    }

    private List<Entry> ordered() {
        // Names compare as UTF-8 bytes, as in the reference writer; UTF-16 order differs beyond the basic plane.
        Comparator<Entry> bySize = Comparator.comparingInt(entry -> -entry.elementBytes());
        return entries.values().stream()
                .sorted(bySize.thenComparing(entry -> entry.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned))
                .toList();
    }

    private byte[] header(List<Entry> ordered) {
        // To text first: straight to bytes, Jackson would escape what lies beyond the basic plane.
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(Header.METADATA_KEY);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long offset = 0;
            for (Entry entry : ordered) {
                json.writeObjectFieldStart(entry.name());
                json.writeStringField("dtype", entry.type().name());
                json.writeFieldName("shape");
                int[] dims = entry.shape().dims();
                json.writeArray(dims, 0, dims.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {offset, offset += entry.bytes()}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail to be written
        }
        byte[] header = text.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(header, Math.ceilDiv(header.length, ALIGNMENT) * ALIGNMENT);
        Arrays.fill(padded, header.length, padded.length, (byte) ' ');
        return padded;
    }

    private static void writeData(FileChannel channel, Entry entry, Path target) throws IOException {
        if (entry.converted() != null) {
            writeConverted(channel, entry, target);
            return;
        }
        MemorySegment payload = entry.raw();
        for (long at = 0; at < payload.byteSize(); at += CHUNK) {
            AtomicFile.writeFully(channel,
                    payload.asSlice(at, Math.min(CHUNK, payload.byteSize() - at)).asByteBuffer());
        }
    }

    private static void writeConverted(FileChannel channel, Entry entry, Path target) throws IOException {
        Tensor tensor = entry.tensor();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i < tensor.size(); i++) {
            double value = tensor.getDouble(i);
            double kept = switch (entry.converted()) {
                case F16 -> {
                    short bits = Float.floatToFloat16((float) value);
                    chunk.putShort(bits);
                    yield Float.float16ToFloat(bits);
                }
                case BF16 -> {
                    short bits = DType.floatToBf16((float) value);
                    chunk.putShort(bits);
                    yield DType.bf16ToFloat(bits);
                }
                case F32 -> {
                    chunk.putFloat((float) value);
                    yield (float) value;
                }
                case F64 -> {
                    chunk.putDouble(value);
                    yield value;
                }
                case I32, I64, U8 -> throw new IllegalStateException("not a floating-point type: " + entry.converted());
            };
            if (Double.isFinite(value) && !Double.isFinite(kept)) {
                throw new SafetensorsException(target.toString(), "tensor %s holds %s, too large for %s; store it as F32"
                        .formatted(quote(entry.name()), value, entry.converted()));
            }
            if (!chunk.hasRemaining()) {
                AtomicFile.writeFully(channel, chunk.flip());
                chunk.clear();
            }
        }
        AtomicFile.writeFully(channel, chunk.flip());
    }

    private static String requireText(String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(Objects.requireNonNull(text))) {
            throw new IllegalArgumentException(quote(text) + " holds half a surrogate pair");
        }
        return text;
    }
}
