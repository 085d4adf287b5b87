package dev.t2i.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.Tensor;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Pictures of many kinds beside Pillow's readings; {@code src/test/python/picture_fixtures.py} made both. */
class PictureFilesTest {
    private static final Path PICTURES = Path.of("src/test/resources/image/pictures");

    @Test
    void everyKindOfFileIsReadAsPillowReadsIt() {
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile expected = SafetensorsFile.open(PICTURES.resolve("expected.safetensors"), arena);
            for (String name : expected.names()) {
                Picture picture = PictureFiles.read(PICTURES.resolve(name));
                Tensor pixels = expected.tensor(name);
                assertEquals(pixels.shape().dim(0), picture.height(), name);
                assertEquals(pixels.shape().dim(1), picture.width(), name);
                // Decoders of lossy formats may round in their own ways, and fill in halved chroma in others; laying over white rounds once.
                boolean halved = name.equals("subsampled.jpg") || name.equals("lossy.webp");
                int tolerance = halved ? 24 : name.endsWith(".jpg") ? 2 : name.contains("a.") ? 1 : 0;
                double apart = 0;
                for (int i = 0; i < picture.rgb().length; i++) {
                    int wanted = pixels.segment().get(ValueLayout.JAVA_BYTE, i) & 255;
                    assertEquals(wanted, picture.rgb()[i] & 255, tolerance, name + " at " + i);
                    apart += picture.rgb()[i] & 255;
                    apart -= wanted;
                }
                assertEquals(0, apart / picture.rgb().length, 1, name + " on the whole");
            }
        }
    }

    /** Three components without a profile take a way of their own, which must be no other picture. */
    @Test
    void plainJpegsAreTheDecodersOwnPicture() throws IOException {
        for (String name : List.of("rgb.jpg", "subsampled.jpg", "progressive.jpg")) {
            Picture decoded = Picture.of(ImageIO.read(PICTURES.resolve(name).toFile()));
            assertArrayEquals(decoded.rgb(), PictureFiles.read(PICTURES.resolve(name)).rgb(), name);
        }
    }

    @Test
    void colourProfilesOfJpegsAreFollowed() throws IOException {
        byte[] plain = Files.readAllBytes(PICTURES.resolve("rgb.jpg"));
        byte[] icc = ((ICC_ColorSpace) ColorSpace.getInstance(ColorSpace.CS_LINEAR_RGB)).getProfile().getData();
        ByteBuffer segment = ByteBuffer.allocate(icc.length + 18);
        segment.putShort((short) 0xFFE2).putShort((short) (icc.length + 16)).put("ICC_PROFILE\0\1\1".getBytes()).put(icc);
        Picture linear = PictureFiles.decode(insert(plain, 2, segment.array()), "linear.jpg");
        Picture stored = PictureFiles.decode(plain, "rgb.jpg");
        double light = stored.value(12, 8, 0) / 255.0;
        assertEquals(255 * (1.055 * Math.pow(light, 1 / 2.4) - 0.055), linear.value(12, 8, 0), 2);
    }

    @Test
    void filesThatEndTooEarlyAreDamaged() throws IOException {
        for (String name : new String[] {"rgb.jpg", "progressive.jpg", "rgba.png", "lossy.webp", "lossless.webp", "palette.gif", "rgb.bmp", "orientation3.tif"}) {
            byte[] whole = Files.readAllBytes(PICTURES.resolve(name));
            for (int left : new int[] {whole.length * 3 / 5, 12, 3}) {
                ImageException e = assertThrows(ImageException.class, () -> PictureFiles.decode(Arrays.copyOf(whole, left), name), name + " of " + left);
                assertTrue(e.getMessage().startsWith(name + ": ") && e.getMessage().lines().count() == 1, e.getMessage());
            }
        }
        assertThrows(ImageException.class, () -> PictureFiles.decode(new byte[0], "empty"));
    }

    @Test
    void aJpegWithItsEndButWithoutItsMiddleIsDamaged() {
        byte[] whole = noisyJpeg();
        byte[] cut = Arrays.copyOf(whole, whole.length * 2 / 3);
        cut[cut.length - 2] = (byte) 0xFF;
        cut[cut.length - 1] = (byte) 0xD9;
        assertTrue(message(cut, "cut.jpg").contains("pixels are missing"), message(cut, "cut.jpg"));
    }

    private static byte[] noisyJpeg() {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            javax.imageio.ImageIO.write(PngTest.noise(64, 64).toBufferedImage(), "jpg", out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void pixelsBeyondNumberAreRefusedByTheHeader() throws IOException {
        byte[] png = Png.encode(Picture.blank(4, 4), Map.of());
        ByteBuffer header = ByteBuffer.wrap(png);
        header.putInt(16, 100_000).putInt(20, 100_000);
        CRC32 crc = new CRC32();
        crc.update(png, 12, 17);
        header.putInt(29, (int) crc.getValue());
        String expected = "bomb: claims to be %s pixels; at least 1 and at most 134217728 pixels are read";
        assertEquals(expected.formatted("100000x100000"), message(png, "bomb"));

        byte[] jpeg = Files.readAllBytes(PICTURES.resolve("rgb.jpg"));
        for (int i = 0; i + 9 < jpeg.length; i++) {
            if ((jpeg[i] & 255) == 0xFF && (jpeg[i + 1] & 255) == 0xC0) {
                ByteBuffer.wrap(jpeg).putShort(i + 5, (short) 65_000).putShort(i + 7, (short) 65_500);
                break;
            }
        }
        assertEquals(expected.formatted("65500x65000"), message(jpeg, "bomb"));

        byte[] bmp = Files.readAllBytes(PICTURES.resolve("rgb.bmp"));
        ByteBuffer.wrap(bmp).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(18, 100_000).putInt(22, 100_000);
        assertTrue(message(bmp, "bomb").startsWith("bomb: "));

        byte[] gif = Files.readAllBytes(PICTURES.resolve("palette.gif"));
        for (int i = 13 + 3 * (2 << (gif[10] & 7)); ; i++) {
            if (gif[i] == 0x2C) {
                ByteBuffer.wrap(gif).order(java.nio.ByteOrder.LITTLE_ENDIAN).putShort(i + 5, (short) 65_000).putShort(i + 7, (short) 65_000);
                break;
            }
        }
        assertEquals(expected.formatted("65000x65000"), message(gif, "bomb"));
    }

    @Test
    void picturesOfOneEndlessRowAreRefused() {
        assertEquals("row.png: claims to be 65537x1 pixels; a side may have 65536; cut it into parts", message(Png.encode(Picture.blank(65_537, 1), Map.of()), "row.png"));
        assertTrue(message(Png.encode(Picture.blank(1, 65_537), Map.of()), "column.png").contains("65536; cut it"));
        Picture row = PictureFiles.decode(Png.encode(Picture.blank(65_536, 1), Map.of()), "row.png");
        assertEquals(17, Resize.to(row, 17, 16, Resize.Filter.BOX).width());
    }

    /** Decoders go by the first frame; what comes behind it must not be taken for the size. */
    @Test
    void aSecondFrameOfAJpegHidesNothing() throws IOException {
        byte[] jpeg = Files.readAllBytes(PICTURES.resolve("rgb.jpg"));
        int frame = 2;
        while (!((jpeg[frame] & 255) == 0xFF && (jpeg[frame + 1] & 255) == 0xC0)) {
            frame++;
        }
        ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 25_000).putShort(frame + 7, (short) 25_000);
        byte[] second = Arrays.copyOfRange(jpeg, frame, frame + 2 + ByteBuffer.wrap(jpeg).getShort(frame + 2));
        ByteBuffer.wrap(second).putShort(5, (short) 1).putShort(7, (short) 1);
        assertTrue(message(insert(jpeg, jpeg.length - 2, second), "bomb.jpg").startsWith("bomb.jpg: claims to be 25000x25000"));
    }

    @Test
    void textsOfAPngDoNotMatterToItsPixels() {
        Picture picture = PngTest.noise(9, 7);
        byte[] png = Png.encode(picture, Map.of());
        byte[] endless = ByteBuffer.allocate(3_000_000).put("XML:com.adobe.xmp\0\0\0\0\0".getBytes()).array();
        byte[] packed = new byte[10_000];
        Deflater deflater = new Deflater();
        deflater.setInput(new byte[2 << 20]);
        deflater.finish();
        byte[] inflating = ByteBuffer.allocate(9 + deflater.deflate(packed)).put("comment\0\0".getBytes()).put(packed, 0, (int) deflater.getBytesWritten()).array();
        deflater.end();
        for (byte[] odd : List.of(chunk("iTXt", endless), chunk("zTXt", inflating), chunk("tEXt", "no end".getBytes()), chunk("iTXt", "x\0".getBytes()))) {
            byte[] file = insert(png, 33, odd);
            assertEquals(picture, PictureFiles.decode(file, "odd.png"));
            file[40] ^= 1;
            assertTrue(message(file, "odd.png").contains("checksum"));
        }
    }

    private static byte[] chunk(String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(data.length + 12).putInt(data.length).put(type.getBytes()).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, data.length + 4);
        return chunk.putInt((int) crc.getValue()).array();
    }

    @Test
    void greyOfManyBitsIsRefusedNotBlack() throws IOException {
        for (int type : new int[] {DataBuffer.TYPE_FLOAT, DataBuffer.TYPE_INT}) {
            ColorModel grey = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_GRAY), false, false, Transparency.OPAQUE, type);
            BufferedImage image = new BufferedImage(grey, grey.createCompatibleWritableRaster(40, 30), false, null);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertTrue(ImageIO.write(image, "tiff", out));
            assertEquals("map.tif: grey of 32 bits, of which nobody says what is white; save it with at most 16", message(out.toByteArray(), "map.tif"));
        }
    }

    @Test
    void damagedExifTurnsNothing() throws IOException {
        byte[] whole = Files.readAllBytes(PICTURES.resolve("orientation6.jpg"));
        assertEquals(6, Orientation.of(whole));
        int at = 2;
        while (!(whole[at] == 'E' && whole[at + 1] == 'x')) {
            at++;
        }
        byte[] beyond = whole.clone();
        ByteBuffer.wrap(beyond).putInt(at + 10, 0x7FFFFFFF);
        assertEquals(1, Orientation.of(beyond));
        byte[] negative = whole.clone();
        ByteBuffer.wrap(negative).putInt(at + 10, -2);
        assertEquals(1, Orientation.of(negative));
        assertEquals(1, Orientation.of(new byte[0]));
        assertEquals(1, Orientation.of("II*\0".getBytes()));
        for (int i = 0; i < whole.length; i++) {
            Orientation.of(Arrays.copyOf(whole, i));
        }
    }

    @Test
    void otherFilesAreNamedAsSuch() {
        assertTrue(message("no picture at all, just text".getBytes(), "note.png").startsWith("note.png: not a picture of a known format (PNG, JPEG, WebP"));
    }

    private static String message(byte[] bytes, String name) {
        return assertThrows(ImageException.class, () -> PictureFiles.decode(bytes, name)).getMessage();
    }

    private static byte[] insert(byte[] bytes, int at, byte[] part) {
        byte[] whole = Arrays.copyOf(bytes, bytes.length + part.length);
        System.arraycopy(part, 0, whole, at, part.length);
        System.arraycopy(bytes, at, whole, at + part.length, bytes.length - at);
        return whole;
    }
}
