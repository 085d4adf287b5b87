package dev.t2i.backend.nativelib;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.t2i.error.BackendException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The library's functions, as {@code t2i.c} describes them. {@link #require} comes first: without the library this class
 * has nothing to bind to.
 */
@SuppressWarnings("restricted") // binding C is what this class is for
final class Kernels {
    /** As in {@code t2i.h}. */
    private static final int VERSION = 2;

    /** Constants of a class, for only through those does a call cost no more than one in C. */
    private static final class Functions {
        private static final SymbolLookup LIBRARY = Library.require();
        private static final MethodHandle PATHS = bind("t2i_paths", FunctionDescriptor.of(JAVA_INT));
        private static final MethodHandle COLUMNS = bind("t2i_columns", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        private static final MethodHandle PANEL_BYTES = bind("t2i_panel_bytes", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
        private static final MethodHandle SCRATCH_BYTES = bind("t2i_scratch_bytes", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT));
        private static final MethodHandle PACK = bind("t2i_pack",
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS));
        private static final MethodHandle PACK_LEFT = bind("t2i_pack_left", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
        private static final MethodHandle BLOCK = bind("t2i_block",
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG,
                        JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));

        private static MethodHandle bind(String name, FunctionDescriptor type) {
            return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), type);
        }
    }

    private Kernels() {}

    /**
     * Loads the library if that has not been done.
     *
     * @throws BackendException if it is missing, broken, or another version's
     */
    static void require() {
        requireVersion(Library.require());
    }

    /** Before anything else is bound, which a library of another version may lack. */
    static void requireVersion(SymbolLookup library) {
        int version = library.find("t2i_version").map(Kernels::call).orElse(-1);
        if (version != VERSION) {
            throw new BackendException("backend 'native': its library is another version's; build the jar anew with mvn clean package");
        }
    }

    private static int call(MemorySegment function) {
        try {
            return (int) Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(JAVA_INT)).invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The instruction sets that this processor has, bit {@code 1 << number} for each. */
    static int instructionSets() {
        try {
            return (int) Functions.PATHS.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Columns of a panel: blocks, and what is packed at a time, begin at multiples of it. */
    static int columns(InstructionSet set) {
        try {
            return (int) Functions.COLUMNS.invokeExact(set.number());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Bytes that B fills when it is packed before. */
    static long panelBytes(MemorySegment product) {
        try {
            return (long) Functions.PANEL_BYTES.invokeExact(product);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Bytes that a block of so many rows needs aside. */
    static long scratchBytes(MemorySegment product, int rows) {
        try {
            return (long) Functions.SCRATCH_BYTES.invokeExact(product, rows);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Packs columns of B, which begins {@code offset} bytes into its segment, from a multiple of a panel's columns on. */
    static void pack(MemorySegment product, MemorySegment b, long offset, int column, int columns, MemorySegment panels) {
        try {
            Functions.PACK.invokeExact(product, b, offset, column, columns, panels);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Packs all of A, which begins {@code offset} bytes into its segment, for the blocks that follow with this scratch. */
    static void packLeft(MemorySegment product, MemorySegment a, long offset, MemorySegment scratch) {
        try {
            Functions.PACK_LEFT.invokeExact(product, a, offset, scratch);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Computes a block of {@code count} products of a batch; offsets count bytes. */
    static void block(MemorySegment product, MemorySegment a, long offsetA, MemorySegment b, long offsetB, MemorySegment panels,
            MemorySegment c, long offsetC, int count, int row, int rows, int column, int columns, MemorySegment scratch) {
        try {
            Functions.BLOCK.invokeExact(product, a, offsetA, b, offsetB, panels, c, offsetC, count, row, rows, column, columns, scratch);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** C throws nothing; Java may, for memory that is closed or another thread's. */
    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException exception ? exception : new IllegalStateException(e);
    }
}
