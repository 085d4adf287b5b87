package dev.t2i.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file for what TornadoVM and the drivers of devices print, who share a JVM's standard streams with the program. The child
 * keeps it as long as it runs; the launcher looks into it when the child ended in a way that it could not tell about itself.
 */
final class DriverLog {

    /** System property that names the file in a child. */
    static final String PROPERTY = "t2i.drivers.log";

    /** What the program writes first of all. Without it, the JVM never came so far. */
    static final String BEGUN = "begun\n";

    private static final int BY_SIGNAL = 128;
    private static final int LONGEST = 300;

    private final Path file;

    private DriverLog(Path file) {
        this.file = file;
    }

    static DriverLog create() throws CannotLaunch {
        try {
            return new DriverLog(Files.createTempFile("t2i-drivers-", ".log"));
        } catch (IOException e) {
            throw new CannotLaunch("can't create a file in " + System.getProperty("java.io.tmpdir") + ": " + e.getMessage());
        }
    }

    String option() {
        return "-D" + PROPERTY + "=" + file;
    }

    /** Throws if a child with TornadoVM ended with this code and without a word that a person could understand. */
    void explain(int exitCode, Sdk sdk) throws CannotLaunch {
        String text = text();
        if (exitCode == 1 && !text.startsWith(BEGUN)) {
            throw new CannotLaunch("no JVM starts with the TornadoVM SDK in " + sdk.home() + ", for the reason above: the SDK is damaged or does not fit this JDK;"
                    + " set TORNADOVM_HOME to the folder of " + Sdk.WANTED + ", or take out of T2I_JAVA_OPTIONS what the JVM does not know");
        }
        if (isCrash(exitCode - BY_SIGNAL)) {
            String last = text.substring(text.startsWith(BEGUN) ? BEGUN.length() : 0).trim();
            last = last.substring(last.lastIndexOf('\n') + 1);
            throw new CannotLaunch("the JVM crashed (signal " + (exitCode - BY_SIGNAL) + "), most likely in the device's driver"
                    + (last.isEmpty() ? "" : ", which said: " + (last.length() > LONGEST ? last.substring(0, LONGEST) : last))
                    + "; update the driver or take another device or backend");
        }
    }

    /** Whether a signal is one that programs get for what they did: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. */
    private static boolean isCrash(int signal) {
        return signal >= 4 && signal <= 8 || signal == 11;
    }

    private String text() {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return BEGUN;
        }
    }

    void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A file too many in the folder of temporary files is no failure of the command.
            return;
        }
    }
}
