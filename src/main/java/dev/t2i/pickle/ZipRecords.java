package dev.t2i.pickle;

import dev.t2i.error.BadModelException;
import dev.t2i.error.OneLine;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The container of PyTorch 1.6 and later: a zip archive of one folder with {@code data.pkl} and, stored as they are, {@code data/N}. */
final class ZipRecords implements CheckpointRecords {
    private static final int MOST_PICKLE = 64 << 20;

    private final Path source;
    private final ZipFile zip;
    private final String folder;

    ZipRecords(Path source) throws IOException {
        this.source = source;
        this.zip = new ZipFile(source.toFile());
        try {
            this.folder = folder();
            requireLittleEndian();
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** The one folder of the archive, with its slash. */
    private String folder() throws IOException {
        Optional<String> found = Optional.empty();
        long unclaimed = Files.size(source);
        for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements();) {
            ZipEntry entry = entries.nextElement();
            if (entry.getName().matches("[^/]+/constants\\.pkl")) {
                throw bad("is a TorchScript program, not a checkpoint" + PyTorchCheckpoint.AGAIN);
            }
            if (entry.getName().matches("[^/]+/data\\.pkl")) {
                found = Optional.of(entry.getName().substring(0, entry.getName().indexOf('/') + 1));
            }
            // Records that overlap would make much out of little.
            if (entry.getCompressedSize() < 0 || entry.getCompressedSize() > unclaimed) {
                throw bad("its records overlap; it is damaged or a trap");
            }
            unclaimed -= entry.getCompressedSize();
        }
        return found.orElseThrow(() -> bad("is a zip archive without data.pkl, so no PyTorch checkpoint"));
    }

    private void requireLittleEndian() throws IOException {
        if (zip.getEntry(folder + "byteorder") != null && new String(record("byteorder", 16), StandardCharsets.US_ASCII).equals("big")) {
            throw bad("was written on a big-endian machine; load it there in PyTorch and save it as safetensors");
        }
    }

    @Override
    public Object root() throws IOException {
        return PickleReader.read(record("data.pkl", MOST_PICKLE), source.toString(), new TorchWhitelist());
    }

    private ZipEntry stored(String name) {
        ZipEntry entry = zip.getEntry(folder + name);
        if (entry == null) {
            throw bad("the record '" + OneLine.of(name, 80) + "' is missing; it is damaged, fetch it again");
        }
        if (entry.getMethod() != ZipEntry.STORED) {
            throw bad("the record '" + OneLine.of(name, 80) + "' is compressed, which torch.save never does" + PyTorchCheckpoint.AGAIN);
        }
        if (entry.getSize() != entry.getCompressedSize()) {
            throw bad("the record '%s' is said to have %d bytes and lies in %d; it is damaged or a trap".formatted(OneLine.of(name, 80), entry.getSize(), entry.getCompressedSize()));
        }
        return entry;
    }

    private byte[] record(String name, int most) throws IOException {
        ZipEntry entry = stored(name);
        if (entry.getSize() > most) {
            throw bad("the record '%s' has %d bytes, more than %d".formatted(name, entry.getSize(), most));
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    @Override
    public MemorySegment storage(TorchTensor.Storage storage, Arena arena) throws IOException {
        ZipEntry entry = stored("data/" + storage.key());
        if (entry.getSize() < storage.bytes()) {
            throw bad("the record data/%s has %d bytes, its tensors need %d; fetch it again".formatted(storage.key(), entry.getSize(), storage.bytes()));
        }
        MemorySegment memory = arena.allocate(Math.max(1, entry.getSize()), 64).asSlice(0, entry.getSize());
        byte[] chunk = new byte[1 << 20];
        long at = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            for (int count; at < memory.byteSize() && (count = in.read(chunk)) > 0; at += count) {
                MemorySegment.copy(MemorySegment.ofArray(chunk), 0, memory, at, Math.min(count, memory.byteSize() - at));
            }
        }
        if (at < memory.byteSize()) {
            throw bad("the record data/%s is cut short; fetch it again".formatted(storage.key()));
        }
        return memory;
    }

    private BadModelException bad(String problem) {
        return new BadModelException(source + ": " + problem);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
