package dev.t2i.pickle;

import dev.t2i.error.BadModelException;
import dev.t2i.error.FileTrouble;
import dev.t2i.error.OneLine;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipException;

/**
 * A checkpoint that {@code torch.save} wrote, read without executing it: a pickle and the bytes of storages that the pickle's tensors are
 * views of. Only what dictionaries of weights are made of is understood; whatever else a pickle asks for is refused by its name.
 */
public final class PyTorchCheckpoint {
    /** Tensors that share a storage are written one by one; more than this factor is no model but a trap. */
    private static final int MOST_REPEATED = 16;
    private static final int MOST_SHOWN = 8;
    static final String AGAIN = "; load it in PyTorch and save its state_dict() again with torch.save";
    private static final int TAR_MAGIC = 257;

    /**
     * What a conversion did.
     *
     * @param tensors how many were written
     * @param leftOut keys beside them that hold no tensor
     */
    public record Converted(int tensors, long parameters, List<String> leftOut) {}

    private PyTorchCheckpoint() {}

    /**
     * Writes the tensors of a checkpoint as safetensors, under their names and in their types.
     *
     * @param source a checkpoint
     * @param key where in it the tensors' dictionary is, as keys joined by dots; empty where the checkpoint is that dictionary
     * @param target the file to make; nothing is written unless everything could be read
     * @throws BadModelException in one line when the checkpoint is no such file, damaged, or asks for anything but tensors
     */
    public static Converted convert(Path source, String key, Path target) {
        try (Arena arena = Arena.ofConfined(); CheckpointRecords records = open(source)) {
            Object root = records.root();
            Map<String, TorchTensor> tensors = new LinkedHashMap<>();
            List<String> leftOut = new ArrayList<>();
            dictionary(source, root, key).forEach((name, value) -> {
                if (value instanceof TorchTensor tensor) {
                    tensors.put(String.valueOf(name), tensor);
                } else {
                    leftOut.add(String.valueOf(name));
                }
            });
            long bytes = 0;
            Map<String, MemorySegment> storages = new LinkedHashMap<>();
            SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
            long parameters = 0;
            for (Map.Entry<String, TorchTensor> entry : tensors.entrySet()) {
                TorchTensor tensor = entry.getValue();
                tensor.requireInside(source, entry.getKey());
                bytes += tensor.elements() * tensor.elementBytes();
                if (bytes / MOST_REPEATED > Files.size(source)) {
                    throw bad(source, "its tensors would take more than %d times the checkpoint's size, so it is no model".formatted(MOST_REPEATED));
                }
                MemorySegment storage = storages.get(tensor.storage().key());
                if (storage == null) {
                    storage = records.storage(tensor.storage(), arena);
                    storages.put(tensor.storage().key(), storage);
                }
                if (storage.byteSize() < tensor.storage().bytes()) {
                    throw bad(source, "its pickle gives the storage %s two sizes; it is damaged or a trap".formatted(tensor.storage().key()));
                }
                add(source, writer, entry.getKey(), tensor, tensor.contiguous(storage, arena));
                parameters += tensor.elements();
            }
            writer.write(target);
            return new Converted(tensors.size(), parameters, leftOut);
        } catch (PickleException e) {
            throw new BadModelException(e.getMessage(), e);
        } catch (ZipException e) {
            throw new BadModelException(source + ": is a damaged zip archive (" + OneLine.of(String.valueOf(e.getMessage())) + "); fetch it again", e);
        } catch (IOException e) {
            throw new BadModelException(source + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    private static void add(Path source, SafetensorsWriter writer, String name, TorchTensor tensor, MemorySegment data) {
        try {
            writer.add(name, tensor.type(), Shape.of(tensor.size().stream().mapToInt(Math::toIntExact).toArray()), data);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new BadModelException(source + ": the tensor " + shown(name) + " does not fit safetensors, " + OneLine.of(e.getMessage()), e);
        }
    }

    /** Follows the key to a dictionary that holds tensors. */
    private static Map<?, ?> dictionary(Path source, Object root, String key) {
        Object at = root;
        StringBuilder where = new StringBuilder();
        for (String part : key.isEmpty() ? new String[0] : key.split("\\.", -1)) {
            if (!(at instanceof Map<?, ?> map) || !map.containsKey(part)) {
                throw bad(source, "there is no %s in it%s".formatted(shown(where + part), at instanceof Map<?, ?> map ? "; it has " + listed(map) : ""));
            }
            at = map.get(part);
            where.append(part).append('.');
        }
        if (!(at instanceof Map<?, ?> map)) {
            throw bad(source, (key.isEmpty() ? "it" : shown(key)) + " is no dictionary of tensors; a state_dict is needed");
        }
        if (map.values().stream().noneMatch(TorchTensor.class::isInstance)) {
            List<String> inner = map.entrySet().stream().filter(entry -> entry.getValue() instanceof Map).map(entry -> where + String.valueOf(entry.getKey())).toList();
            throw bad(source, inner.isEmpty() ? "it holds no tensors; a state_dict is needed"
                    : "its tensors lie deeper; name their dictionary with --key, as in --key " + OneLine.of(inner.getFirst()) + " (it has " + listed(map) + ")");
        }
        return map;
    }

    private static String listed(Map<?, ?> map) {
        List<String> keys = map.keySet().stream().limit(MOST_SHOWN).map(key -> shown(String.valueOf(key))).toList();
        return String.join(", ", keys) + (map.size() > MOST_SHOWN ? " and " + (map.size() - MOST_SHOWN) + " more" : "");
    }

    private static String shown(String name) {
        return "'" + OneLine.of(name, 80) + "'";
    }

    /** The start tells the containers apart; what a file is called does not. */
    private static CheckpointRecords open(Path source) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(source)) {
            start = in.readNBytes(TAR_MAGIC + 5);
        }
        if (startsWith(start, 0, new byte[] {'P', 'K', 3, 4})) {
            return new ZipRecords(source);
        }
        if (startsWith(start, 0, StreamRecords.MAGIC)) {
            return new StreamRecords(source);
        }
        if (startsWith(start, TAR_MAGIC, "ustar".getBytes(StandardCharsets.US_ASCII))) {
            throw bad(source, "is in the format of PyTorch before 0.1.10, which is not read" + AGAIN);
        }
        if (start.length > 8 && start[8] == '{') {
            throw bad(source, "is no PyTorch checkpoint; it looks like safetensors already");
        }
        throw bad(source, "is no PyTorch checkpoint as torch.save writes it" + (start.length > 0 && start[0] == (byte) 0x80 ? "; it looks like a plain pickle" : ""));
    }

    private static boolean startsWith(byte[] content, int at, byte[] magic) {
        return content.length >= at + magic.length && Arrays.equals(content, at, at + magic.length, magic, 0, magic.length);
    }

    private static BadModelException bad(Path source, String problem) {
        return new BadModelException(source + ": " + problem);
    }
}
