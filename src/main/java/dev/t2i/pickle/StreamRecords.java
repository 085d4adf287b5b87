package dev.t2i.pickle;

import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The container before PyTorch 1.6, in which most older weights are published: pickles one after another (a magic number, a version, facts
 * about the machine, the object, the keys of its storages), then for each key the number of its elements and their bytes.
 */
final class StreamRecords implements CheckpointRecords {
    /** The magic number as it is pickled. */
    static final byte[] MAGIC = {(byte) 0x80, 2, (byte) 0x8A, 10, 0x6C, (byte) 0xFC, (byte) 0x9C, 0x46, (byte) 0xF9, 0x20, 0x6A, (byte) 0xA8, 0x50, 0x19};
    private static final int MOST_PICKLE = 64 << 20;
    private static final long VERSION = 1001;
    private static final ValueLayout.OfLong COUNT = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path source;
    private final Arena mapping = Arena.ofConfined();
    private final MemorySegment file;
    private final TorchWhitelist whitelist = new TorchWhitelist();
    private final Object root;
    private final Map<String, MemorySegment> storages = new HashMap<>();

    StreamRecords(Path source) throws IOException {
        this.source = source;
        try (FileChannel channel = FileChannel.open(source, StandardOpenOption.READ)) {
            this.file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), mapping);
            ByteBuffer pickles = ByteBuffer.wrap(file.asSlice(0, Math.min(file.byteSize(), MOST_PICKLE)).toArray(ValueLayout.JAVA_BYTE));
            pickle(pickles);
            if (!Long.valueOf(VERSION).equals(pickle(pickles))) {
                throw bad("is of an unknown version" + PyTorchCheckpoint.AGAIN);
            }
            if (pickle(pickles) instanceof Map<?, ?> machine && Boolean.FALSE.equals(machine.get("little_endian"))) {
                throw bad("was written on a big-endian machine; load it there in PyTorch and save it as safetensors");
            }
            this.root = pickle(pickles);
            find(pickle(pickles), pickles.position());
        } catch (IOException | RuntimeException e) {
            mapping.close();
            throw e;
        }
    }

    private Object pickle(ByteBuffer pickles) {
        return PickleReader.read(pickles, source.toString(), whitelist);
    }

    /** Walks over the storages, which say how long they are in elements of a type that only the object knows. */
    private void find(Object keys, long start) {
        if (!(keys instanceof List<?> list)) {
            throw bad("has no list of its storages; it is damaged, fetch it again");
        }
        long at = start;
        for (Object key : list) {
            TorchTensor.Storage storage = key instanceof String name ? whitelist.storages().get(name) : null;
            if (storage == null || file.byteSize() - at < Long.BYTES) {
                throw bad(storage == null ? "has a storage that no tensor uses; it is damaged or unusual" + PyTorchCheckpoint.AGAIN : "is cut short; fetch it again");
            }
            long elements = file.get(COUNT, at);
            int bytes = storage.type() == null ? 1 : storage.type().bits() / Byte.SIZE;
            at += Long.BYTES;
            if (elements < 0 || elements > (file.byteSize() - at) / bytes) {
                throw bad("the storage %s claims %d elements, the file ends before; fetch it again".formatted(storage.key(), elements));
            }
            storages.put(storage.key(), file.asSlice(at, elements * bytes));
            at += elements * bytes;
        }
    }

    @Override
    public Object root() {
        return root;
    }

    @Override
    public MemorySegment storage(TorchTensor.Storage storage, Arena arena) {
        MemorySegment found = storages.get(storage.key());
        if (found == null || found.byteSize() < storage.bytes()) {
            throw bad("the storage %s has %d bytes, its tensors need %d; fetch it again"
                    .formatted(storage.key(), found == null ? 0 : found.byteSize(), storage.bytes()));
        }
        return found;
    }

    private BadModelException bad(String problem) {
        return new BadModelException(source + ": " + problem);
    }

    @Override
    public void close() {
        mapping.close();
    }
}
