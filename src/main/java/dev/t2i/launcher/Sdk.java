package dev.t2i.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A TornadoVM SDK, as its files describe it: nothing is started to find out. A JVM that gets an SDK which does not fit it
 * ends before the program begins, with lines that nobody understands.
 */
final class Sdk {

    /** What to get. */
    static final String WANTED = "a TornadoVM 5.2 SDK for JDK " + Jdk.MINIMUM + " (5.2.0-jdk25)";

    static final String ARGUMENTS = "tornado-argfile";

    /** The jar whose name says of which version the SDK is, and for which JDK. */
    private static final Pattern API = Pattern.compile("tornado-api-(\\d+)\\.(\\d+)[^-]*(?:-jdk(\\d+))?.*\\.jar");

    /** Options of the argument file that name a folder inside the SDK. */
    private static final Pattern FOLDER = Pattern.compile("(?:-Djava\\.library\\.path=|--module-path[= ]|--upgrade-module-path[= ])(.+)");
    private static final int MAJOR = 5;
    private static final int MINOR = 2;

    private final Path home;
    private final String api;
    private final int major;
    private final int minor;
    private final int jdk;

    private Sdk(Path home) {
        this.home = home;
        Matcher matcher = null;
        String name = "";
        if (Files.isDirectory(modules())) {
            try (DirectoryStream<Path> jars = Files.newDirectoryStream(modules(), "tornado-api-*.jar")) {
                for (Path jar : jars) {
                    Matcher each = API.matcher(jar.getFileName().toString());
                    if (each.matches()) {
                        matcher = each;
                        name = jar.getFileName().toString();
                    }
                }
            } catch (IOException e) {
                // A folder that may not be read has no jars for the JVM either.
                matcher = null;
            }
        }
        api = name;
        major = matcher == null ? 0 : Integer.parseInt(matcher.group(1));
        minor = matcher == null ? 0 : Integer.parseInt(matcher.group(2));
        jdk = matcher == null || matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
    }

    /** Whether something that looks like an SDK lies there. */
    static boolean isAt(Path home) {
        return Files.isRegularFile(home.resolve(ARGUMENTS));
    }

    static Sdk at(Path home) throws CannotLaunch {
        if (!isAt(home)) {
            throw new CannotLaunch(home + " holds no TornadoVM SDK (no " + ARGUMENTS + " lies in it); set TORNADOVM_HOME to the folder of " + WANTED);
        }
        Sdk sdk = new Sdk(home);
        String reason = sdk.unsuitable();
        if (reason != null) {
            throw new CannotLaunch("the TornadoVM SDK in " + home + " can't be used: " + reason);
        }
        return sdk;
    }

    Path home() {
        return home;
    }

    Path arguments() {
        return home.resolve(ARGUMENTS);
    }

    /** What the file of arguments says. */
    List<String> lines() throws CannotLaunch {
        try {
            return Files.readAllLines(arguments(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CannotLaunch("the TornadoVM SDK in " + home + " can't be used: " + arguments() + " cannot be read");
        }
    }

    /** Where the jars lie. */
    Path modules() {
        return home.resolve("share").resolve("java").resolve("tornado");
    }

    /** Whether a jar of that name, beside its version, is among them. */
    boolean has(String jar) {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(modules(), jar + "-[0-9]*.jar")) {
            return jars.iterator().hasNext();
        } catch (IOException e) {
            return false;
        }
    }

    /** The Java whose JVMs it runs in, and no other: its classes use that version's preview features and compiler interface. */
    int jdk() {
        return jdk;
    }

    private String unsuitable() throws CannotLaunch {
        String remedy = "; set TORNADOVM_HOME to the folder of " + WANTED;
        if (api.isEmpty()) {
            return "there is no tornado-api-*.jar in " + modules() + remedy;
        }
        if (jdk < Jdk.MINIMUM) {
            return "it is for JDK " + (jdk == 0 ? "of unknown version" : jdk) + ", by its " + api + ", but the program needs JDK " + Jdk.MINIMUM + remedy;
        }
        if (major != MAJOR || minor < MINOR) {
            return "it is version " + major + "." + minor + ", by its " + api + remedy;
        }
        return missingFolder();
    }

    /** Argument files hold full paths, which point nowhere when an SDK has been moved. */
    private String missingFolder() throws CannotLaunch {
        for (String line : lines()) {
            Matcher matcher = FOLDER.matcher(line.trim());
            if (!matcher.matches()) {
                continue;
            }
            for (String part : matcher.group(1).replace("\"", "").split(Pattern.quote(System.getProperty("path.separator")))) {
                if (!isFolder(part)) {
                    return "its " + ARGUMENTS + " names " + part + ", where no folder is (an SDK that was moved?); "
                            + "install it again, or write the file anew as TornadoVM's installation guide says";
                }
            }
        }
        return null;
    }

    private static boolean isFolder(String path) {
        try {
            return Files.isDirectory(Paths.get(path.trim()));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
