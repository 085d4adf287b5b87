package dev.t2i.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks for a JDK where people and package managers put them.
 *
 * <p>{@code T2I_JAVA_HOME} decides alone when set. Else come {@code JAVA_HOME} and the running JVM, if they will do, and then
 * the rest, the newest first; behind them all those for another processor, which may or may not start here.
 */
final class JdkFinder {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    private final Map<String, String> environment;
    private final Path runningHome;
    private final String osArch;
    private final List<Path> homes;

    private JdkFinder(Map<String, String> environment, Path runningHome, String osArch, List<Path> homes) {
        this.environment = environment;
        this.runningHome = runningHome;
        this.osArch = osArch;
        this.homes = homes;
    }

    static JdkFinder ofThisMachine(Map<String, String> environment) {
        return new JdkFinder(environment, Paths.get(System.getProperty("java.home")), System.getProperty("os.arch"),
                usualHomes(environment, Paths.get("/"), Paths.get(System.getProperty("user.home"))));
    }

    /** A finder that sees only what it is told, with {@code root} in the place of the file system's root. */
    static JdkFinder of(Map<String, String> environment, Path runningHome, String osArch, Path root, Path userHome) {
        return new JdkFinder(environment, runningHome, osArch, usualHomes(environment, root, userHome));
    }

    /** The JDKs that will do, best first; never empty. */
    List<Jdk> find() throws CannotLaunch {
        String asked = value(environment, "T2I_JAVA_HOME");
        if (!asked.isEmpty()) {
            return Collections.singletonList(asked(asked));
        }
        Map<Path, Jdk> found = new LinkedHashMap<>();
        List<Jdk> rest = new ArrayList<>();
        Jdk set = suitable(path(value(environment, "JAVA_HOME")));
        if (set != null && set.runsOn(osArch)) {
            found.put(real(set.home()), set);
        } else if (set != null) {
            rest.add(set);
        }
        Jdk running = suitable(runningHome);
        if (running != null) {
            found.putIfAbsent(real(running.home()), running);
        }
        for (Path home : homes) {
            Jdk jdk = suitable(home);
            if (jdk != null) {
                rest.add(jdk);
            }
        }
        rest.sort(Comparator.comparing((Jdk jdk) -> !jdk.runsOn(osArch))
                .thenComparing((Jdk jdk) -> -jdk.feature())
                .thenComparing(Jdk::home));
        for (Jdk jdk : rest) {
            found.putIfAbsent(real(jdk.home()), jdk);
        }
        if (found.isEmpty()) {
            throw new CannotLaunch("needs a JDK " + Jdk.MINIMUM + " or later and found none; get one from https://adoptium.net"
                    + " (or: sdk install java), and set T2I_JAVA_HOME to its folder if it lies in an unusual place");
        }
        return new ArrayList<>(found.values());
    }

    private Jdk asked(String home) throws CannotLaunch {
        Path path = path(home);
        Jdk jdk = path == null ? null : Jdk.at(path);
        String reason = jdk == null ? "there is no JDK there (no release file or no bin/java)" : jdk.unsuitable();
        // Other systems run programs of a second processor. Linux, or Java there, would have a shell read one as a script.
        if (reason == null && LINUX && !jdk.runsOn(osArch)) {
            reason = "it is for " + jdk.arch() + ", but this machine's Java is for " + osArch;
        }
        if (reason != null) {
            throw new CannotLaunch("T2I_JAVA_HOME=" + home + " can't be used: " + reason
                    + "; point it to a JDK " + Jdk.MINIMUM + " or later, or unset it");
        }
        return jdk;
    }

    /** The JDK there if it will do, else null. */
    private static Jdk suitable(Path home) {
        Jdk jdk = home == null ? null : Jdk.at(home);
        return jdk == null || jdk.unsuitable() != null ? null : jdk;
    }

    /** Folders that could be a JDK's home: every child of every usual parent. */
    private static List<Path> usualHomes(Map<String, String> environment, Path root, Path userHome) {
        List<Path> homes = new ArrayList<>();
        String[] systemParents = {"usr/lib/jvm", "usr/lib64/jvm", "usr/java", "opt/java", "opt/jdk"};
        for (String parent : systemParents) {
            addChildren(homes, root.resolve(parent), "");
        }
        String[] userParents = {".sdkman/candidates/java", ".jdks", ".gradle/jdks", ".asdf/installs/java",
            ".local/share/mise/installs/java"};
        for (String parent : userParents) {
            addChildren(homes, userHome.resolve(parent), "");
        }
        Path sdkman = path(value(environment, "SDKMAN_CANDIDATES_DIR"));
        if (sdkman != null) {
            addChildren(homes, sdkman.resolve("java"), "");
        }
        // macOS bundles keep the home inside; Homebrew's formulas hold such a bundle.
        addChildren(homes, root.resolve("Library/Java/JavaVirtualMachines"), "Contents/Home");
        addChildren(homes, userHome.resolve("Library/Java/JavaVirtualMachines"), "Contents/Home");
        addChildren(homes, root.resolve("opt/homebrew/opt"), "libexec/openjdk.jdk/Contents/Home");
        addChildren(homes, root.resolve("usr/local/opt"), "libexec/openjdk.jdk/Contents/Home");
        Path programs = path(value(environment, "ProgramFiles"));
        if (programs != null) {
            String[] vendors = {"Java", "Eclipse Adoptium", "Microsoft", "Zulu", "Amazon Corretto", "BellSoft",
                "GraalVM", "OpenJDK", "RedHat", "Semeru"};
            for (String vendor : vendors) {
                addChildren(homes, programs.resolve(vendor), "");
            }
        }
        return homes;
    }

    private static void addChildren(List<Path> homes, Path parent, String inside) {
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(parent)) {
            for (Path child : children) {
                homes.add(inside.isEmpty() ? child : child.resolve(inside));
            }
        } catch (IOException e) {
            // A folder that may not be read holds no JDK that could be started.
            return;
        }
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath();
        }
    }

    private static Path path(String text) {
        try {
            return text.isEmpty() ? null : Paths.get(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** The trimmed value of an environment variable, empty if unset. */
    static String value(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null ? "" : value.trim();
    }
}
