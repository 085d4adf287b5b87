package dev.t2i.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** A Java installation, as its {@code release} file describes it: nothing is started to find out. */
final class Jdk {

    /** The oldest Java that the program runs on. */
    static final int MINIMUM = 25;

    static final String VECTOR_MODULE = "jdk.incubator.vector";

    /** What runtimes that somebody has put together may lack: the Vector API, jars as file systems, pictures. */
    private static final String[] MODULES = {VECTOR_MODULE, "jdk.zipfs", "java.desktop"};

    private final Path home;
    private final String version;
    private final String modules;
    private final String arch;

    private Jdk(Path home, Properties release) {
        this.home = home;
        this.version = unquoted(release, "JAVA_VERSION");
        this.modules = unquoted(release, "MODULES");
        this.arch = unquoted(release, "OS_ARCH");
    }

    /** The installation at {@code home}, or null if there is none. */
    static Jdk at(Path home) {
        Path file = home.resolve("release");
        if (!Files.isRegularFile(file) || !Files.isExecutable(javaOf(home))) {
            return null;
        }
        Properties release = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            release.load(in);
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
        return new Jdk(home, release);
    }

    Path home() {
        return home;
    }

    Path java() {
        return javaOf(home);
    }

    String version() {
        return version;
    }

    int feature() {
        return feature(version);
    }

    /** Null if the program can run on it, else why it can't. */
    String unsuitable() {
        if (feature() < MINIMUM) {
            return "it is Java " + (version.isEmpty() ? "of unknown version" : version);
        }
        // Some vendors write no module list; they ship whole JDKs.
        for (String module : MODULES) {
            if (!modules.isEmpty() && !(" " + modules + " ").contains(" " + module + " ")) {
                return "it lacks the module " + module;
            }
        }
        return null;
    }

    /**
     * Whether it was built for a processor named {@code osArch}, in the words of the system property {@code os.arch}; a JVM of 32 bits
     * does not tell whether the processor has 64.
     */
    boolean runsOn(String osArch) {
        String its = canonical(arch);
        String here = canonical(osArch);
        return its.isEmpty() || its.equals(here) || here.equals("x86") && its.equals("x86_64") || here.equals("arm") && its.equals("aarch64");
    }

    /** The processor that it was built for, empty where it does not say. */
    String arch() {
        return arch;
    }

    /** The feature number of a version: 8 for {@code 1.8.0_412}, 25 for {@code 25.0.3} or {@code 25-ea}; 0 if there is none. */
    static int feature(String version) {
        String digits = version.startsWith("1.") ? version.substring(2) : version;
        int end = 0;
        while (end < digits.length() && end < 4 && Character.isDigit(digits.charAt(end))) {
            end++;
        }
        return end == 0 ? 0 : Integer.parseInt(digits.substring(0, end));
    }

    private static String canonical(String arch) {
        switch (arch) {
            case "amd64":
            case "x64":
                return "x86_64";
            case "arm64":
                return "aarch64";
            case "i386":
            case "i586":
            case "i686":
                return "x86";
            default:
                return arch;
        }
    }

    private static Path javaOf(Path home) {
        Path windows = home.resolve("bin").resolve("java.exe");
        return Files.exists(windows) ? windows : home.resolve("bin").resolve("java");
    }

    private static String unquoted(Properties release, String key) {
        return release.getProperty(key, "").replace("\"", "").trim();
    }
}
