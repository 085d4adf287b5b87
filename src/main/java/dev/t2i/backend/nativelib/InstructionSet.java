package dev.t2i.backend.nativelib;

import dev.t2i.error.BackendException;

/** The instruction sets that kernels are written for, best first. */
enum InstructionSet {
    AVX512_BF16(2, "AVX-512 BF16"),
    AVX512(1, "AVX-512"),
    AVX2(0, "AVX2"),
    NEON(3, "NEON");

    /** As in {@code t2i.h}. */
    private final int number;
    private final String title;

    InstructionSet(int number, String title) {
        this.number = number;
        this.title = title;
    }

    int number() {
        return number;
    }

    /** Whether it is among those that a set of bits, as the library tells them, names. */
    boolean isIn(int bits) {
        return (bits >> number & 1) != 0;
    }

    /**
     * The best of those that the processor has.
     *
     * @throws BackendException if it has none
     */
    static InstructionSet bestOf(int bits) {
        for (InstructionSet set : values()) {
            if (set.isIn(bits)) {
                return set;
            }
        }
        throw new BackendException("backend 'native' has no kernels for this processor: it needs AVX2 with FMA (x86-64) or NEON (64-bit ARM)");
    }

    @Override
    public String toString() {
        return title;
    }
}
