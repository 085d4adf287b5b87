package dev.t2i;

import dev.t2i.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.Function;
import java.util.zip.CRC32;

/**
 * Tells models apart by their numbers: the CRC-32 over names and data of their tensors. No proof against malice, which a
 * picture's metadata don't need; a cryptographic sum would take a second of a cold start.
 */
final class Fingerprint {
    private static final long CHUNK = 1 << 30;

    private final CRC32 sum = new CRC32();

    /** Takes in some tensors, by name. */
    Fingerprint add(Collection<String> names, Function<String, Tensor> tensors) {
        names.stream().sorted().forEach(name -> {
            sum.update(name.getBytes(StandardCharsets.UTF_8));
            MemorySegment data = tensors.apply(name).segment();
            for (long at = 0; at < data.byteSize(); at += CHUNK) {
                sum.update(data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer());
            }
        });
        return this;
    }

    /** Eight hexadecimal digits. */
    @Override
    public String toString() {
        return "%08x".formatted(sum.getValue());
    }
}
