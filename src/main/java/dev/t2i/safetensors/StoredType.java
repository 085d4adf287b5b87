package dev.t2i.safetensors;

import dev.t2i.tensor.DType;
import java.util.Optional;

/**
 * Every element type that the safetensors format defines. All of them are checked when a file is opened, so that one
 * exotic tensor does not hide a lie about its neighbours; only those with a {@link #dtype()} can become tensors.
 */
public enum StoredType {
    BOOL(8), F4(4), F6_E2M3(6), F6_E3M2(6), U8(DType.U8), I8(8), F8_E5M2(8), F8_E4M3(8), F8_E8M0(8), F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8), I16(16), U16(16), F16(DType.F16), BF16(DType.BF16), I32(DType.I32), U32(32), F32(DType.F32),
    C64(64), F64(DType.F64), I64(DType.I64), U64(64);

    private final int bits;
    private final DType dtype;

    StoredType(int bits) {
        this.bits = bits;
        this.dtype = null;
    }

    StoredType(DType dtype) {
        this.bits = dtype.bytes() * 8;
        this.dtype = dtype;
    }

    /** Size of one element in bits; types under 8 bits are packed. */
    public int bits() {
        return bits;
    }

    /** The type to compute with, or empty where this program has none. */
    public Optional<DType> dtype() {
        return Optional.ofNullable(dtype);
    }

    /** The type that stores this one. */
    public static StoredType of(DType dtype) {
        return valueOf(dtype.name());
    }

    /** The type named {@code name} in a header, or empty where the format knows none. */
    static Optional<StoredType> named(String name) {
        for (StoredType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
