package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoCommandTest {

    @TempDir
    Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path picture;

    @BeforeEach
    void aPictureWithText() {
        picture = folder.resolve("house.png");
        Map<String, String> text = new LinkedHashMap<>();
        text.put("prompt", "a café at night");
        text.put("seed", "7");
        Png.write(Picture.blank(6, 4), text, picture, false);
    }

    @Test
    void peopleReadALineForEachEntry() {
        assertEquals(0, info(picture));
        assertEquals(picture + ": 6 x 4 pixels\nprompt: a café at night\nseed: 7\n", out.toString().replace("\r\n", "\n"));
    }

    @Test
    void scriptsReadJson() throws Exception {
        assertEquals(0, info(picture, "--json"));
        var json = new ObjectMapper().readTree(out.toString());
        assertEquals(6, json.path("width").asInt());
        assertEquals("a café at night", json.path("metadata").path("prompt").asText());
    }

    @Test
    void whatIsNoPictureIsCodeThree() throws Exception {
        Path words = Files.writeString(folder.resolve("words.png"), "not a picture");
        Path cut = Files.write(folder.resolve("cut.png"), java.util.Arrays.copyOf(Files.readAllBytes(picture), 60));
        for (Path bad : new Path[] {words, cut, folder, folder.resolve("none.png")}) {
            err.getBuffer().setLength(0);
            assertEquals(3, info(bad), bad::toString);
            assertEquals(1, err.toString().lines().count(), err::toString);
            assertTrue(err.toString().startsWith("t2i info: " + bad), err::toString);
        }
        assertEquals("", out.toString());
    }

    private int info(Path file, String... more) {
        String[] args = new String[more.length + 2];
        args[0] = "info";
        args[1] = file.toString();
        System.arraycopy(more, 0, args, 2, more.length);
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
