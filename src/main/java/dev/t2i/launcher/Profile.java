package dev.t2i.launcher;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The JVM options that a kind of run needs. Today all runs are of one kind; a backend that needs a JVM of its own shape
 * (another module path, an argument file of an SDK) is a second profile, told from the arguments.
 */
final class Profile {

    /** The CPU backends. */
    private static final Profile CPU = new Profile(
            "--add-modules=" + Jdk.VECTOR_MODULE,
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.awt.headless=true",
            // Tensors live off the heap and the heap stays small: the serial collector starts fastest and costs least memory.
            "-XX:+UseSerialGC",
            // Else the young generation grows with the machine, and a short run fills it with garbage that nobody collects.
            "-Xmn32m",
            // Tells the program that a launcher waits for it, see Child.
            "-D" + Child.PROPERTY + "=true");

    private final List<String> options;

    private Profile(String... options) {
        this.options = Collections.unmodifiableList(Arrays.asList(options));
    }

    /** The profile for a command line. */
    static Profile forArguments(String[] args) {
        return CPU;
    }

    List<String> options() {
        return options;
    }
}
