package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BackendException;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Exceptions, seen from outside. */
class FailureTest {

    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(new BadInputException("a.png: not a PNG"), 3, "a.png: not a PNG"),
                Arguments.of(new BadModelException("m: no config.json"), 4, "m: no config.json"),
                Arguments.of(new BackendException("tornado: no device"), 5, "tornado: no device"),
                Arguments.of(new NoSuchFileException("x.txt"), 3, "x.txt: no such file or folder"),
                Arguments.of(new AccessDeniedException("/out"), 3, "/out: permission denied"),
                Arguments.of(new FileSystemException("/out/a", null, "No space left on device"), 1,
                        "/out/a: No space left on device"),
                Arguments.of(new IOException("No space left on device"), 1,
                        "reading or writing failed: No space left on device"),
                Arguments.of(new InterruptedException(), 130, "interrupted"),
                Arguments.of(new CancellationException(), 130, "interrupted"),
                Arguments.of(new UncheckedIOException(new NoSuchFileException("x")), 3, "x: no such file or folder"),
                Arguments.of(new ExecutionException(new BadModelException("two\n  lines")), 4, "two lines"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void eachKindHasItsCodeAndLine(Throwable error, int exitCode, String line) {
        assertEquals(new Failure(exitCode, line), Failure.of(error));
    }

    @Test
    void runningOutOfMemoryNamesTheRemedy() {
        Failure failure = Failure.of(new OutOfMemoryError("Java heap space"));
        assertEquals(5, failure.exitCode());
        assertTrue(failure.line().contains("T2I_JAVA_OPTIONS"), failure.line());
        Failure tensors = Failure.of(new OutOfMemoryError("Unable to allocate 51539607664 bytes"));
        assertEquals(5, tensors.exitCode());
        assertTrue(tensors.line().contains("smaller batch"), tensors.line());
    }

    @Test
    void whatATerminalWouldObeyIsEscapedAndWhatIsLongIsShortened() {
        assertEquals("a\\u001b[31mb\\u0007 \\u202ec \ud83d\ude00", Failure.of(new BadInputException("a\u001b[31mb\u0007\n\u202ec \ud83d\ude00")).line());
        String line = Failure.of(new BadInputException("x.png: " + "\ud83d\ude00".repeat(5000) + " is wrong")).line();
        assertTrue(line.length() < 520 && line.startsWith("x.png: ") && line.endsWith(" is wrong"), line);
        assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(line), "half a character");
    }

    @Test
    void aDefectSaysThatItIsOne() {
        Failure failure = Failure.of(new IllegalStateException("odd\nthing"));
        assertEquals(1, failure.exitCode());
        assertEquals("internal error: IllegalStateException: odd thing (a defect of t2i; --verbose shows where)", failure.line());
    }
}
