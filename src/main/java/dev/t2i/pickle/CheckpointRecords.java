package dev.t2i.pickle;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A checkpoint's parts, in whatever container: the object that was saved, and the storages that its tensors are views of. */
interface CheckpointRecords extends AutoCloseable {
    /** The saved object, with a {@link TorchTensor} for each tensor. */
    Object root() throws IOException;

    /** The bytes of a storage, at least as many as it claims to have. */
    MemorySegment storage(TorchTensor.Storage storage, Arena arena) throws IOException;

    @Override
    void close() throws IOException;
}
