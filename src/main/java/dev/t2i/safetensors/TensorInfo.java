package dev.t2i.safetensors;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;

/**
 * What a header says about one tensor. Dimensions are as wide as the format allows (48 bits), which may be more than a
 * {@link Shape} holds.
 *
 * @param begin first byte of the payload, counted from the start of the data buffer
 * @param end   the byte after its last
 */
public record TensorInfo(String name, StoredType type, List<Long> dims, long begin, long end) {
    /** Size of the payload in bytes. */
    public long bytes() {
        return end - begin;
    }

    /** The type to compute with. */
    DType dtype(String origin) {
        return type.dtype().orElseThrow(() -> new SafetensorsException(origin, "tensor %s is stored as %s, which is not "
                .formatted(SafetensorsException.quote(name), type) + "supported; convert it to F32, F16 or BF16"));
    }

    Shape shape(String origin) {
        int[] ints = new int[dims.size()];
        for (int axis = 0; axis < ints.length; axis++) {
            long dim = dims.get(axis);
            if (dim > Integer.MAX_VALUE) {
                throw new SafetensorsException(origin, "tensor %s has shape %s; dimensions above %d are not supported"
                        .formatted(SafetensorsException.quote(name), dims, Integer.MAX_VALUE));
            }
            ints[axis] = (int) dim;
        }
        return Shape.of(ints);
    }
}
