package dev.t2i.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** The JVM options that a kind of run needs: on the processor alone, or with TornadoVM. */
final class Profile {

    private static final List<String> COMMON = Arrays.asList(
            "--add-modules=" + Jdk.VECTOR_MODULE,
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.awt.headless=true",
            // Tells the program that a launcher waits for it, see Child.
            "-D" + Child.PROPERTY + "=true");

    /** The CPU backends. */
    private static final List<String> CPU = Arrays.asList(
            // Tensors live off the heap and the heap stays small: the serial collector starts fastest and costs least memory.
            "-XX:+UseSerialGC",
            // Else the young generation grows with the machine, and a short run fills it with garbage that nobody collects.
            "-Xmn32m");

    private static final List<String> TORNADO = Arrays.asList(
            // A kernel that fails to compile would else be run as Java, which for our kernels means: not at all, and without a word.
            "-Dtornado.recover.bailout=false",
            // Of a graph of a hundred tasks; the default holds forty.
            "-Dtornado.tvm.maxbytecodesize=1048576",
            "-Dtornado.max.events=1024",
            "-Dtornado.eventpool.maxwaitevents=32000",
            // Looks for reductions to rewrite; ours are written.
            "-Dtornado.experimental.reduce=false",
            // It loses an operand where a product is added to itself; the drivers contract products and sums anyway.
            "-Dtornado.enable.fma=false",
            // TornadoVM's default lets drivers forget infinities and NaN.
            "-Dtornado.opencl.compiler.flags=-cl-mad-enable",
            // Only a ceiling of TornadoVM's own, by default 4 GB; the device has one anyway.
            "-Dtornado.device.memory=1024GB");

    /** Commands that look at every backend there is. */
    private static final List<String> LOOK_AT_ALL = Collections.singletonList("devices");
    private static final String NAME = "tornado";
    private static final String ARGUMENTS = "tornado-argfile";

    private final List<String> options;
    private final boolean needsTornado;

    private Profile(List<String> options, boolean needsTornado) {
        this.options = Collections.unmodifiableList(options);
        this.needsTornado = needsTornado;
    }

    /** The profile for a command line on this machine. */
    static Profile of(String[] args, Map<String, String> environment, Path userHome) throws CannotLaunch {
        List<String> options = new ArrayList<String>();
        Path sdk = asksForTornado(args) ? sdk(environment, userHome) : null;
        if (sdk == null) {
            options.addAll(CPU);
        } else {
            options.add("@" + sdk.resolve(ARGUMENTS));
            // Once more, and the last counts: TornadoVM has the current folder in it, and would take any jar there for a module.
            options.add("--module-path=" + sdk.resolve("share").resolve("java").resolve("tornado"));
            options.addAll(TORNADO);
        }
        options.addAll(COMMON);
        return new Profile(options, sdk != null);
    }

    /** Whether the command line names the backend, or wants to see all of them. */
    private static boolean asksForTornado(String[] args) {
        for (int i = 0; i < args.length; i++) {
            boolean looks = i == 0 && LOOK_AT_ALL.contains(args[i]);
            boolean names = i > 0 && (args[i - 1].equals("--backend") || args[i - 1].equals("--backends")) && names(args[i]);
            boolean joined = args[i].startsWith("--backend") && args[i].indexOf('=') > 0 && names(args[i].substring(args[i].indexOf('=') + 1));
            if (looks || names || joined) {
                return true;
            }
        }
        return false;
    }

    private static boolean names(String backends) {
        for (String backend : backends.split(",")) {
            if (backend.equals(NAME) || backend.startsWith(NAME + ":")) {
                return true;
            }
        }
        return false;
    }

    /** TornadoVM's folder: where TORNADOVM_HOME says, or where SDKMAN puts it; null if there is none. */
    private static Path sdk(Map<String, String> environment, Path userHome) throws CannotLaunch {
        String told = JdkFinder.value(environment, "TORNADOVM_HOME");
        Path usual = userHome.resolve(".sdkman").resolve("candidates").resolve("tornadovm").resolve("current");
        Path sdk = told.isEmpty() ? usual : Paths.get(told);
        if (Files.isRegularFile(sdk.resolve(ARGUMENTS))) {
            return sdk;
        }
        if (!told.isEmpty()) {
            throw new CannotLaunch("TORNADOVM_HOME is " + told + ", where no " + ARGUMENTS + " lies: set it to the folder of a TornadoVM 5.2 SDK for JDK 25");
        }
        return null;
    }

    /** Whether only a JVM of this profile will do, whatever this one has. */
    boolean needsTornado() {
        return needsTornado;
    }

    List<String> options() {
        return options;
    }
}
