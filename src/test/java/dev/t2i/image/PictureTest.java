package dev.t2i.image;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.awt.image.BufferedImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PictureTest {
    @Test
    void floatsAndBytesAreTheSamePicture() {
        Picture picture = PngTest.noise(6, 5);
        float[] values = new float[3 + 90];
        picture.toFloats(values, 3);
        assertEquals(picture, Picture.fromFloats(6, 5, values, 3));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(4 * 93, 4);
            picture.toFloats(segment, 3);
            assertEquals(picture, Picture.fromFloats(6, 5, segment, 3));
        }
        assertEquals(picture, Picture.of(picture.toBufferedImage()));
        Picture clipped = Picture.fromFloats(1, 1, new float[] {-7, 9, Float.NaN}, 0);
        assertEquals(0, clipped.value(0, 0, 0));
        assertEquals(255, clipped.value(0, 0, 1));
        assertEquals(0, clipped.value(0, 0, 2));
    }

    @Test
    void greyKeepsItsValuesAndTransparencyShowsWhite() {
        BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(0, 0, 0, 128);
        assertEquals(128, Picture.of(grey).value(0, 0, 0));
        BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(0, 0, 0, 128 * 257);
        assertEquals(128, Picture.of(deep).value(0, 0, 2));
        BufferedImage clear = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        clear.setRGB(1, 0, 0x80FF0000);
        Picture over = Picture.of(clear);
        assertEquals(255, over.value(0, 0, 1));
        assertEquals(255, over.value(1, 0, 0));
        assertEquals(127, over.value(1, 0, 1));
    }

    @Test
    void impossibleSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Picture.blank(0, 3));
        assertThrows(IllegalArgumentException.class, () -> Picture.blank(1 << 20, 1 << 20));
        assertThrows(IllegalArgumentException.class, () -> Picture.wrap(2, 2, new byte[11]));
        assertThrows(IllegalArgumentException.class, () -> Picture.blank(4, 4).crop(2, 2, 3, 1));
    }

    @Test
    void resizingKeepsFlatColoursAndMeans() {
        byte[] flat = new byte[30 * 20 * 3];
        Arrays.fill(flat, (byte) 77);
        for (Resize.Filter filter : Resize.Filter.values()) {
            for (int[] size : new int[][] {{7, 3}, {30, 41}, {64, 64}, {1, 1}}) {
                for (byte value : Resize.to(Picture.wrap(30, 20, flat), size[0], size[1], filter).rgb()) {
                    assertEquals(77, value);
                }
            }
        }
        Picture noise = PngTest.noise(64, 64);
        Picture one = Resize.to(noise, 1, 1, Resize.Filter.BOX);
        long sum = 0;
        for (int i = 0; i < noise.rgb().length; i += 3) {
            sum += noise.rgb()[i] & 255;
        }
        assertEquals(sum / 4096.0, one.value(0, 0, 0), 0.6);
    }

    @Test
    void shrinkingDoesNotAlias() {
        Picture stripes = Picture.blank(64, 64);
        for (int i = 0; i < stripes.rgb().length; i++) {
            stripes.rgb()[i] = (byte) (i / 3 % 2 == 0 ? 255 : 0);
        }
        for (Resize.Filter filter : Resize.Filter.values()) {
            Picture small = Resize.to(stripes, 16, 16, filter);
            assertEquals(127.5, small.value(8, 8, 0), 3, filter.name());
        }
    }

    @Test
    void squaresAreCutFromTheMiddle() {
        Picture wide = Picture.blank(30, 10);
        for (int y = 0; y < 10; y++) {
            for (int x = 10; x < 20; x++) {
                wide.rgb()[(y * 30 + x) * 3] = (byte) 200;
            }
        }
        Picture square = Resize.square(wide, 5, Resize.Filter.BOX);
        assertEquals(5, square.width());
        assertEquals(200, square.value(0, 0, 0));
        assertEquals(200, square.value(4, 4, 0));
    }

    @Test
    void sheetsHoldEveryPicture() {
        List<Picture> pictures = List.of(PngTest.noise(32, 32), PngTest.noise(32, 16), PngTest.noise(32, 32));
        Picture sheet = new ContactSheet(2, 0).draw(pictures, List.of());
        assertEquals(2 + 2 * 34, sheet.width());
        assertEquals(2 + 2 * 34, sheet.height());
        assertEquals(pictures.get(0).value(0, 0, 1), sheet.value(2, 2, 1));
        assertEquals(pictures.get(2).value(5, 5, 0), sheet.value(7, 36 + 5, 0));
        assertThrows(IllegalArgumentException.class, () -> new ContactSheet(2, 0).draw(pictures, List.of("a")));
        assertThrows(IllegalArgumentException.class, () -> new ContactSheet(2, 0).draw(List.of(), List.of()));
    }

    @Test
    void captionsTakeRoomOnASheet() {
        Assumptions.assumeTrue(ContactSheet.hasFonts(), "this system has no fonts");
        List<Picture> pictures = List.of(PngTest.noise(32, 32), PngTest.noise(32, 16), PngTest.noise(32, 32));
        Picture sheet = new ContactSheet(2, 0).draw(pictures, List.of());
        Picture captioned = new ContactSheet(2, 0).draw(pictures, List.of("a", "a very long caption indeed", "b"));
        assertTrue(captioned.height() > sheet.height());
    }
}
