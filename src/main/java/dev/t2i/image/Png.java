package dev.t2i.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * PNG (W3C recommendation, third edition) with text: 8-bit RGB pictures, one {@code tEXt} chunk for each entry that Latin-1
 * can hold and an {@code iTXt} chunk for any other. The same picture and text give the same bytes; no time is written.
 */
public final class Png {
    /** A text longer than this is refused when reading, since a few bytes can claim to inflate to gigabytes. */
    private static final int MAX_TEXT = 1 << 20;
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

    private Png() {}

    /**
     * Writes a picture beside its target and renames it, so that the target is whole or absent.
     *
     * @param text keywords of 1 to 79 Latin-1 characters, and their texts; written in this order
     * @param overwrite whether a file that exists may be replaced
     * @throws ImageException one line: the file exists, the folder can't be written, the disk is full
     */
    public static void write(Picture picture, Map<String, String> text, Path file, boolean overwrite) {
        WholeFile.write(file, encode(picture, text), overwrite);
    }

    /** The bytes of a PNG file. */
    public static byte[] encode(Picture picture, Map<String, String> text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13);
        header.putInt(picture.width()).putInt(picture.height()).put(new byte[] {8, 2, 0, 0, 0});
        chunk(out, "IHDR", header.array());
        text.forEach((key, value) -> text(out, key, value));
        chunk(out, "IDAT", deflate(filter(picture)));
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    /**
     * The texts of a PNG file, in their order.
     *
     * @throws ImageException one line where the file can't be read, is no PNG, or is damaged
     */
    public static Map<String, String> readText(Path file) {
        return readText(WholeFile.read(file), file.toString());
    }

    static boolean isPng(byte[] bytes) {
        return bytes.length >= SIGNATURE.length && ByteBuffer.wrap(SIGNATURE).equals(ByteBuffer.wrap(bytes, 0, SIGNATURE.length));
    }

    static Map<String, String> readText(byte[] bytes, String name) {
        Map<String, String> text = new LinkedHashMap<>();
        walk(bytes, name, (kind, data) -> {
            if (kind.equals("tEXt") || kind.equals("zTXt") || kind.equals("iTXt")) {
                readEntry(kind, data, text, name);
            }
        });
        return text;
    }

    /**
     * Holds every chunk against its checksum, whatever is in it.
     *
     * @throws ImageException one line where one is wrong, or the last chunk is missing
     */
    static void requireWhole(byte[] bytes, String name) {
        walk(bytes, name, (_, _) -> { });
    }

    private interface Chunks {
        void take(String kind, byte[] data);
    }

    private static void walk(byte[] bytes, String name, Chunks chunks) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (!isPng(bytes)) {
            throw new ImageException(name + ": not a PNG file");
        }
        in.position(SIGNATURE.length);
        while (true) {
            if (in.remaining() < 12) {
                throw new ImageException(name + ": damaged PNG, it ends before its last chunk");
            }
            int length = in.getInt();
            if (length < 0 || length > in.remaining() - 8) {
                throw new ImageException(name + ": damaged PNG, a chunk is longer than the file");
            }
            int start = in.position();
            byte[] type = new byte[4];
            in.get(type);
            byte[] data = new byte[length];
            in.get(data);
            String kind = new String(type, StandardCharsets.ISO_8859_1);
            CRC32 crc = new CRC32();
            crc.update(bytes, start, length + 4);
            if (in.getInt() != (int) crc.getValue()) {
                throw new ImageException(name + ": damaged PNG, the checksum of a chunk is wrong");
            }
            chunks.take(kind, data);
            if (kind.equals("IEND")) {
                return;
            }
        }
    }

    private static void readEntry(String kind, byte[] data, Map<String, String> text, String name) {
        int end = zero(data, 0, name);
        String key = new String(data, 0, end, StandardCharsets.ISO_8859_1);
        int at = end + 1;
        String value = switch (kind) {
            case "tEXt" -> new String(data, at, data.length - at, StandardCharsets.ISO_8859_1);
            case "zTXt" -> new String(inflate(data, at + 1, name), StandardCharsets.ISO_8859_1);
            default -> {
                if (at + 2 > data.length) {
                    throw new ImageException(name + ": damaged PNG, a text chunk is too short");
                }
                int language = zero(data, at + 2, name);
                int translated = zero(data, language + 1, name);
                yield data[at] == 1 ? new String(inflate(data, translated + 1, name), StandardCharsets.UTF_8)
                        : new String(data, translated + 1, data.length - translated - 1, StandardCharsets.UTF_8);
            }
        };
        text.putIfAbsent(key, value);
    }

    private static int zero(byte[] data, int from, String name) {
        for (int i = from; i < data.length; i++) {
            if (data[i] == 0) {
                return i;
            }
        }
        throw new ImageException(name + ": damaged PNG, a text chunk has no end of its keyword");
    }

    private static byte[] inflate(byte[] data, int from, String name) {
        if (from > data.length) {
            throw new ImageException(name + ": damaged PNG, a text chunk is too short");
        }
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(data, from, data.length - from);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[4096];
            while (!inflater.finished()) {
                int count = inflater.inflate(buffer);
                if (count == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    throw new ImageException(name + ": damaged PNG, a compressed text is cut off");
                }
                out.write(buffer, 0, count);
                if (out.size() > MAX_TEXT) {
                    throw new ImageException(name + ": a text of this PNG is longer than " + MAX_TEXT + " bytes");
                }
            }
            return out.toByteArray();
        } catch (DataFormatException e) {
            throw new ImageException(name + ": damaged PNG, a compressed text cannot be read", e);
        }
    }

    private static void text(ByteArrayOutputStream out, String key, String value) {
        if (key.isBlank() || key.length() > 79 || !key.equals(key.strip()) || !isLatin(key) || value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("PNG text '" + key + "': keywords are 1 to 79 Latin-1 characters, texts have no NUL");
        }
        byte[] keyword = key.getBytes(StandardCharsets.ISO_8859_1);
        boolean latin = isLatin(value);
        byte[] content = value.getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        // iTXt: keyword, 0, not compressed, method 0, no language, no translated keyword.
        byte[] between = new byte[latin ? 1 : 5];
        chunk(out, latin ? "tEXt" : "iTXt",
                ByteBuffer.allocate(keyword.length + between.length + content.length).put(keyword).put(between).put(content).array());
    }

    private static boolean isLatin(String value) {
        return value.chars().allMatch(c -> c == '\n' || c >= 32 && c <= 126 || c >= 161 && c <= 255);
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(data.length + 12);
        chunk.putInt(data.length).put(type.getBytes(StandardCharsets.ISO_8859_1)).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, data.length + 4);
        chunk.putInt((int) crc.getValue());
        out.writeBytes(chunk.array());
    }

    private static byte[] deflate(byte[] data) {
        try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
            deflater.setInput(data);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 14];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }

    /** Each row by the filter whose bytes, taken as signed, have the smallest sum of magnitudes (the standard's own advice). */
    private static byte[] filter(Picture picture) {
        int stride = picture.width() * 3;
        byte[] rgb = picture.rgb();
        byte[] out = new byte[Math.multiplyExact(stride + 1, picture.height())];
        byte[] candidate = new byte[stride];
        for (int y = 0; y < picture.height(); y++) {
            long best = Long.MAX_VALUE;
            for (int type = 0; type < 5; type++) {
                long sum = 0;
                for (int i = 0; i < stride; i++) {
                    int left = i < 3 ? 0 : rgb[y * stride + i - 3] & 255;
                    int up = y == 0 ? 0 : rgb[(y - 1) * stride + i] & 255;
                    int upLeft = i < 3 || y == 0 ? 0 : rgb[(y - 1) * stride + i - 3] & 255;
                    candidate[i] = (byte) (rgb[y * stride + i] - switch (type) {
                        case 0 -> 0;
                        case 1 -> left;
                        case 2 -> up;
                        case 3 -> (left + up) / 2;
                        default -> paeth(left, up, upLeft);
                    });
                    sum += Math.abs(candidate[i]);
                }
                if (sum < best) {
                    best = sum;
                    out[y * (stride + 1)] = (byte) type;
                    System.arraycopy(candidate, 0, out, y * (stride + 1) + 1, stride);
                }
            }
        }
        return out;
    }

    private static int paeth(int left, int up, int upLeft) {
        int toLeft = Math.abs(up - upLeft);
        int toUp = Math.abs(left - upLeft);
        int toUpLeft = Math.abs(left + up - 2 * upLeft);
        return toLeft <= toUp && toLeft <= toUpLeft ? left : toUp <= toUpLeft ? up : upLeft;
    }
}
