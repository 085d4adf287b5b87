package dev.t2i.backend.vector;

import dev.t2i.graph.TensorType;
import dev.t2i.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Where a value of an executable lives: exactly its bytes, in row-major order, the same in every run. */
record Buffer(MemorySegment segment, TensorType type) {
    DType dtype() {
        return type.dtype();
    }

    long size() {
        return type.shape().size();
    }
}
