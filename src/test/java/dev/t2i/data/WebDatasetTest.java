package dev.t2i.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebDatasetTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"?image=JPG", "?extension=TXT", "?image=jpg&extension=Txt"})
    void endingsAreChosenInEitherCase(String options) {
        String shard = "webdataset:" + DataLayoutsTest.ROOT + "/shards/set-000000.tar";
        assertEquals(DataSpec.parse(shard).open().size(), DataSpec.parse(shard + options).open().size());
    }

    @Test
    void byteOrderMarksAreNoPartOfACaption() throws IOException {
        Path shard = shard(Map.of("a.txt", "\ufeffa night\n", "a.json", "\ufeff{\"caption\": \"dark\"}"));
        assertEquals(List.of("a night"), DataSpec.parse("webdataset:" + shard).catalogue().captions(0));
        assertEquals(List.of("dark"), DataSpec.parse("webdataset:" + shard + "?text=caption").catalogue().captions(0));
    }

    @Test
    void twoObjectsInAFileAreNoJson() throws IOException {
        Path shard = shard(Map.of("a.json", "{\"caption\": \"dark\"}{\"caption\": \"light\"}"));
        Catalogue catalogue = DataSpec.parse("webdataset:" + shard + "?text=caption").catalogue();
        String message = assertThrows(DataException.class, () -> catalogue.captions(0)).getMessage();
        assertTrue(message.endsWith("a.json: is not JSON"), message);
    }

    /** An archive of one sample, {@code a.png} and what is given. */
    private Path shard(Map<String, String> members) throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        append(archive, "a.png", Png.encode(Picture.blank(40, 40), Map.of()));
        members.forEach((name, text) -> append(archive, name, text.getBytes(StandardCharsets.UTF_8)));
        archive.writeBytes(new byte[1024]);
        return Files.write(folder.resolve("a.tar"), archive.toByteArray());
    }

    private static void append(ByteArrayOutputStream archive, String name, byte[] content) {
        ByteBuffer header = ByteBuffer.allocate(512).put(name.getBytes(StandardCharsets.US_ASCII));
        header.position(100).put("0000644\0".getBytes()).put("0000000\0".getBytes()).put("0000000\0".getBytes());
        header.put("%011o\0".formatted(content.length).getBytes()).put("00000000000\0".getBytes());
        header.put("        0".getBytes()).position(257).put("ustar\00000".getBytes());
        int sum = 0;
        for (byte b : header.array()) {
            sum += b & 255;
        }
        header.position(148).put("%06o\0 ".formatted(sum).getBytes());
        archive.writeBytes(header.array());
        archive.writeBytes(Arrays.copyOf(content, Math.ceilDiv(content.length, 512) * 512));
    }
}
