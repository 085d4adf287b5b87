package dev.t2i.safetensors;

import static dev.t2i.safetensors.SafetensorsException.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.t2i.tensor.DType;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes tensors one after another into a safetensors file without knowing beforehand how long they become: room for the header is left at
 * the start and padded with blanks, as the format allows. For files larger than memory; {@link SafetensorsWriter} writes what is at hand.
 * Tensors lie in the order in which they are written, so that of a type wider than a byte begins where that type is aligned.
 */
public final class SafetensorsStream {
    private static final int HEADER = 1 << 14;
    private static final int PREFIX = 8;

    private record Entry(DType dtype, long[] dims, long begin, long end) {}

    private final FileChannel channel;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private long begin = -1;

    /** @param channel an empty file, as {@link AtomicFile} gives it */
    public SafetensorsStream(FileChannel channel) throws IOException {
        this.channel = channel;
        channel.position(HEADER);
    }

    /** Adds a string beside the tensors. */
    public void metadata(String key, String value) {
        metadata.put(key, value);
    }

    /** Appends bytes to the tensor that is being written. */
    public void write(ByteBuffer bytes) throws IOException {
        if (begin < 0) {
            begin = channel.position();
        }
        AtomicFile.writeFully(channel, bytes);
    }

    /**
     * Ends a tensor: all that was written since the one before, which may be nothing.
     *
     * @param dims whose product must be what was written
     */
    public void end(String name, DType dtype, long... dims) throws IOException {
        long start = begin < 0 ? channel.position() : begin;
        long bytes = Arrays.stream(dims).reduce(dtype.bytes(), Math::multiplyExact);
        if (channel.position() - start != bytes) {
            throw new IllegalStateException("tensor %s of %d bytes ends after %d".formatted(quote(name), bytes, channel.position() - start));
        }
        if (start % dtype.bytes() != 0) {
            throw new IllegalStateException("tensor %s is not aligned; write it elsewhere or pad what is before it".formatted(quote(name)));
        }
        if (entries.put(name, new Entry(dtype, dims.clone(), start - HEADER, channel.position() - HEADER)) != null) {
            throw new IllegalStateException("tensor %s was written twice".formatted(quote(name)));
        }
        begin = -1;
    }

    /** Fills in the header; nothing can be written after that. */
    public void finish() throws IOException {
        byte[] json = header().getBytes(StandardCharsets.UTF_8);
        if (json.length > HEADER - PREFIX) {
            throw new IllegalStateException("the header needs %d bytes, there is room for %d".formatted(json.length, HEADER - PREFIX));
        }
        byte[] padded = Arrays.copyOf(json, HEADER - PREFIX);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        channel.position(0);
        AtomicFile.writeFully(channel, ByteBuffer.allocate(PREFIX).order(ByteOrder.LITTLE_ENDIAN).putLong(padded.length).flip());
        AtomicFile.writeFully(channel, ByteBuffer.wrap(padded));
    }

    private String header() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeObjectFieldStart(Header.METADATA_KEY);
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            for (Map.Entry<String, Entry> named : entries.entrySet()) {
                Entry entry = named.getValue();
                json.writeObjectFieldStart(named.getKey());
                json.writeStringField("dtype", entry.dtype.name());
                json.writeFieldName("shape");
                json.writeArray(entry.dims, 0, entry.dims.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {entry.begin, entry.end}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        return text.toString();
    }
}
