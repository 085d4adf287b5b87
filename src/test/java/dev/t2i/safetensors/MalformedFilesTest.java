package dev.t2i.safetensors;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that must be refused in one line, files that look odd but are legal, and bytes that are neither. */
public class MalformedFilesTest {
    private static final String F32_X2 = "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    @TempDir
    Path folder;

    static Stream<Arguments> malformed() {
        return Stream.of(
                bad("empty file", bytes(), "too short"),
                bad("seven bytes", new byte[7], "too short"),
                bad("length only", prefix(2), "only 0 follow"),
                bad("length zero", prefix(0), "header is empty"),
                bad("length zero, then data", join(prefix(0), new byte[16]), "header is empty"),
                bad("length one more than the file", join(prefix(3), utf8("{}")), "only 2 follow"),
                bad("length 1000 on a tiny file", join(prefix(1000), utf8("{}")), "only 2 follow"),
                bad("length over the limit", join(prefix(100_000_001), utf8("{}")), "the limit is 100000000"),
                bad("length with the high bytes set", HexFormat.of().parseHex("3c000000ffffffff7b7d"), "the limit is"),
                bad("length of all ones", HexFormat.of().parseHex("ffffffffffffffff7b7d"), "18446744073709551615"),
                bad("length of 2^63", HexFormat.of().parseHex("00000000000000807b7d"), "9223372036854775808"),
                bad("PyTorch zip", join(utf8("PK\3\4"), new byte[60]), "pickle"),
                bad("PyTorch legacy pickle", join("\u0080\2\u008a\nl\u00fc\u009c".getBytes(ISO_8859_1), utf8("F\371j")), "pickle"),
                bad("Git LFS pointer", utf8("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
                bad("GGUF", join(utf8("GGUF\3"), utf8("\1\1\1\1")), "GGUF"),
                bad("web page", utf8("<!DOCTYPE html><html>"), "web page"),
                bad("header byte FF", join(prefix(1), bytes(0xff)), "not valid UTF-8"),
                bad("header {", file("{"), "not valid JSON"),
                bad("only blanks", file("        "), "not a JSON object"),
                bad("array", file("[]"), "not a JSON object"),
                bad("null", file("null"), "not a JSON object"),
                bad("byte order mark", file("\ufeff{}"), "header"),
                bad("UTF-16", raw("{}".getBytes(UTF_16LE)), "not valid JSON"),
                bad("overlong UTF-8", raw(bytes('{', '"', 0xc1, 0xa1, '"', ':', '1', '}')), "not valid UTF-8"),
                bad("UTF-8 surrogate", raw(bytes('{', '"', 0xed, 0xa0, 0x80, '"', ':', '1', '}')), "not valid UTF-8"),
                bad("truncated UTF-8 at the end", raw(bytes('{', '}', ' ', 0xe2, 0x82)), "not valid UTF-8"),
                bad("escaped half surrogate", file("{\"\\ud800\":" + F32_X2 + "}", 8), "surrogate pair"),
                bad("escaped half surrogate in metadata", file("{\"__metadata__\":{\"k\":\"\\udc00\"}}"), "surrogate"),
                bad("NUL padding", file("{}\0\0"), "not valid JSON"),
                bad("two objects", file("{}{}"), "goes on after"),
                bad("comment", file("{/**/}"), "not valid JSON"),
                bad("single quotes", file("{'a':" + F32_X2 + "}", 8), "not valid JSON"),
                bad("trailing comma", file("{\"a\":" + F32_X2 + ",}", 8), "not valid JSON"),
                bad("unescaped line feed", file("{\"a\nb\":" + F32_X2 + "}", 8), "not valid JSON"),
                bad("a thousand brackets", file("{\"a\":" + "[".repeat(1000)), "not described by a JSON object"),
                bad("deep metadata", file("{\"__metadata__\":" + "{\"a\":".repeat(1000)), "is not a string"),
                bad("deep shape", tensor("F32", "[" + "[".repeat(1000), "[0,8]", 8), ""),
                bad("duplicate tensor, identical", file("{\"a\":" + F32_X2 + ",\"a\":" + F32_X2 + "}", 8), "'a' twice"),
                bad("duplicate tensor by escape", file("{\"a\":" + F32_X2 + ",\"\\u0061\":" + F32_X2 + "}", 8), "'a' twice"),
                bad("duplicate metadata", file("{\"__metadata__\":{},\"__metadata__\":{}}"), "'__metadata__' twice"),
                bad("duplicate metadata key", file("{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}}"), "'k' twice"),
                bad("duplicate dtype", entry("\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]", 8), "'dtype' twice"),
                bad("duplicate shape", entry("\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,8]", 8), "'shape' twice"),
                bad("metadata is null", file("{\"__metadata__\":null}"), "not a JSON object"),
                bad("metadata is a string", file("{\"__metadata__\":\"pt\"}"), "not a JSON object"),
                bad("metadata value is a number", file("{\"__metadata__\":{\"step\":3}}"), "'step' is not a string"),
                bad("metadata value is null", file("{\"__metadata__\":{\"step\":null}}"), "'step' is not a string"),
                bad("metadata value is an object", file("{\"__metadata__\":{\"step\":{}}}"), "'step' is not a string"),
                bad("tensor is an array", file("{\"a\":[\"F32\",[2],[0,8]]}", 8), "not described by a JSON object"),
                bad("tensor is null", file("{\"a\":null}"), "not described by a JSON object"),
                bad("no dtype", entry("\"shape\":[2],\"data_offsets\":[0,8]", 8), "no 'dtype'"),
                bad("no shape", entry("\"dtype\":\"F32\",\"data_offsets\":[0,8]", 8), "no 'shape'"),
                bad("no offsets", entry("\"dtype\":\"F32\",\"shape\":[2]", 8), "no 'data_offsets'"),
                bad("unknown key", entry("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"strides\":[1]", 8), "'strides'"),
                bad("unknown dtype", tensor("F33", "[2]", "[0,8]", 8), "unknown dtype 'F33'"),
                bad("lower-case dtype", tensor("f32", "[2]", "[0,8]", 8), "unknown dtype 'f32'"),
                bad("dtype is a number", entry("\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]", 8), "not a string"),
                bad("shape is a number", tensor("F32", "2", "[0,8]", 8), "'shape' is not an array"),
                bad("offsets are an object", tensor("F32", "[2]", "{}", 8), "not an array"),
                bad("one offset", tensor("F32", "[2]", "[8]", 8), "needs 2 numbers, not 1"),
                bad("three offsets", tensor("F32", "[2]", "[0,8,8]", 8), "more than 2 numbers"),
                bad("dimension 2.0", tensor("F32", "[2.0]", "[0,8]", 8), "'2.0', not a plain"),
                bad("dimension 1e3", tensor("U8", "[1e3]", "[0,1000]", 1000), "'1e3', not a plain"),
                bad("dimension -1", tensor("F32", "[-1]", "[0,8]", 8), "'-1', not a plain"),
                bad("dimension -0", tensor("F32", "[-0]", "[0,0]", 0), "'-0', not a plain"),
                bad("dimension \"2\"", tensor("F32", "[\"2\"]", "[0,8]", 8), "not a plain"),
                bad("dimension null", tensor("F32", "[null]", "[0,8]", 8), "not a plain"),
                bad("dimension 02", tensor("F32", "[02]", "[0,8]", 8), "not valid JSON"),
                bad("dimension NaN", tensor("F32", "[NaN]", "[0,8]", 8), "not valid JSON"),
                bad("dimension of 2^48", tensor("U8", "[281474976710656]", "[0,8]", 8), "more than 2^48-1"),
                bad("dimension of 2^64-2", tensor("F32", "[2,18446744073709551614]", "[0,16]", 16), "more than 2^48-1"),
                bad("dimension of 2^63-1", tensor("F32", "[2,9223372036854775807]", "[0,16]", 16), "more than 2^48-1"),
                bad("dimension of 90 digits", tensor("U8", "[" + "9".repeat(90) + "]", "[0,8]", 8), "more than 2^48-1"),
                bad("dimension of 5,000 digits", tensor("U8", "[" + "9".repeat(5000) + "]", "[0,8]", 8), "not valid JSON"),
                bad("product overflows", tensor("F32", "[281474976710655,281474976710655]", "[0,8]", 8), "overflows"),
                bad("bits overflow", tensor("F64", "[281474976710655,65536]", "[0,8]", 8), "overflows"),
                bad("rank 33", tensor("U8", "[" + "1,".repeat(32) + "1]", "[0,1]", 1), "more than 32 numbers"),
                bad("offsets reversed", tensor("F32", "[2]", "[8,0]", 8), "offsets are [8, 0]"),
                bad("offsets too short for the shape", tensor("I32", "[2,2]", "[0,4]", 4), "needs 16 bytes"),
                bad("offsets too long for the shape", tensor("F32", "[]", "[0,8]", 8), "needs 4 bytes"),
                bad("empty shape with bytes", tensor("F32", "[2,0]", "[0,8]", 8), "needs 0 bytes"),
                bad("three F4", tensor("F4", "[3]", "[0,2]", 2), "whole bytes"),
                bad("two F4 in two bytes", tensor("F4", "[1,2]", "[0,2]", 2), "needs 1 bytes"),
                bad("three F6", tensor("F6_E2M3", "[3]", "[0,3]", 3), "whole bytes"),
                bad("data starts late", tensor("F32", "[2]", "[8,16]", 16), "begins at data byte 8"),
                bad("hole", two("[0,8]", "[16,24]", 24), "begins at data byte 16, but the one before it ends at 8"),
                bad("overlap", two("[0,8]", "[4,12]", 12), "begins at data byte 4, but the one before it ends at 8"),
                bad("alias", two("[0,8]", "[0,8]", 8), "begins at data byte 0, but the one before it ends at 8"),
                bad("ten tensors share a range", file(many(10, "U8", "[16]", "[0,16]"), 16), "begins at data byte 0"),
                bad("trailing bytes", join(tensor("F32", "[2]", "[0,8]", 8), utf8("extra_bogus_data")), "appended"),
                bad("two bytes missing", tensor("F32", "[2]", "[0,8]", 6), "cut short"),
                bad("no tensors, but data", join(file("{}"), new byte[8]), "appended"),
                bad("data of 256 TB promised", tensor("U8", "[281474976710655]", "[0,281474976710655]", 8), "cut short"),
                bad("name of 2,000 characters", file("{\"" + "n".repeat(2000) + "\":" + F32_X2 + "}", 8), "2000 characters"),
                bad("line feed in a name", file("{\"a\\nb\":{}}"), "'a\\u000ab' has no 'dtype'"));
    }

    /** The corpus as bytes, for tests of whatever reads such files. */
    public static List<byte[]> corpus() {
        return malformed().map(row -> (byte[]) row.get()[1]).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void isRefusedInOneLine(String what, byte[] content, String reason) throws IOException {
        Path file = Files.write(folder.resolve("bad.safetensors"), content);
        try (Arena arena = Arena.ofConfined()) {
            String fromFile = assertThrows(SafetensorsException.class, () -> SafetensorsFile.open(file, arena)).getMessage();
            assertTrue(fromFile.startsWith(file + ": "), fromFile);
            assertTrue(fromFile.contains(reason), fromFile);
            assertEquals(1, fromFile.lines().count(), fromFile);
            assertTrue(fromFile.length() < file.toString().length() + 400, fromFile);
            String fromStream = assertThrows(SafetensorsException.class,
                    () -> SafetensorsFile.read(new ByteArrayInputStream(content), file.toString(), arena)).getMessage();
            assertEquals(fromFile, fromStream);
        }
    }

    @Test
    void corpusIsLargeEnough() {
        assertTrue(malformed().count() >= 40);
    }

    static Stream<Arguments> legal() {
        return Stream.of(
                Arguments.of("no tensors", file("{}"), 0),
                Arguments.of("padding", file("{}      "), 0),
                Arguments.of("other white space around", file("\n\t {}\r \t\n"), 0),
                Arguments.of("white space inside", file("{ \"a\" :\n" + F32_X2 + " }", 8), 1),
                Arguments.of("scalar", tensor("F32", "[]", "[0,4]", 4), 1),
                Arguments.of("empty tensor", tensor("F32", "[2,0]", "[0,0]", 0), 1),
                Arguments.of("huge empty tensor", tensor("F32", "[0,281474976710655,281474976710655]", "[0,0]", 0), 1),
                Arguments.of("two empty tensors at one place", file(many(2, "F32", "[0]", "[0,0]")), 2),
                Arguments.of("metadata only", file("{\"__metadata__\":{\"format\":\"pt\"}}"), 0),
                Arguments.of("unaligned header", file("{\"a\":" + F32_X2 + "} ", 8), 1),
                Arguments.of("keys in another order", entry("\"data_offsets\":[0,8],\"shape\":[2],\"dtype\":\"F32\"", 8), 1),
                Arguments.of("empty name", file("{\"\":" + F32_X2 + "}", 8), 1),
                Arguments.of("name like a path", file("{\"../../etc/passwd\":" + F32_X2 + "}", 8), 1),
                Arguments.of("later data first", file("{\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[8,12]},\"a\":"
                        + F32_X2 + "}", 12), 2),
                Arguments.of("two F4", tensor("F4", "[2]", "[0,1]", 1), 1),
                Arguments.of("four F6", tensor("F6_E3M2", "[4]", "[0,3]", 3), 1),
                Arguments.of("complex", tensor("C64", "[2]", "[0,16]", 16), 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("legal")
    void isAccepted(String what, byte[] content, int tensors) throws IOException {
        Path file = Files.write(folder.resolve("good.SafeTensors"), content);
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(tensors, SafetensorsFile.open(file, arena).names().size());
            assertEquals(tensors, SafetensorsFile.read(new ByteArrayInputStream(content), "stream", arena).names().size());
        }
    }

    @Test
    void everyTypeOfTheFormatIsChecked() {
        for (StoredType type : StoredType.values()) {
            int bytes = type.bits() * 8 / 8;
            byte[] right = tensor(type.name(), "[8]", "[0," + bytes + "]", bytes);
            byte[] wrong = tensor(type.name(), "[8]", "[0," + (bytes + 1) + "]", bytes + 1);
            try (Arena arena = Arena.ofConfined()) {
                SafetensorsFile file = SafetensorsFile.read(new ByteArrayInputStream(right), "right", arena);
                if (type.dtype().isPresent()) {
                    assertEquals(8, file.tensor("a").size());
                } else {
                    String message = assertThrows(SafetensorsException.class, () -> file.tensor("a")).getMessage();
                    assertEquals("right: tensor 'a' is stored as %s, which is not supported; convert it to F32, F16 or BF16"
                            .formatted(type), message);
                }
                assertThrows(SafetensorsException.class,
                        () -> SafetensorsFile.read(new ByteArrayInputStream(wrong), "wrong", arena));
            }
        }
    }

    @Test
    void aHundredThousandAliasesFail() {
        refusedFromMemory(file(many(100_000, "U8", "[16]", "[0,16]"), 16), "begins at data byte 0");
    }

    @Test
    void moreTensorsThanAllowedFailBeforeTheRestIsRead() {
        refusedFromMemory(file(many(Header.MOST_TENSORS + 1, "U8", "[0]", "[0,0]"), 0), "more than 200000 tensors");
    }

    @Test
    void missingFilesAndFoldersAreNamed() {
        try (Arena arena = Arena.ofConfined()) {
            Path missing = folder.resolve("missing.safetensors");
            assertEquals(missing + ": there is no such file",
                    assertThrows(SafetensorsException.class, () -> SafetensorsFile.open(missing, arena)).getMessage());
            assertEquals(folder + ": is a folder, not a safetensors file",
                    assertThrows(SafetensorsException.class, () -> SafetensorsFile.open(folder, arena)).getMessage());
            assertEquals(folder + ": the folder holds neither model.safetensors nor model.safetensors.index.json",
                    assertThrows(SafetensorsException.class, () -> Weights.open(folder, arena)).getMessage());
        }
    }

    /** Damaged files either open or are refused; nothing else escapes, whatever the damage. */
    @Test
    void randomDamageNeverEscapesAsAnotherError() {
        byte[] sound = file("{\"__metadata__\":{\"format\":\"pt\"},\"a\":" + F32_X2
                + ",\"b\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[8,12]}}", 12);
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(sound, random.nextInt(sound.length + 8)) : sound.clone();
            for (int hits = random.nextInt(4); hits >= 0 && damaged.length > 0; hits--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            assertDoesNotThrow(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    SafetensorsFile file = SafetensorsFile.read(new ByteArrayInputStream(damaged), "fuzz", arena);
                    file.names().forEach(file::tensor);
                } catch (SafetensorsException e) {
                    assertEquals(1, e.getMessage().lines().count());
                }
            }, () -> HexFormat.of().formatHex(damaged));
        }
    }

    private static void refusedFromMemory(byte[] content, String reason) {
        try (Arena arena = Arena.ofConfined()) {
            String message = assertThrows(SafetensorsException.class,
                    () -> SafetensorsFile.read(new ByteArrayInputStream(content), "memory", arena)).getMessage();
            assertTrue(message.contains(reason), message);
        }
    }

    private static Arguments bad(String what, byte[] content, String reason) {
        return Arguments.of(what, content, reason);
    }

    private static byte[] tensor(String dtype, String shape, String offsets, int data) {
        return entry("\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s".formatted(dtype, shape, offsets), data);
    }

    private static byte[] entry(String fields, int data) {
        return file("{\"a\":{" + fields + "}}", data);
    }

    private static byte[] two(String first, String second, int data) {
        String form = "\"%s\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":%s}";
        return file("{" + form.formatted("a", first) + "," + form.formatted("b", second) + "}", data);
    }

    private static String many(int count, String dtype, String shape, String offsets) {
        return IntStream.range(0, count).mapToObj(i -> "\"t" + i + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape
                + ",\"data_offsets\":" + offsets + "}").collect(Collectors.joining(",", "{", "}"));
    }

    private static byte[] file(String header) {
        return file(header, 0);
    }

    private static byte[] file(String header, int data) {
        return join(raw(utf8(header)), new byte[data]);
    }

    private static byte[] raw(byte[] header) {
        return join(prefix(header.length), header);
    }

    private static byte[] prefix(long length) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            try {
                joined.write(part);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return joined.toByteArray();
    }
}
