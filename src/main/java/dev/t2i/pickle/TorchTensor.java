package dev.t2i.pickle;

import dev.t2i.error.BadModelException;
import dev.t2i.error.OneLine;
import dev.t2i.safetensors.StoredType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor as a checkpoint describes it: a view of a storage.
 *
 * @param type of its elements, which a later type may have laid over the storage's bytes
 * @param offset first element in the storage, in elements
 * @param size its shape
 * @param stride how many elements lie between neighbours along each axis
 */
record TorchTensor(Storage storage, StoredType type, long offset, List<Long> size, List<Long> stride) {
    static final int HIGHEST_RANK = 16;

    /**
     * A record of the archive.
     *
     * @param key its name in the folder {@code data/}
     * @param bytes that the pickle says it has
     */
    record Storage(String key, StoredType type, long bytes) {}

    int elementBytes() {
        return type.bits() / Byte.SIZE;
    }

    long elements() {
        return size.stream().reduce(1L, (a, b) -> a * b);
    }

    /** Refuses a view that leaves its storage or repeats it, before memory is taken by its numbers. */
    void requireInside(Path source, String name) {
        long available = storage.bytes / elementBytes();
        if (size.size() > HIGHEST_RANK || size.size() != stride.size() || size.stream().anyMatch(n -> n < 0) || stride.stream().anyMatch(n -> n < 0) || offset < 0) {
            throw bad(source, name, "has an impossible shape");
        }
        if (size.contains(0L)) {
            if (size.stream().anyMatch(n -> n > Integer.MAX_VALUE)) {
                throw bad(source, name, "has an impossible shape");
            }
            return;
        }
        long elements = 1;
        long last = offset;
        try {
            for (int axis = 0; axis < size.size(); axis++) {
                elements = Math.multiplyExact(elements, size.get(axis));
                last = Math.addExact(last, Math.multiplyExact(size.get(axis) - 1, stride.get(axis)));
            }
        } catch (ArithmeticException _) {
            throw bad(source, name, "has an impossible shape");
        }
        if (elements > available) {
            throw bad(source, name, "has %d elements in a storage of %d".formatted(elements, available));
        }
        if (last >= available) {
            throw bad(source, name, "reaches to element %d of a storage of %d".formatted(last, available));
        }
    }

    private static BadModelException bad(Path source, String name, String problem) {
        return new BadModelException("%s: the tensor '%s' %s; the checkpoint is damaged or unusual, load it in PyTorch and save contiguous copies"
                .formatted(source, OneLine.of(name, 80), problem));
    }

    /** Its elements one after another in row-major order: a part of the storage where they lie so, else a copy. */
    MemorySegment contiguous(MemorySegment data, Arena arena) {
        int bytes = elementBytes();
        long elements = elements();
        if (elements == 0) {
            return MemorySegment.NULL;
        }
        if (isContiguous()) {
            return data.asSlice(offset * bytes, elements * bytes);
        }
        MemorySegment copy = arena.allocate(elements * bytes, 64);
        long[] index = new long[size.size()];
        long from = offset;
        for (long i = 0; i < elements; i++) {
            MemorySegment.copy(data, from * bytes, copy, i * bytes, bytes);
            for (int axis = index.length - 1; axis >= 0; axis--) {
                from += stride.get(axis);
                if (++index[axis] < size.get(axis)) {
                    break;
                }
                from -= stride.get(axis) * size.get(axis);
                index[axis] = 0;
            }
        }
        return copy;
    }

    private boolean isContiguous() {
        long expected = 1;
        for (int axis = size.size() - 1; axis >= 0; axis--) {
            if (size.get(axis) != 1 && stride.get(axis) != expected) {
                return false;
            }
            expected *= size.get(axis);
        }
        return true;
    }
}
