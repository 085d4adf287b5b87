package dev.t2i.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * Off-heap, row-major numbers. A tensor does not own memory of its own: its {@link Arena} does, and closing that frees it.
 *
 * <p>Payloads allocated here are 64-byte aligned and have {@value #HEADROOM} bytes in front, where a device runtime may
 * keep an array header, so that the same memory serves the CPU and TornadoVM without a copy. Mapped tensors
 * (see the {@code safetensors} package) have neither promise, hence the unaligned accessors.
 */
public final class Tensor {
    /** Bytes in front of an allocated payload. */
    public static final int HEADROOM = 64;
    private static final int ALIGNMENT = 64;
    private static final LongAdder ALLOCATIONS = new LongAdder();

    private final DType dtype;
    private final Shape shape;
    private final MemorySegment segment;

    private Tensor(DType dtype, Shape shape, MemorySegment segment) {
        this.dtype = dtype;
        this.shape = shape;
        this.segment = segment;
    }

    /** A zeroed tensor whose memory belongs to {@code arena}. */
    public static Tensor allocate(Arena arena, DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
        ALLOCATIONS.increment();
        MemorySegment raw = arena.allocate(Math.addExact(bytes, HEADROOM), ALIGNMENT);
        return new Tensor(dtype, shape, raw.asSlice(HEADROOM, bytes));
    }

    /** How many tensors this process has allocated so far: for tests that a loop allocates none. */
    public static long allocations() {
        return ALLOCATIONS.sum();
    }

    /** A tensor over memory that someone else owns; {@code segment} is exactly its payload. */
    public static Tensor wrap(MemorySegment segment, DType dtype, Shape shape) {
        Objects.requireNonNull(segment);
        if (segment.byteSize() != shape.size() * dtype.bytes()) {
            throw new IllegalArgumentException("a %s tensor of shape %s needs %d bytes, not %d"
                    .formatted(dtype, shape, shape.size() * dtype.bytes(), segment.byteSize()));
        }
        return new Tensor(dtype, shape, segment);
    }

    public static Tensor of(Arena arena, Shape shape, float... values) {
        Tensor tensor = allocate(arena, DType.F32, shape);
        requireCount(shape, values.length);
        MemorySegment.copy(values, 0, tensor.segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return tensor;
    }

    public static Tensor of(Arena arena, Shape shape, int... values) {
        Tensor tensor = allocate(arena, DType.I32, shape);
        requireCount(shape, values.length);
        MemorySegment.copy(values, 0, tensor.segment, ValueLayout.JAVA_INT, 0, values.length);
        return tensor;
    }

    private static void requireCount(Shape shape, int count) {
        if (shape.size() != count) {
            throw new IllegalArgumentException("shape %s holds %d elements, got %d".formatted(shape, shape.size(), count));
        }
    }

    public DType dtype() {
        return dtype;
    }

    public Shape shape() {
        return shape;
    }

    /** Number of elements. */
    public long size() {
        return shape.size();
    }

    /** The payload, without headroom. */
    public MemorySegment segment() {
        return segment;
    }

    /** The same memory under another shape of equal size. */
    public Tensor reshape(Shape other) {
        return wrap(segment, dtype, other);
    }

    /** Element {@code index} in row-major order, converted to F32. */
    public float getFloat(long index) {
        return (float) getDouble(index);
    }

    /** Element {@code index} in row-major order, converted to F64. */
    public double getDouble(long index) {
        return switch (dtype) {
            case F32 -> segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
            case F64 -> segment.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
            case F16 -> Float.float16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
            case BF16 -> DType.bf16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
            case I32 -> segment.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4);
            case I64 -> segment.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8);
            case U8 -> segment.get(ValueLayout.JAVA_BYTE, index) & 0xff;
        };
    }

    /** Stores {@code value} at row-major position {@code index}, rounded to this tensor's type. */
    public void set(long index, double value) {
        switch (dtype) {
            case F32 -> segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4, (float) value);
            case F64 -> segment.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8, value);
            case F16 -> segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2, Float.floatToFloat16((float) value));
            case BF16 -> segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2, DType.floatToBf16((float) value));
            case I32 -> segment.set(ValueLayout.JAVA_INT_UNALIGNED, index * 4, (int) value);
            case I64 -> segment.set(ValueLayout.JAVA_LONG_UNALIGNED, index * 8, (long) value);
            case U8 -> segment.set(ValueLayout.JAVA_BYTE, index, (byte) (int) value);
        }
    }

    /** All elements as F32, in row-major order. */
    public float[] toFloatArray() {
        float[] values = new float[Math.toIntExact(size())];
        if (dtype == DType.F32) {
            MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = getFloat(i);
        }
        return values;
    }

    /** Copies the elements of {@code source}, converting types; sizes must agree. */
    public void copyFrom(Tensor source) {
        if (source.size() != size()) {
            throw new IllegalArgumentException("cannot copy shape %s into shape %s".formatted(source.shape, shape));
        }
        if (source.dtype == dtype) {
            segment.copyFrom(source.segment);
            return;
        }
        if (source.dtype == DType.F16 && dtype == DType.F32) {
            widen(source.segment, segment, size());
            return;
        }
        for (long i = 0; i < size(); i++) {
            set(i, source.getDouble(i));
        }
    }

    /** What loading a model does most; a loop of its own is fast long before the general one is compiled. */
    private static void widen(MemorySegment halves, MemorySegment floats, long count) {
        for (long i = 0; i < count; i++) {
            floats.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4,
                    Float.float16ToFloat(halves.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2)));
        }
    }

    @Override
    public String toString() {
        return "Tensor[" + dtype + shape + "]";
    }
}
