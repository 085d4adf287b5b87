package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;
import dev.t2i.error.OneLine;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What TornadoVM and its drivers print. While one of their calls runs, the process's standard streams lead into a file: their
 * native code prints on standard output, which is for results, and a call of OpenCL, CUDA or Level Zero that failed is told of there and
 * nowhere else. TornadoVM goes on as if nothing had happened, with arrays that hold anything, so each such line becomes an exception here.
 *
 * <p>Anything else that was printed goes to standard error, unless the call failed: then it is the best reason there is.
 * On Windows, whose processes have no such descriptors, calls run as they are.
 */
public final class DriverOutput {
    /** System property that names the file, which the launcher reads if this JVM crashes. */
    private static final String PROPERTY = "t2i.drivers.log";
    private static final String BEGUN = "begun\n";

    private static final int OUT = 1;
    private static final int ERR = 2;
    private static final int READ_WRITE = 2;
    private static final int SEEK_END = 2;
    private static final int KEPT = 1 << 20;
    private static final int LONGEST = 250;

    /** As the interfaces to OpenCL and CUDA say it, and as the one to Level Zero does. */
    private static final Pattern FAILED = Pattern.compile("\\[TornadoVM-(?!\\w+-NVML)[\\w-]*JNI\\] ERROR : (?<call>.*?) -> Returned: (?<code>-?\\d+)"
            + "|Error Code \\(hex\\): \\w+ Error-Decimal: (?<number>-?\\d+) in method: ?(?<method>\\w+)");
    /** What TornadoVM says when it takes other work groups than it was told: ours share local memory, and come out wrong. */
    private static final String OTHER_GROUPS = "TornadoVM changed the user-defined local ";
    /** Questions that a driver need not answer, and what comes after the work. */
    private static final Pattern HARMLESS = Pattern.compile("^(?:clGet|clRelease|cu\\w*Get|cuEventElapsed|cu\\w+Destroy|cuMemFree|ze\\w*Get|ze\\w+Destroy|zeMemFree|ze\\w*Timestamp|zeKernelSuggest)");
    /**
     * Codes for too little memory, by the beginning of a call's name: CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_HOST_MEMORY, CL_INVALID_BUFFER_SIZE;
     * CUDA_ERROR_OUT_OF_MEMORY; ZE_RESULT_ERROR_OUT_OF_HOST_MEMORY, ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY, ZE_RESULT_ERROR_UNSUPPORTED_SIZE.
     */
    private static final Map<String, Set<Integer>> MEMORY = Map.of("cl", Set.of(-4, -6, -61), "cu", Set.of(2), "ze", Set.of(0x70000002, 0x70000003, 0x78000009));
    private static final Pattern COMPILER = Pattern.compile("(?im)^.*\\b(?:error|invalid build option)\\b.*$");

    /** The JVM's library that keeps its signals from drivers says so where a compiler asks for one in the old way, as NVIDIA's for CUDA C does. */
    private static final Pattern CHAINING = Pattern.compile("(?m)^.*\\bVM warning: the use of signal\\(\\) and sigset\\(\\) for signal chaining.*\\R?");

    /** Constants, which cost nothing to call, of a class that Windows never loads. */
    @SuppressWarnings("restricted") // binding C is what it is for
    private static final class C {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        static final MethodHandle OPEN = bind("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT), Linker.Option.firstVariadicArg(2));
        static final MethodHandle DUP = bind("dup", FunctionDescriptor.of(INT, INT));
        static final MethodHandle DUP2 = bind("dup2", FunctionDescriptor.of(INT, INT, INT));
        static final MethodHandle LSEEK = bind("lseek", FunctionDescriptor.of(ValueLayout.JAVA_LONG, INT, ValueLayout.JAVA_LONG, INT));

        private static MethodHandle bind(String name, FunctionDescriptor type, Linker.Option... options) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
        }
    }

    private static DriverOutput only;

    private final Path path;
    private final RandomAccessFile file;
    private final int descriptor;
    private final int savedOut;
    private final int savedErr;
    private final PrintStream plainOut = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final PrintStream plainErr = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    private PrintStream javaOut;
    private PrintStream javaErr;
    /** Calls under way. */
    private int depth;
    private long read;

    private DriverOutput(Path path) throws Throwable {
        this.path = path;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            descriptor = required((int) C.OPEN.invokeExact(name, READ_WRITE), "open");
        }
        savedOut = required((int) C.DUP.invokeExact(OUT), "dup");
        savedErr = required((int) C.DUP.invokeExact(ERR), "dup");
        file = new RandomAccessFile(path.toFile(), "rw");
        read = (long) C.LSEEK.invokeExact(descriptor, 0L, SEEK_END);
    }

    private static int required(int result, String call) throws IOException {
        if (result < 0) {
            throw new IOException(call + " failed");
        }
        return result;
    }

    /** Tells the launcher, where one waits for it, that the program has come to life. */
    public static void begin() {
        String path = System.getProperty(PROPERTY);
        if (path == null) {
            return;
        }
        try {
            Files.writeString(Path.of(path), BEGUN, StandardOpenOption.WRITE);
            // Else it would stay when a signal ends the launcher.
            Path.of(path).toFile().deleteOnExit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a call that only looks or tidies up: drivers may refuse some questions. */
    static <T> T whileLooking(Supplier<T> call) {
        return during(call, false);
    }

    /**
     * Runs a call that computes.
     *
     * @throws BackendException if the call throws one, or a driver's call within failed
     */
    static <T> T whileComputing(Supplier<T> call) {
        return during(call, true);
    }

    private static <T> T during(Supplier<T> call, boolean strict) {
        DriverOutput output = get();
        if (output == null) {
            return call.get();
        }
        output.enter();
        T result;
        try {
            result = call.get();
        } catch (BackendException e) {
            String text = output.leave();
            BackendException explained = explained(e, text);
            if (!text.isBlank()) {
                // For --verbose, which shows all of an exception.
                explained.addSuppressed(new IllegalStateException("was printed meanwhile:\n" + text));
            }
            throw explained;
        } catch (Throwable e) {
            System.err.print(output.leave());
            throw e;
        }
        String text = output.leave();
        Optional<BackendException> failed = strict ? refused(text) : Optional.empty();
        if (failed.isPresent()) {
            throw failed.get();
        }
        System.err.print(text);
        return result;
    }

    private static synchronized DriverOutput get() {
        if (only == null && !System.getProperty("os.name").startsWith("Windows")) {
            try {
                String told = System.getProperty(PROPERTY);
                Path path = told != null ? Path.of(told) : Files.createTempFile("t2i-drivers-", ".log");
                path.toFile().deleteOnExit();
                only = new DriverOutput(path);
            } catch (Throwable e) {
                throw new BackendException("what drivers print cannot be watched: %s; see that %s can be written to"
                        .formatted(e.getMessage(), System.getProperty("java.io.tmpdir")), e);
            }
        }
        return only;
    }

    private synchronized void enter() {
        if (depth++ == 0) {
            lead(descriptor, descriptor);
            // A program that has put other streams in Java's place shall not get these lines either.
            javaOut = System.out;
            javaErr = System.err;
            System.setOut(plainOut);
            System.setErr(plainErr);
        }
    }

    /** What has been printed since the last time. */
    private synchronized String leave() {
        if (--depth == 0) {
            System.setOut(javaOut);
            System.setErr(javaErr);
            plainOut.flush();
            plainErr.flush();
            lead(savedOut, savedErr);
        }
        try {
            long end = (long) C.LSEEK.invokeExact(descriptor, 0L, SEEK_END);
            if (end == read) {
                return "";
            }
            byte[] bytes = new byte[(int) Math.min(end - read, KEPT)];
            file.seek(end - bytes.length);
            file.readFully(bytes);
            read = end;
            if (read > KEPT && depth == 0) {
                file.setLength(BEGUN.length());
                read = (long) C.LSEEK.invokeExact(descriptor, 0L, SEEK_END);
            }
            return withoutNoise(new String(bytes, StandardCharsets.UTF_8));
        } catch (Throwable e) {
            throw new BackendException("what drivers print cannot be read from %s: %s".formatted(path, e), e);
        }
    }

    /** Without what is said of how the launcher starts this JVM, and nobody can change. */
    static String withoutNoise(String text) {
        return CHAINING.matcher(text).replaceAll("");
    }

    private void lead(int out, int err) {
        System.out.flush();
        System.err.flush();
        try {
            required((int) C.DUP2.invokeExact(out, OUT), "dup2");
            required((int) C.DUP2.invokeExact(err, ERR), "dup2");
        } catch (Throwable e) {
            throw new BackendException("the standard streams cannot be led aside: " + e.getMessage(), e);
        }
    }

    /** The exception with what a compiler or driver said of it. */
    static BackendException explained(BackendException e, String text) {
        Optional<BackendException> refused = refused(text);
        if (e instanceof DeviceMemoryException) {
            return e;
        }
        if (refused.isPresent() && refused.get() instanceof DeviceMemoryException) {
            return refused.get();
        }
        Matcher line = COMPILER.matcher(text);
        while (line.find()) {
            if (!line.group().stripLeading().startsWith("[")) {
                return new BackendException("%s: %s".formatted(e.getMessage(), OneLine.of(line.group(), LONGEST)), e);
            }
        }
        if (refused.isPresent()) {
            // A driver's verdict has no form of its own; what TornadoVM throws for it says nothing.
            return new BackendException("%s: %s".formatted(e.getMessage(), OneLine.of(text, LONGEST)), e);
        }
        return e;
    }

    /** The first call among what was printed that failed and that a result depends on. */
    static Optional<BackendException> refused(String text) {
        if (text.contains(OTHER_GROUPS)) {
            return Optional.of(new BackendException("the device cannot hold a work group as large as a kernel is written for, "
                    + "and TornadoVM would run it in others, with wrong results: take another device or driver"));
        }
        Matcher failed = FAILED.matcher(text);
        while (failed.find()) {
            boolean plain = failed.group("call") != null;
            String call = failed.group(plain ? "call" : "method").strip();
            // Some calls' codes are printed as numbers without a sign.
            int code = new java.math.BigInteger(failed.group(plain ? "code" : "number")).intValue();
            if (HARMLESS.matcher(call).find()) {
                continue;
            }
            return Optional.of(isMemory(call, code) ? new DeviceMemoryException("%s returned %d".formatted(call, code), null)
                    : new BackendException(("the device's driver refused a call and TornadoVM went on without it (%s returned %d): "
                            + "nothing that it computed can be trusted; update the driver or take another device").formatted(call, code)));
        }
        return Optional.empty();
    }

    private static boolean isMemory(String call, int code) {
        return MEMORY.entrySet().stream().anyMatch(each -> call.startsWith(each.getKey()) && each.getValue().contains(code));
    }
}
