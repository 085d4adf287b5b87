package dev.t2i.backend.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BackendException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Why the kernels may be missing, each in a line; everything else works without them. */
class LibraryTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"Linux, amd64, linux-x86_64", "Linux, aarch64, linux-aarch64", "Mac OS X, aarch64, macos-aarch64",
        "Mac OS X, x86_64, macos-x86_64", "Windows 11, amd64, windows-x86_64", "Linux, riscv64, linux-riscv64"})
    void platformsAreNamedAsTheBuildNamesThem(String os, String arch, String platform) {
        assertEquals(platform, Library.platform(os, arch));
    }

    @Test
    void aBuildWithoutThemSaysSo() {
        check("linux-riscv64", null, folder, "not in this build", "linux-riscv64", "C compiler");
    }

    @Test
    void aBrokenLibraryIsRefusedAndLeavesNothing() throws IOException {
        check("linux-x86_64", new byte[] {1, 2, 3}, folder, "cannot be loaded", folder.toString());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() {
        Path missing = folder.resolve("missing");
        check("linux-x86_64", new byte[] {1, 2, 3}, missing, "cannot be written", missing.toString(), "java.io.tmpdir");
    }

    /** Looked at while the library is read, when its file is there to be written. */
    @Test
    void itsFileIsItsOwnersAlone() {
        Assumptions.assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"), "this system has no permissions of POSIX");
        Set<PosixFilePermission> seen = EnumSet.noneOf(PosixFilePermission.class);
        InputStream watched = new ByteArrayInputStream(new byte[] {1, 2, 3}) {
            @Override
            public long transferTo(OutputStream out) throws IOException {
                try (Stream<Path> files = Files.list(folder)) {
                    seen.addAll(Files.getPosixFilePermissions(files.findFirst().orElseThrow()));
                }
                return super.transferTo(out);
            }
        };
        assertThrows(BackendException.class, () -> Library.load("linux-x86_64", _ -> watched, folder));
        assertEquals(EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE), seen);
    }

    @Test
    void theLibraryLeavesNothingBehind() throws IOException {
        NativeBackends.best(1);
        String platform = Library.platform(System.getProperty("os.name"), System.getProperty("os.arch"));
        Kernels.requireVersion(Library.load(platform, Library.class::getResourceAsStream, folder));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aLibraryOfAnotherVersionIsRefused() {
        NativeBackends.best(1);
        String message = assertThrows(BackendException.class, () -> Kernels.requireVersion(_ -> java.util.Optional.empty())).getMessage();
        assertTrue(message.contains("another version"), message);
    }

    @Test
    void anUnknownProcessorIsRefused() {
        String message = assertThrows(BackendException.class, () -> InstructionSet.bestOf(0)).getMessage();
        assertTrue(message.contains("processor") && message.contains("AVX2"), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void theBestInstructionsAreTaken() {
        assertEquals(InstructionSet.AVX2, InstructionSet.bestOf(0b0001));
        assertEquals(InstructionSet.AVX512, InstructionSet.bestOf(0b0011));
        assertEquals(InstructionSet.AVX512_BF16, InstructionSet.bestOf(0b0111));
        assertEquals(InstructionSet.NEON, InstructionSet.bestOf(0b1000));
    }

    private static void check(String platform, byte[] library, Path folder, String... words) {
        String message = assertThrows(BackendException.class, () -> Library.load(platform,
                _ -> library == null ? null : new ByteArrayInputStream(library), folder)).getMessage();
        assertEquals(1, message.lines().count(), message);
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }
}
