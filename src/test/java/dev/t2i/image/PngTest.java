package dev.t2i.image;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import javax.imageio.ImageIO;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class PngTest {
    @TempDir
    Path folder;

    @Test
    void picturesAndTextsSurviveTheRoundTrip() throws IOException {
        Picture picture = noise(37, 21);
        Map<String, String> text = new LinkedHashMap<>();
        text.put("prompt", "a red house under a yellow moon");
        text.put("seed", "-42");
        text.put("comment", "ein Häuschen, zwei Zeilen:\nja");
        text.put("model", "月の下の赤い家 🌙");
        Path file = folder.resolve("x.png");
        Png.write(picture, text, file, false);
        assertEquals(picture, PictureFiles.read(file));
        assertEquals(text, Png.readText(file));
        assertEquals(picture, Picture.of(ImageIO.read(file.toFile())));
        assertArrayEquals(Files.readAllBytes(file), Png.encode(picture, text));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void filesAreOverwrittenOnlyWhenAsked() {
        Path file = folder.resolve("x.png");
        Png.write(noise(4, 4), Map.of(), file, false);
        refuse(() -> Png.write(noise(5, 5), Map.of(), file, false), "exists already");
        assertEquals(4, PictureFiles.read(file).width());
        Png.write(noise(5, 5), Map.of(), file, true);
        assertEquals(5, PictureFiles.read(file).width());
    }

    @Test
    void ofSeveralThatWriteOneNameAtOnceOneSucceeds() throws Exception {
        Path file = folder.resolve("x.png");
        int writers = 8;
        CyclicBarrier together = new CyclicBarrier(writers);
        List<Integer> written = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService pool = Executors.newFixedThreadPool(writers)) {
            for (int i = 1; i <= writers; i++) {
                int width = i;
                pool.submit(() -> {
                    together.await();
                    Png.write(noise(width, 1), Map.of(), file, false);
                    return written.add(width);
                });
            }
        }
        assertEquals(List.of(PictureFiles.read(file).width()), written);
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void faultsAreOneLine() throws IOException {
        refuse(() -> Png.write(noise(4, 4), Map.of(), folder.resolve("none/x.png"), false), "no folder");
        refuse(() -> Png.readText(folder.resolve("none.png")), "no such file");
        Path file = folder.resolve("x.png");
        Files.writeString(file, "not a picture at all");
        refuse(() -> Png.readText(file), "not a PNG");
        refuse(() -> PictureFiles.read(file), "not a picture");
        byte[] bytes = Png.encode(noise(9, 9), Map.of("prompt", "x"));
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 20));
        refuse(() -> Png.readText(file), "damaged");
        refuse(() -> PictureFiles.read(file), "damaged");
        bytes[45] ^= 1;
        Files.write(file, bytes);
        refuse(() -> Png.readText(file), "checksum");
    }

    @Test
    void aPlaceThatTakesNoFilesIsReported() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "this system has no /proc");
        refuse(() -> Png.write(noise(4, 4), Map.of(), Path.of("/proc/self/x.png"), false), "cannot be written");
    }

    @Test
    void anyDamageIsAnImageExceptionOrHarmless() {
        byte[] good = Png.encode(noise(8, 8), Map.of("prompt", "a house", "model", "月"));
        Random random = new Random(1);
        for (int i = 0; i < 500; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            bad = Arrays.copyOf(bad, random.nextBoolean() ? bad.length : random.nextInt(bad.length));
            try {
                Png.readText(bad, "bad.png");
                PictureFiles.decode(bad, "bad.png");
            } catch (ImageException e) {
                assertFalse(e.getMessage().contains("\n"));
            }
        }
    }

    static Picture noise(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        new Random(width * 31L + height).nextBytes(rgb);
        return Picture.wrap(width, height, rgb);
    }

    private static void refuse(Executable action, String reason) {
        String message = assertThrows(ImageException.class, action).getMessage();
        assertTrue(message.contains(reason), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void badKeywordsAreRefused() {
        for (String key : new String[] {"", " x", "月", "k".repeat(80)}) {
            assertThrows(IllegalArgumentException.class, () -> Png.encode(noise(2, 2), Map.of(key, "v")));
        }
        assertThrows(IllegalArgumentException.class, () -> Png.encode(noise(2, 2), Map.of("k", "a\0b")));
    }
}
