package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.Provenance;
import dev.t2i.error.BadInputException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line promises whatever the command: codes, one line on standard error, JSON alone on standard output. */
class MainTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void helpGoesToStandardOutput() {
        assertEquals(0, run("--help"));
        assertTrue(out.toString().contains("Usage: t2i COMMAND"), out::toString);
        assertEquals("", err.toString());
    }

    @Test
    void everyCommandTakesHelp() {
        for (String name : Main.commandNames()) {
            out.getBuffer().setLength(0);
            assertEquals(0, run(name, "--help"), name);
            assertTrue(out.toString().contains("Usage: t2i " + name), out::toString);
            assertTrue(out.toString().contains("--help"), out::toString);
        }
    }

    @Test
    void theVersionNamesTheJavaToo() {
        assertTrue(Provenance.program().matches("t2i \\d+\\.\\S+"), Provenance.program());
        assertEquals(0, run("--version"));
        assertTrue(out.toString().matches("t2i .*, Java 2[5-9].*\\R"), out::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "model", "model inf", "devics", "devices --jsn", "devices surplus", "--nothing"})
    void wrongUsageIsCodeTwoAndOneLine(String line) {
        assertEquals(2, run(line.isEmpty() ? new String[0] : line.split(" ")));
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().startsWith("t2i"), err::toString);
        assertTrue(err.toString().contains("--help'"), err::toString);
    }

    @Test
    void aMistypedOptionIsAnsweredWithTheNearestOne() {
        run("devices", "--jsn");
        assertTrue(err.toString().contains("did you mean '--json'?"), err::toString);
    }

    @Test
    void jsonIsOneObjectAlone() throws Exception {
        assertEquals(0, run("devices", "--json"));
        assertEquals(1, out.toString().lines().count());
        assertTrue(new ObjectMapper().readTree(out.toString()).path("machine").path("cores").asInt() > 0);
        assertEquals("", err.toString());
    }

    @Test
    void devicesNamesEveryBackend() throws Exception {
        assertEquals(0, run("devices", "--json"));
        var backends = new ObjectMapper().readTree(out.toString()).path("backends");
        assertEquals(List.of("vector", "native", "scalar"), backends.findValuesAsText("name").subList(0, 3));
        assertTrue(backends.findValuesAsText("name").get(3).startsWith("tornado"), out::toString);
        assertTrue(backends.get(0).path("available").asBoolean() && backends.get(2).path("available").asBoolean(), out::toString);
        assertEquals(0, run("devices"));
        assertTrue(out.toString().contains("-bit vectors"), out::toString);
    }

    @Test
    void nothingIsOverwrittenWithoutForce(@TempDir Path folder) throws Exception {
        T2iCommand.requireFree(folder, false);
        T2iCommand.requireFree(folder.resolve("new.png"), false);
        Path taken = Files.createFile(folder.resolve("old.png"));
        for (Path path : new Path[] {taken, folder}) {
            String message = assertThrows(BadInputException.class, () -> T2iCommand.requireFree(path, false)).getMessage();
            assertTrue(message.startsWith(path + ": ") && message.contains("--force"), message);
            T2iCommand.requireFree(path, true);
        }
        assertFalse(Files.notExists(taken));
    }

    @Test
    void valuesStandBehindABlankOrAnEqualsSign() {
        assertEquals(2, run("sample", "a house", "--count=0"));
        assertTrue(err.toString().contains("--count is 0"), err::toString);
        assertEquals(0, run("sample", "--help"));
        assertTrue(out.toString().contains("--count N"), out::toString);
    }

    @Test
    void aPromptIsNeverTakenForAFile(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("words"), "--nothing");
        assertEquals(4, run("sample", "@" + file, "--model", folder.resolve("none").toString()), err::toString);
        assertEquals(4, run("sample", "@" + folder, "--model", folder.resolve("none").toString()), err::toString);
    }

    @Test
    void verboseShowsWhereAnErrorCameFrom(@TempDir Path folder) {
        String model = folder.resolve("none").toString();
        assertEquals(4, run("sample", "a house", "--model", model));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(4, run("sample", "a house", "--model", model, "--verbose"));
        assertTrue(err.toString().contains("\tat dev.t2i."), err::toString);
    }

    private int run(String... args) {
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
