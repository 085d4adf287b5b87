package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** A command line run in this JVM, and what it said. */
record CommandRun(List<String> line, int exitCode, String out, String err) {

    static CommandRun of(String... line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.run(line, new PrintWriter(out), new PrintWriter(err));
        return new CommandRun(List.of(line), exitCode, out.toString(), err.toString());
    }

    /** The last line on standard error; a training says before it what it has done so far. */
    String lastLine() {
        return err.lines().reduce((_, last) -> last).orElse("");
    }

    /** Asserts the promise about failures: this code, nothing on standard output, one line that names {@code part}. */
    void assertRefused(int code, String part) {
        assertEquals(1, err.lines().count(), this::toString);
        assertFailed(code, part);
    }

    /** As {@link #assertRefused}, for commands that had begun to work. */
    void assertFailed(int code, String part) {
        assertEquals(code, exitCode, this::toString);
        assertEquals("", out, this::toString);
        assertTrue(lastLine().startsWith("t2i " + line.getFirst()), this::toString);
        assertTrue(lastLine().contains(part), this::toString);
        assertTrue(lastLine().length() < 700, this::toString);
        assertFalse(err.contains("internal error") || err.contains("\tat "), this::toString);
        assertTrue(err.chars().allMatch(c -> c >= ' ' || c == '\n'), "control characters: " + this);
    }
}
