package dev.t2i.backend.nativelib;

import dev.t2i.error.BackendException;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.function.Function;

/**
 * The library of C kernels: a resource of the jar for the system it was built on, loaded at most once a process and never
 * unloaded.
 */
final class Library {
    private static SymbolLookup loaded;

    private Library() {}

    /**
     * The library's functions.
     *
     * @throws BackendException if this build has none for this system, or it cannot be loaded
     */
    static synchronized SymbolLookup require() {
        if (loaded == null) {
            loaded = load(platform(System.getProperty("os.name"), System.getProperty("os.arch")),
                    Library.class::getResourceAsStream, Path.of(System.getProperty("java.io.tmpdir")));
        }
        return loaded;
    }

    /** A system as the build names its folder: {@code linux-x86_64}. */
    static String platform(String os, String arch) {
        String system = os.toLowerCase(Locale.ROOT);
        String family = system.startsWith("mac") ? "macos" : system.startsWith("windows") ? "windows" : system.replace(' ', '-');
        return family + "-" + switch (arch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64", "x64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch64";
            default -> arch.toLowerCase(Locale.ROOT);
        };
    }

    /** Where the build puts a platform's library. */
    static String resource(String platform) {
        return "/native/" + platform + (platform.startsWith("macos") ? "/libt2i.dylib" : "/libt2i.so");
    }

    /**
     * Loads a platform's library by way of a file, which systems need for it: one of a name that nobody knows and that only
     * its owner may touch, gone again as soon as it is loaded.
     *
     * @param resources opens a resource by its absolute name, null if there is none
     * @param folder    for the file
     */
    @SuppressWarnings("restricted")
    static SymbolLookup load(String platform, Function<String, InputStream> resources, Path folder) {
        String name = resource(platform);
        try (InputStream resource = resources.apply(name)) {
            if (resource == null) {
                throw new BackendException(("backend 'native' is not in this build, which has no kernels for %s: "
                        + "build it here with a C compiler (cc, gcc or clang) on the PATH, and the build's line \"No native kernels\" says what is missing yet").formatted(platform));
            }
            Path file = Files.createTempFile(folder, "t2i-", "-" + name.substring(name.lastIndexOf('/') + 1));
            try {
                // Into the file that is there: one made anew in its place would be open to whom the umask lets in.
                try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
                    resource.transferTo(out);
                }
                return SymbolLookup.libraryLookup(file, Arena.global());
            } finally {
                remove(file);
            }
        } catch (IOException e) {
            throw new BackendException(("backend 'native': its library cannot be written to %s, %s; "
                    + "-Djava.io.tmpdir=DIR names another folder").formatted(folder, FileTrouble.reason(e)), e);
        } catch (IllegalCallerException e) {
            throw new BackendException("backend 'native' needs access to native code: start Java with --enable-native-access=ALL-UNNAMED", e);
        } catch (IllegalArgumentException e) {
            throw new BackendException(("backend 'native': its library cannot be loaded from %s, which may forbid programs; "
                    + "-Djava.io.tmpdir=DIR names another folder").formatted(folder), e);
        }
    }

    /** Where a loaded library cannot be removed yet, it goes with the process. */
    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
