package dev.t2i.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Discovery over made-up installations: only their release files and the names of their programs matter. */
class JdkFinderTest {

    private static final String VECTOR = "java.base java.desktop jdk.incubator.vector java.sql jdk.zipfs";

    @TempDir
    Path root;
    private Path jvms;
    private Path user;
    private Path old;

    @BeforeEach
    void anOldJavaRuns() throws IOException {
        jvms = root.resolve("usr/lib/jvm");
        user = root.resolve("home/person");
        old = jdk(jvms.resolve("java-8"), "1.8.0_412", null, "amd64");
    }

    @Test
    void theNewestSuitableOneIsFirst() throws Exception {
        jdk(jvms.resolve("a-25"), "25.0.3", VECTOR, "x86_64");
        Path newest = jdk(user.resolve(".sdkman/candidates/java/26-tem"), "26", VECTOR, "x86_64");
        jdk(jvms.resolve("b-24"), "24.0.2", VECTOR, "x86_64");
        assertEquals(List.of(newest, jvms.resolve("a-25")), find(Map.of()));
    }

    @Test
    void theEnvironmentThenTheRunningOneGoBeforeOthers() throws Exception {
        Path set = jdk(root.resolve("elsewhere/25"), "25", VECTOR, "x86_64");
        Path running = jdk(root.resolve("running"), "25.0.1", VECTOR, "x86_64");
        Path other = jdk(jvms.resolve("b-27"), "27-ea", VECTOR, "x86_64");
        List<Jdk> found = JdkFinder.of(Map.of("JAVA_HOME", set.toString()), running, "amd64", root, user).find();
        assertEquals(List.of(set, running, other), found.stream().map(Jdk::home).toList());
    }

    @Test
    void anUnsuitableJavaHomeIsPassedOver() throws Exception {
        Path good = jdk(jvms.resolve("a-25"), "25.0.3", VECTOR, "x86_64");
        assertEquals(List.of(good), find(Map.of("JAVA_HOME", old.toString())));
    }

    @Test
    void theAskedOneDecidesAlone() throws Exception {
        Path asked = jdk(root.resolve("mine"), "25", null, "x86_64");
        jdk(jvms.resolve("b-26"), "26", VECTOR, "x86_64");
        assertEquals(List.of(asked), find(Map.of("T2I_JAVA_HOME", asked.toString())));
    }

    @Test
    void anUnsuitableAskedOneIsRefusedWithTheReason() throws Exception {
        jdk(jvms.resolve("b-26"), "26", VECTOR, "x86_64");
        assertEquals("T2I_JAVA_HOME=" + old + " can't be used: it is Java 1.8.0_412; point it to a JDK 25 or later, or unset it",
                refused(Map.of("T2I_JAVA_HOME", old.toString())));
        Path small = jdk(root.resolve("small"), "25", "java.base", "x86_64");
        assertTrue(refused(Map.of("T2I_JAVA_HOME", small.toString())).contains("it lacks the module jdk.incubator.vector"));
        Path headless = jdk(root.resolve("headless"), "25", "java.base jdk.incubator.vector jdk.zipfs", "x86_64");
        assertTrue(refused(Map.of("T2I_JAVA_HOME", headless.toString())).contains("it lacks the module java.desktop"));
        assertTrue(refused(Map.of("T2I_JAVA_HOME", root.resolve("none").toString())).contains("there is no JDK there"));
    }

    @Test
    void withoutAnyOneLineSaysHowToGetOne() {
        String line = refused(Map.of());
        assertTrue(line.startsWith("needs a JDK 25 or later and found none; get one from https://"), line);
        assertEquals(1, line.lines().count());
    }

    @Test
    void thoseForAnotherProcessorComeLast() throws Exception {
        Path arm = jdk(jvms.resolve("arm-27"), "27", VECTOR, "aarch64");
        Path intel = jdk(jvms.resolve("intel-25"), "25", VECTOR, "x86_64");
        assertEquals(List.of(intel, arm), find(Map.of()));
        Path set = jdk(root.resolve("arm-25"), "25", VECTOR, "aarch64");
        assertEquals(List.of(intel, arm, set), find(Map.of("JAVA_HOME", set.toString())));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theAskedOneIsRefusedForAnotherProcessorButNotForMoreBits() throws Exception {
        Path arm = jdk(root.resolve("arm"), "25", VECTOR, "aarch64");
        assertEquals("T2I_JAVA_HOME=" + arm + " can't be used: it is for aarch64, but this machine's Java is for amd64; point it to a JDK 25 or later, or unset it",
                refused(Map.of("T2I_JAVA_HOME", arm.toString())));
        Path intel = jdk(root.resolve("intel"), "25", VECTOR, "x86_64");
        assertEquals(1, JdkFinder.of(Map.of("T2I_JAVA_HOME", intel.toString()), old, "i386", root, user).find().size());
    }

    @Test
    void linksToTheSameInstallationCountOnce() throws Exception {
        Path real = jdk(jvms.resolve("jdk-25"), "25", VECTOR, "x86_64");
        Files.createSymbolicLink(jvms.resolve("default"), real);
        assertEquals(1, find(Map.of()).size());
    }

    @Test
    void bundlesOfMacAndFoldersOfWindowsAreSearched() throws Exception {
        Path mac = jdk(root.resolve("Library/Java/JavaVirtualMachines/temurin-25.jdk/Contents/Home"), "25", VECTOR, "x86_64");
        Path programs = root.resolve("Program Files");
        Path windows = jdk(programs.resolve("Eclipse Adoptium/jdk-26"), "26", VECTOR, "amd64");
        assertEquals(List.of(windows, mac), find(Map.of("ProgramFiles", programs.toString())));
    }

    @ParameterizedTest
    @CsvSource({"1.8.0_412,8", "17.0.15,17", "25,25", "25-ea,25", "26.0.1,26", "'',0", "abc,0"})
    void versionsAreRead(String version, int feature) {
        assertEquals(feature, Jdk.feature(version));
    }

    @Test
    void optionsAreSplitAsAShellWould() throws Exception {
        assertEquals(List.of("-Xmx2g", "-Dname=two words", "", "-Da=b\"c"),
                Options.split("  -Xmx2g \"-Dname=two words\" ''\t-Da='b\"c' "));
        assertEquals(List.of(), Options.split(" "));
        assertThrows(CannotLaunch.class, () -> Options.split("-Da='b"));
    }

    private List<Path> find(Map<String, String> environment) throws CannotLaunch {
        return JdkFinder.of(environment, old, "amd64", root, user).find().stream().map(Jdk::home).toList();
    }

    private String refused(Map<String, String> environment) {
        return assertThrows(CannotLaunch.class, () -> find(environment)).getMessage();
    }

    private static Path jdk(Path home, String version, String modules, String arch) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Path java = Files.createFile(home.resolve("bin/java"));
        assertTrue(java.toFile().setExecutable(true));
        String release = "JAVA_VERSION=\"" + version + "\"\nOS_ARCH=\"" + arch + "\"\n";
        Files.writeString(home.resolve("release"), modules == null ? release : release + "MODULES=\"" + modules + "\"\n");
        return home;
    }
}
