package dev.t2i.data;

import dev.t2i.safetensors.SafetensorsStream;
import dev.t2i.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A column of a file that is being written, kept in a file of its own until its turn comes. */
final class Spool implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    private long size;

    Spool(Path folder) throws IOException {
        Path file = Files.createTempFile(folder, ".pack", ".tmp");
        channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    void write(byte[] bytes) throws IOException {
        size += bytes.length;
        for (int at = 0; at < bytes.length; ) {
            int count = Math.min(buffer.remaining(), bytes.length - at);
            buffer.put(bytes, at, count);
            at += count;
            if (!buffer.hasRemaining()) {
                flush();
            }
        }
    }

    void write(long number) throws IOException {
        if (buffer.remaining() < Long.BYTES) {
            flush();
        }
        buffer.putLong(number);
        size += Long.BYTES;
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** Bytes so far. */
    long size() {
        return size;
    }

    /** Appends all of it as one tensor; without {@code dims} it has one dimension. */
    void end(SafetensorsStream out, String name, DType dtype, long... dims) throws IOException {
        flush();
        for (channel.position(0); channel.read(buffer) >= 0; buffer.clear()) {
            out.write(buffer.flip());
        }
        buffer.clear();
        out.end(name, dtype, dims.length > 0 ? dims : new long[] {size / dtype.bytes()});
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
