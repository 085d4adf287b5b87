package dev.t2i.backend.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What devices' own libraries are asked before TornadoVM starts with them, since two of its drivers go wrong where there is no device. The only place
 * that names drivers: each rule is for a module of TornadoVM 5.2, and without that module there is nothing to do.
 */
@SuppressWarnings("restricted") // binding C is what it is for
final class DriverChecks {
    /**
     * The SPIR-V driver reaches devices by OpenCL and by Level Zero, as a property says. By default it wants both: where Level Zero is not there, it does
     * not start, even if OpenCL would do.
     */
    private static final String SPIRV = "tornado.drivers.spirv";
    private static final String RUNTIMES = "tornado.spirv.runtimes";
    private static final String WITHOUT_LEVEL_ZERO = "opencl";
    private static final int GPU_ONLY = 1;

    /** CUDA's drivers do not look at what cuInit returns, and take what then lies on the stack for the number of devices: they may search for minutes. */
    private static final Set<String> CUDA = Set.of("tornado.drivers.ptx", "tornado.drivers.cuda");
    private static final int NO_DEVICE = 100;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private static String noLevelZero = "";

    private DriverChecks() {}

    /** To be called before TornadoVM reads its properties. */
    static void beforeTornado() {
        if (ModuleLayer.boot().findModule(SPIRV).isPresent() && System.getProperty(RUNTIMES) == null) {
            noLevelZero = ask(WINDOWS ? "ze_loader.dll" : "libze_loader.so.1", DriverChecks::levelZero).orElse("");
            if (!noLevelZero.isEmpty()) {
                System.setProperty(RUNTIMES, WITHOUT_LEVEL_ZERO);
            }
        }
    }

    /** Why the driver of this module is not to be started; nothing if it may try. */
    static Optional<String> against(String module) {
        // Without the library it says so itself, in its own words.
        return CUDA.contains(module) ? open(WINDOWS ? "nvcuda.dll" : "libcuda.so.1").flatMap(DriverChecks::cuda) : Optional.empty();
    }

    /** What belongs to the reason why the driver of this module did not start. */
    static String addition(String module) {
        return module.equals(SPIRV) && !noLevelZero.isEmpty() ? ", and Level Zero cannot be used (%s)".formatted(noLevelZero) : "";
    }

    private static Optional<String> ask(String library, Function<SymbolLookup, Optional<String>> question) {
        return open(library).map(question).orElse(Optional.of(library + " is missing"));
    }

    private static Optional<SymbolLookup> open(String library) {
        try {
            // Stays open: TornadoVM is about to use it.
            return Optional.of(SymbolLookup.libraryLookup(library, Arena.global()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Why Level Zero cannot be used. */
    static Optional<String> levelZero(SymbolLookup library) {
        try (Arena arena = Arena.ofConfined()) {
            Optional<String> trouble = refusal(library, "zeInit", "0x%x", GPU_ONLY);
            if (trouble.isPresent()) {
                return trouble;
            }
            MemorySegment count = arena.allocate(INT);
            trouble = refusal(library, "zeDriverGet", "0x%x", count, MemorySegment.NULL);
            return trouble.isPresent() || count.get(INT, 0) > 0 ? trouble : Optional.of("it has no driver");
        }
    }

    /** Why CUDA cannot be used. */
    static Optional<String> cuda(SymbolLookup library) {
        return refusal(library, "cuInit", "%d", 0).map(each -> each.equals("cuInit returned " + NO_DEVICE) ? "No CUDA devices found"
                : "CUDA does not start (%s)".formatted(each));
    }

    /** Calls a function that returns 0 if all is well. */
    private static Optional<String> refusal(SymbolLookup library, String function, String format, Object... arguments) {
        Optional<MemorySegment> address = library.find(function);
        if (address.isEmpty()) {
            return Optional.of(function + " is missing");
        }
        FunctionDescriptor type = FunctionDescriptor.of(INT);
        for (Object argument : arguments) {
            type = type.appendArgumentLayouts(argument instanceof Integer ? INT : ValueLayout.ADDRESS);
        }
        try {
            int result = (int) Linker.nativeLinker().downcallHandle(address.get(), type).invokeWithArguments(arguments);
            return result == 0 ? Optional.empty() : Optional.of(String.format(Locale.ROOT, "%s returned " + format, function, result));
        } catch (Throwable e) {
            throw new IllegalStateException(function + " cannot be called", e);
        }
    }
}
