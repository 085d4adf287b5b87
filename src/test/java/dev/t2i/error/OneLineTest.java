package dev.t2i.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class OneLineTest {
    @Test
    void lineEndsWithTheBlanksAroundThemAreOneBlank() {
        assertEquals("a b c  d", OneLine.of("  a \r\n\n\t b\u2028 \u0085c  d\n"));
        assertEquals("a\\u0009b \\u001b[31m $1", OneLine.of("a\tb\n\u001b[31m\r$1"));
    }

    @Test
    void longBlanksTakeNoLongerThanOtherText() {
        String blanks = " ".repeat(1_000_000);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertEquals("a" + blanks + "b", OneLine.of("a" + blanks + "b"));
            assertEquals("a b", OneLine.of("a" + blanks + "\n" + blanks + "b"));
        });
    }
}
