package dev.t2i.launcher;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The JVM options that a kind of run needs: on the processor alone, or with TornadoVM. */
final class Profile {

    private static final List<String> COMMON = Arrays.asList(
            // A JVM that does not start says why on standard output, which is for results.
            "-XX:+DisplayVMOutputToStderr",
            "--add-modules=" + Jdk.VECTOR_MODULE,
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.awt.headless=true");

    /** The CPU backends, where nobody asks for another garbage collector. */
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
            // It loses an operand where a product is added to itself; most drivers join products and sums anyway. The program itself turns it on for one that doesn't.
            "-Dtornado.enable.fma=false",
            // Its saving of loads and stores makes SPIR-V of loops that no driver takes: values are used where they have not been computed on every way.
            "-Dtornado.spirv.loadstore=false",
            // TornadoVM's default lets drivers forget infinities and NaN. Without warnings: of each kernel a driver has something to say.
            "-Dtornado.opencl.compiler.flags=-cl-mad-enable -w",
            // Only a ceiling of TornadoVM's own, by default 4 GB; the device has one anyway.
            "-Dtornado.device.memory=1024GB");

    /** Where JVM options come from beside ours: a JVM that is told of two collectors does not start. */
    private static final List<String> VARIABLES = Arrays.asList("T2I_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");
    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+(Use\\w+GC)\\b");

    /** System property that says in a child why it has no TornadoVM, where one was to be looked at. */
    static final String TROUBLE = "t2i.tornado.trouble";

    /** Commands that look at every backend there is. */
    private static final List<String> LOOK_AT_ALL = Collections.singletonList("devices");
    private static final String NAME = "tornado";
    /** TornadoVM's jar for the library that computes large products; its module has dots. */
    private static final String CUBLAS = "tornado-cublas";

    private final List<String> options;
    private final Sdk sdk;

    private Profile(List<String> options, Sdk sdk) {
        this.options = Collections.unmodifiableList(options);
        this.sdk = sdk;
    }

    /** The profile for a command line on this machine. */
    static Profile of(String[] args, Map<String, String> environment, Path userHome) throws CannotLaunch {
        if (!asksForTornado(args)) {
            return processor(environment);
        }
        try {
            Sdk sdk = sdk(environment, userHome);
            return sdk == null ? processor(environment) : tornado(sdk, environment);
        } catch (CannotLaunch e) {
            return orTell(args, environment, e);
        }
    }

    private static Profile processor(Map<String, String> environment, String... more) {
        List<String> options = new ArrayList<String>();
        if (asked(environment).isEmpty()) {
            options.addAll(CPU);
        }
        options.addAll(COMMON);
        options.addAll(Arrays.asList(more));
        return new Profile(options, null);
    }

    private static Profile tornado(Sdk sdk, Map<String, String> environment) throws CannotLaunch {
        List<String> options = new ArrayList<String>();
        options.add("@" + sdk.arguments());
        // Once more, and the last counts: TornadoVM has the current folder in it, and would take any jar there for a module.
        options.add("--module-path=" + sdk.modules());
        Set<String> asked = asked(environment);
        if (!asked.isEmpty()) {
            for (String line : sdk.lines()) {
                for (String collector : collectors(line)) {
                    if (!asked.contains(collector)) {
                        options.add("-XX:-" + collector);
                    }
                }
            }
        }
        options.addAll(TORNADO);
        options.addAll(COMMON);
        if (sdk.has(CUBLAS)) {
            // The file of arguments says so of drivers alone, and Java would warn of a library in four lines. Of a module that is not there it warns, too.
            options.add("--enable-native-access=" + CUBLAS.replace('-', '.'));
        }
        return new Profile(options, sdk);
    }

    /** The garbage collectors that the environment asks for. */
    private static Set<String> asked(Map<String, String> environment) {
        Set<String> asked = new LinkedHashSet<String>();
        for (String variable : VARIABLES) {
            asked.addAll(collectors(JdkFinder.value(environment, variable)));
        }
        return asked;
    }

    private static Set<String> collectors(String options) {
        Set<String> collectors = new LinkedHashSet<String>();
        Matcher matcher = COLLECTOR.matcher(options);
        while (matcher.find()) {
            collectors.add(matcher.group(1));
        }
        return collectors;
    }

    /** The processor's profile for commands that only look, which shall say themselves why TornadoVM is not there. */
    static Profile orTell(String[] args, Map<String, String> environment, CannotLaunch trouble) throws CannotLaunch {
        if (!onlyLooks(args)) {
            throw trouble;
        }
        return processor(environment, "-D" + TROUBLE + "=" + trouble.getMessage());
    }

    private static boolean onlyLooks(String[] args) {
        return args.length > 0 && LOOK_AT_ALL.contains(args[0]);
    }

    /** Whether the command line names the backend, or wants to see all of them. */
    private static boolean asksForTornado(String[] args) {
        if (onlyLooks(args)) {
            return true;
        }
        for (int i = 0; i < args.length; i++) {
            boolean names = i > 0 && (args[i - 1].equals("--backend") || args[i - 1].equals("--backends")) && names(args[i]);
            boolean joined = args[i].startsWith("--backend") && args[i].indexOf('=') > 0 && names(args[i].substring(args[i].indexOf('=') + 1));
            if (names || joined) {
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
    private static Sdk sdk(Map<String, String> environment, Path userHome) throws CannotLaunch {
        String told = JdkFinder.value(environment, "TORNADOVM_HOME");
        if (!told.isEmpty()) {
            try {
                return Sdk.at(Paths.get(told));
            } catch (InvalidPathException e) {
                throw new CannotLaunch("TORNADOVM_HOME is no path: " + told + "; set it to the folder of " + Sdk.WANTED);
            }
        }
        Path usual = userHome.resolve(".sdkman").resolve("candidates").resolve("tornadovm").resolve("current");
        return Sdk.isAt(usual) ? Sdk.at(usual) : null;
    }

    /** The SDK that the JVM is to be started with, null if without. */
    Sdk sdk() {
        return sdk;
    }

    List<String> options() {
        return options;
    }
}
