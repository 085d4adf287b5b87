package dev.t2i.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which JVM a command line gets, and what is said of SDKs that no JVM would start with. */
class ProfileTest {
    private static final String[] SAMPLE = {"sample", "a house", "--backend", "tornado"};

    @TempDir
    Path folder;

    private Path sdk(String api) throws IOException {
        Path sdk = Files.createDirectory(folder.resolve("sdk"));
        Files.createDirectory(sdk.resolve("lib"));
        Path jars = Files.createDirectories(sdk.resolve("share/java/tornado"));
        Files.createFile(jars.resolve(api));
        Files.writeString(sdk.resolve("tornado-argfile"), "# options\n-server\n-Djava.library.path=" + sdk.resolve("lib") + "\n--module-path .:" + jars + "\n");
        return sdk;
    }

    private static String refusal(Path home) {
        return assertThrows(CannotLaunch.class, () -> profile(home, SAMPLE)).getMessage();
    }

    private static Profile profile(Path home, String... args) throws CannotLaunch {
        return Profile.of(args, Map.of("TORNADOVM_HOME", home.toString()), home);
    }

    @Test
    void onlyCommandsThatNameTheBackendGetTornado() throws Exception {
        Path sdk = sdk("tornado-api-5.2.0-jdk25.jar");
        List<String> options = profile(sdk, SAMPLE).options();
        assertEquals("@" + sdk.resolve("tornado-argfile"), options.getFirst());
        assertTrue(options.contains("-Dtornado.recover.bailout=false"), options::toString);
        assertEquals(25, profile(sdk, "bench", "--backends=vector,tornado:opencl:0").sdk().jdk());
        assertEquals(sdk, profile(sdk, "devices").sdk().home());
        assertNull(profile(sdk, "sample", "tornado", "--backend", "vector").sdk());
        assertNull(profile(folder, "sample", "a house").sdk(), "an SDK that is not asked for is not looked at");
    }

    @Test
    void aLibraryThatTheSdkHasMayLoadNativeCode() throws Exception {
        Path sdk = sdk("tornado-api-5.2.0-jdk25.jar");
        String allowed = "--enable-native-access=tornado.cublas";
        assertFalse(profile(sdk, SAMPLE).options().contains(allowed), "of a module that is not there Java warns");
        Files.createFile(sdk.resolve("share/java/tornado/tornado-cublas-5.2.0-jdk25.jar"));
        assertTrue(profile(sdk, SAMPLE).options().contains(allowed));
    }

    @Test
    void aCollectorThatTheEnvironmentAsksForIsTheOnlyOne() throws Exception {
        String[] plain = {"sample", "a house"};
        assertTrue(Profile.of(plain, Map.of("JAVA_TOOL_OPTIONS", "-XX:+UseGCOverheadLimit"), folder).options().contains("-XX:+UseSerialGC"));
        for (String variable : List.of("T2I_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")) {
            List<String> options = Profile.of(plain, Map.of(variable, "-Xmx1g '-XX:+UseG1GC' -Da=b"), folder).options();
            assertFalse(options.contains("-XX:+UseSerialGC") || options.contains("-Xmn32m"), options::toString);
        }
        Path sdk = sdk("tornado-api-5.2.0-jdk25.jar");
        Files.writeString(sdk.resolve("tornado-argfile"), "-XX:+UseParallelGC\n-Djava.library.path=" + sdk.resolve("lib") + "\n");
        String out = "-XX:-UseParallelGC";
        Map<String, String> there = Map.of("TORNADOVM_HOME", sdk.toString());
        assertFalse(Profile.of(SAMPLE, there, folder).options().contains(out));
        assertTrue(Profile.of(SAMPLE, with(there, "-XX:+UseZGC"), folder).options().contains(out));
        assertFalse(Profile.of(SAMPLE, with(there, "-XX:+UseParallelGC"), folder).options().contains(out));
    }

    private static Map<String, String> with(Map<String, String> environment, String options) {
        Map<String, String> more = new HashMap<>(environment);
        more.put("JAVA_TOOL_OPTIONS", options);
        return more;
    }

    @Test
    void withoutAnSdkTheProgramSaysSo() throws Exception {
        assertNull(Profile.of(SAMPLE, Map.of(), folder).sdk());
    }

    @Test
    void aFolderWithoutAnSdkIsNamed() {
        String message = refusal(folder);
        assertTrue(message.startsWith(folder + " holds no TornadoVM SDK") && message.contains("5.2.0-jdk25"), message);
    }

    @Test
    void anSdkOfAnotherJdkOrVersionIsRefused() throws Exception {
        Path sdk = sdk("tornado-api-5.2.0-jdk21.jar");
        String message = refusal(sdk);
        assertTrue(message.contains(sdk.toString()) && message.contains("it is for JDK 21") && message.contains("TORNADOVM_HOME"), message);
        Path jars = sdk.resolve("share/java/tornado");
        Files.move(jars.resolve("tornado-api-5.2.0-jdk21.jar"), jars.resolve("tornado-api-4.0.1-jdk25.jar"));
        assertTrue(refusal(sdk).contains("it is version 4.0"), refusal(sdk));
        Files.delete(jars.resolve("tornado-api-4.0.1-jdk25.jar"));
        assertTrue(refusal(sdk).contains("there is no tornado-api-*.jar"), refusal(sdk));
    }

    @Test
    void anSdkThatWasMovedIsRefused() throws Exception {
        Path sdk = sdk("tornado-api-5.2.0-jdk25.jar");
        Files.delete(sdk.resolve("lib"));
        assertTrue(refusal(sdk).contains("names " + sdk.resolve("lib") + ", where no folder is"), refusal(sdk));
    }

    @Test
    void devicesAreListedAllTheSameWithTheReason() throws Exception {
        Profile profile = profile(sdk("tornado-api-5.2.0-jdk21.jar"), "devices");
        assertNull(profile.sdk());
        assertTrue(profile.options().stream().anyMatch(option -> option.startsWith("-Dt2i.tornado.trouble=the TornadoVM SDK in ")), profile.options()::toString);
    }

    @Test
    void childrenThatEndWithoutAWordAreExplained() throws Exception {
        Sdk sdk = Sdk.at(sdk("tornado-api-5.2.0-jdk25.jar"));
        DriverLog log = DriverLog.create();
        Path file = Path.of(log.option().substring(log.option().indexOf('=') + 1));
        try {
            assertTrue(explanation(log, 1, sdk).contains("no JVM starts with the TornadoVM SDK in " + sdk.home()));
            Files.writeString(file, "begun\nfirst\npocl: assertion failed\n");
            log.explain(1, sdk);
            log.explain(5, sdk);
            log.explain(137, sdk);
            String crash = explanation(log, 134, sdk);
            assertTrue(crash.contains("signal 6") && crash.contains("which said: pocl: assertion failed;"), crash);
        } finally {
            log.delete();
        }
        assertFalse(Files.exists(file));
    }

    private static String explanation(DriverLog log, int exitCode, Sdk sdk) {
        return assertThrows(CannotLaunch.class, () -> log.explain(exitCode, sdk)).getMessage();
    }
}
