package dev.t2i.launcher;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the command line in a JVM that can: in this one when it already has everything, else in a child.
 *
 * <p>Environment: {@code T2I_JAVA_HOME} names the JDK to use, {@code T2I_JAVA_OPTIONS} adds JVM options
 * (separated by spaces, quotes as in a shell). Exit code 5 when no JDK fits, else that of the program.
 */
public final class Launcher {

    /** Exit code for a backend, device or runtime that isn't there. */
    static final int NO_RUNTIME = 5;

    /** Exit code for bad input. */
    static final int GARBLED = 3;

    private static final char REPLACEMENT = '\ufffd';
    private static final String MAIN = "dev.t2i.cli.Main";

    private Launcher() {
    }

    public static void main(String[] args) throws Throwable {
        launch(MAIN, args);
    }

    /** Runs {@code mainClass} of this class path with the given arguments; ends this JVM when a child did the work. */
    public static void launch(String mainClass, String[] args) throws Throwable {
        refuseGarbled(args);
        Map<String, String> environment = System.getenv();
        int exitCode;
        try {
            Profile profile = Profile.of(args, environment, Paths.get(System.getProperty("user.home")));
            if (canRunHere(environment) && (profile.sdk() == null || hasTornado())) {
                runHere(mainClass, args);
                return;
            }
            exitCode = runSomewhere(mainClass, args, environment, profile);
        } catch (CannotLaunch e) {
            System.err.println("t2i: " + e.getMessage());
            exitCode = NO_RUNTIME;
        }
        System.exit(exitCode);
    }

    /** Java has put replacement characters where an argument's bytes meant nothing to it: nobody would get the picture asked for. */
    private static void refuseGarbled(String[] args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].indexOf(REPLACEMENT) >= 0) {
                System.err.println("t2i: argument " + (i + 1) + " is not text in this terminal's encoding ("
                        + System.getProperty("sun.jnu.encoding", "unknown")
                        + "); set LC_ALL=C.UTF-8, or write prompts into a file in UTF-8 and pass --prompts FILE");
                System.exit(GARBLED);
            }
        }
    }

    private static int runSomewhere(String mainClass, String[] args, Map<String, String> environment, Profile profile)
            throws CannotLaunch, InterruptedException {
        JdkFinder finder = JdkFinder.ofThisMachine(environment);
        try {
            return runChild(mainClass, args, environment, profile, fitting(finder.find(), profile));
        } catch (CannotLaunch e) {
            return runChild(mainClass, args, environment, Profile.orTell(args, environment, e), finder.find());
        }
    }

    /** Those that a profile's SDK runs in, which has been made for one version only. */
    private static List<Jdk> fitting(List<Jdk> jdks, Profile profile) throws CannotLaunch {
        if (profile.sdk() == null) {
            return jdks;
        }
        List<Jdk> fitting = new ArrayList<>();
        for (Jdk jdk : jdks) {
            if (jdk.feature() == profile.sdk().jdk()) {
                fitting.add(jdk);
            }
        }
        if (fitting.isEmpty()) {
            throw new CannotLaunch("the TornadoVM SDK in " + profile.sdk().home() + " is for JDK " + profile.sdk().jdk() + ", but this is JDK "
                    + jdks.get(0).version() + " in " + jdks.get(0).home() + "; install JDK " + profile.sdk().jdk() + " or set T2I_JAVA_HOME to one");
        }
        return fitting;
    }

    private static int runChild(String mainClass, String[] args, Map<String, String> environment, Profile profile, List<Jdk> jdks)
            throws CannotLaunch, InterruptedException {
        List<String> extra = Options.split(JdkFinder.value(environment, "T2I_JAVA_OPTIONS"));
        DriverLog log = profile.sdk() == null ? null : DriverLog.create();
        IOException failure = null;
        try {
            for (Jdk jdk : jdks) {
                List<String> command = new ArrayList<>();
                command.add(jdk.java().toString());
                command.addAll(profile.options());
                command.add(Child.option());
                if (log != null) {
                    command.add(log.option());
                }
                command.addAll(extra);
                command.add("-cp");
                command.add(System.getProperty("java.class.path"));
                command.add(mainClass);
                for (String arg : args) {
                    command.add(arg);
                }
                try {
                    int exitCode = Child.start(command, profile.sdk() == null ? Collections.<String, String>emptyMap()
                            : forTornado(profile.sdk(), jdk, environment)).await();
                    if (log != null) {
                        log.explain(exitCode, profile.sdk());
                    }
                    return exitCode;
                } catch (IOException e) {
                    // A JDK of another architecture says so only when started: the next one may do.
                    failure = e;
                }
            }
        } finally {
            if (log != null) {
                log.delete();
            }
        }
        throw new CannotLaunch("can't start a JVM: " + (failure == null ? "no JDK" : failure.getMessage()));
    }

    /** Environment variables that TornadoVM and drivers beside a JVM need. */
    static Map<String, String> forTornado(Sdk sdk, Jdk jdk, Map<String, String> environment) {
        Map<String, String> more = new HashMap<>();
        // TornadoVM looks for its own files there, and would else make a folder "null" for its logs.
        more.put("TORNADOVM_HOME", sdk.home().toString());
        // LLVM, which drivers compile with, takes signals over that the JVM lives on (a null check is a caught SIGSEGV). The JDK's
        // own library for signal chaining hands them to the JVM first, if it is loaded before all others.
        Path chaining = jdk.home().resolve("lib").resolve("libjsig.so");
        if (Files.isRegularFile(chaining)) {
            String preloaded = JdkFinder.value(environment, "LD_PRELOAD");
            more.put("LD_PRELOAD", preloaded.isEmpty() ? chaining.toString() : chaining + ":" + preloaded);
        }
        return more;
    }

    /** True if this JVM is young enough and was started with all that the program needs. */
    private static boolean canRunHere(Map<String, String> environment) {
        if (!JdkFinder.value(environment, "T2I_JAVA_HOME").isEmpty()
                || !JdkFinder.value(environment, "T2I_JAVA_OPTIONS").isEmpty()) {
            return false;
        }
        return Jdk.feature(System.getProperty("java.specification.version")) >= Jdk.MINIMUM
                && hasVectorModule() && hasNativeAccess();
    }

    // By reflection, since none of this exists in Java 8.

    private static boolean hasVectorModule() {
        try {
            Class<?> layer = Class.forName("java.lang.ModuleLayer");
            Object boot = layer.getMethod("boot").invoke(null);
            Object module = layer.getMethod("findModule", String.class).invoke(boot, Jdk.VECTOR_MODULE);
            return (Boolean) module.getClass().getMethod("isPresent").invoke(module);
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private static boolean hasTornado() {
        try {
            Class.forName("uk.ac.manchester.tornado.api.TaskGraph", false, ClassLoader.getSystemClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static boolean hasNativeAccess() {
        try {
            Object module = Class.class.getMethod("getModule").invoke(Launcher.class);
            return (Boolean) Class.forName("java.lang.Module").getMethod("isNativeAccessEnabled").invoke(module);
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private static void runHere(String mainClass, String[] args) throws Throwable {
        Method main = Class.forName(mainClass).getMethod("main", String[].class);
        try {
            main.invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

}
