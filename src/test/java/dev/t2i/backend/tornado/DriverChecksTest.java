package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is made of the answers of devices' libraries, which Java stands in for here. */
@SuppressWarnings("restricted") // binding C is what it is for
class DriverChecksTest {
    private static final int UNINITIALIZED = 0x78000001;

    private final Arena arena = Arena.ofConfined();
    private final Map<String, MemorySegment> functions = new HashMap<>();
    private final SymbolLookup library = name -> Optional.ofNullable(functions.get(name));
    private int initialized;
    private int got;
    private int drivers;

    @AfterEach
    void free() {
        arena.close();
    }

    private int initialize(int flags) {
        return flags == 1 ? initialized : -1;
    }

    private int count(MemorySegment count, MemorySegment handles) {
        count.reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, drivers);
        return handles.equals(MemorySegment.NULL) ? got : -1;
    }

    private int initializeCuda(int flags) {
        return flags == 0 ? initialized : -1;
    }

    private void bind(String function, String method, Class<?>... parameters) throws ReflectiveOperationException {
        FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_INT);
        for (Class<?> parameter : parameters) {
            type = type.appendArgumentLayouts(parameter == int.class ? ValueLayout.JAVA_INT : ValueLayout.ADDRESS);
        }
        functions.put(function, Linker.nativeLinker().upcallStub(
                MethodHandles.lookup().bind(this, method, MethodType.methodType(int.class, parameters)), type, arena));
    }

    @Test
    void levelZeroNeedsADriver() throws Exception {
        assertEquals(Optional.of("zeInit is missing"), DriverChecks.levelZero(library));
        bind("zeInit", "initialize", int.class);
        bind("zeDriverGet", "count", MemorySegment.class, MemorySegment.class);
        assertEquals(Optional.of("it has no driver"), DriverChecks.levelZero(library));
        drivers = 1;
        assertEquals(Optional.empty(), DriverChecks.levelZero(library));
        got = UNINITIALIZED;
        assertEquals(Optional.of("zeDriverGet returned 0x78000001"), DriverChecks.levelZero(library));
        initialized = UNINITIALIZED;
        assertEquals(Optional.of("zeInit returned 0x78000001"), DriverChecks.levelZero(library));
    }

    @Test
    void cudaNeedsADevice() throws Exception {
        bind("cuInit", "initializeCuda", int.class);
        assertEquals(Optional.empty(), DriverChecks.cuda(library));
        initialized = 100;
        assertEquals(Optional.of("No CUDA devices found"), DriverChecks.cuda(library));
        initialized = 803;
        assertEquals(Optional.of("CUDA does not start (cuInit returned 803)"), DriverChecks.cuda(library));
    }

    @Test
    void otherModulesAreLeftAlone() {
        assertEquals(Optional.empty(), DriverChecks.against("tornado.drivers.opencl"));
        assertEquals("", DriverChecks.addition("tornado.drivers.opencl"));
    }
}
