package dev.t2i.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadInputException;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written comes back, bit for bit, and a failed write leaves nothing behind. */
class SafetensorsRoundTripTest {
    @TempDir
    Path folder;

    @Test
    void randomTensorsComeBackBitForBit() throws IOException {
        Random random = new Random(11);
        for (int round = 0; round < 60; round++) {
            Path file = folder.resolve("round-" + round + ".safetensors");
            try (Arena arena = Arena.ofConfined()) {
                Map<String, Tensor> tensors = randomTensors(random, arena);
                Map<String, String> metadata = random.nextBoolean() ? Map.of() : Map.of("k\"" + round, "\u00fc\n\t\\ \ud83c\udfe0");
                SafetensorsWriter writer = new SafetensorsWriter().addAll(tensors);
                metadata.forEach(writer::metadata);
                writer.write(file);
                requireAligned(file);
                for (boolean mapped : new boolean[] {true, false}) {
                    SafetensorsFile read = mapped ? SafetensorsFile.open(file, arena) : read(file, arena);
                    assertEquals(metadata, read.metadata());
                    assertEquals(tensors.keySet(), read.names());
                    tensors.forEach((name, tensor) -> assertSame(tensor, read.tensor(name)));
                    for (String name : read.names()) {
                        Tensor tensor = read.tensor(name);
                        assertEquals(0, tensor.segment().address() % tensor.dtype().bytes(), "aligned");
                        assertTrue(tensor.segment().isReadOnly());
                    }
                }
            }
        }
    }

    private static SafetensorsFile read(Path file, Arena arena) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return SafetensorsFile.read(in, "stream", arena);
        }
    }

    private static Map<String, Tensor> randomTensors(Random random, Arena arena) {
        Map<String, Tensor> tensors = new HashMap<>();
        for (int count = random.nextInt(8); count > 0; count--) {
            int[] dims = random.ints(random.nextInt(5), 0, 6).toArray();
            DType dtype = DType.values()[random.nextInt(DType.values().length)];
            Tensor tensor = Tensor.allocate(arena, dtype, Shape.of(dims));
            byte[] bytes = new byte[(int) tensor.segment().byteSize()];
            random.nextBytes(bytes);
            tensor.segment().copyFrom(MemorySegment.ofArray(bytes));
            tensors.put("layer." + random.nextInt(1000) + (random.nextBoolean() ? ".weight" : ".\ud83c\udf19\u00e9"), tensor);
        }
        return tensors;
    }

    private static void assertSame(Tensor expected, Tensor actual) {
        assertEquals(expected.dtype(), actual.dtype());
        assertEquals(expected.shape(), actual.shape());
        assertEquals(-1, expected.segment().mismatch(actual.segment()));
    }

    private static void requireAligned(Path file) throws IOException {
        long header = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertEquals(0, header % 8);
    }

    @Test
    void sameContentGivesTheSameBytesWhateverTheOrder() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Tensor a = Tensor.of(arena, Shape.of(2), 1f, 2f);
            Tensor b = Tensor.of(arena, Shape.of(3), 1, 2, 3);
            new SafetensorsWriter().add("a", a).add("b", b).metadata("x", "1").metadata("y", "2").write(folder.resolve("1"));
            new SafetensorsWriter().metadata("y", "2").metadata("x", "1").add("b", b).add("a", a).write(folder.resolve("2"));
            assertArrayEquals(Files.readAllBytes(folder.resolve("1")), Files.readAllBytes(folder.resolve("2")));
        }
    }

    @Test
    void conversionsRoundToNearestEven() {
        Path file = folder.resolve("converted.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            float[] values = {0f, -0f, 1f, 1.00048828125f, 1.0014648f, 65504f, 1e-8f, -3.1415927f,
                Float.NaN, Float.POSITIVE_INFINITY};
            Tensor source = Tensor.of(arena, Shape.of(values.length), values);
            new SafetensorsWriter().add("f16", source, DType.F16).add("bf16", source, DType.BF16)
                    .add("f64", source, DType.F64).add("f32", source).write(file);
            SafetensorsFile read = SafetensorsFile.open(file, arena);
            assertEquals(List.of("f64", "f32", "bf16", "f16"), List.copyOf(read.names()));
            for (int i = 0; i < values.length; i++) {
                assertEquals(Float.float16ToFloat(Float.floatToFloat16(values[i])), read.tensor("f16").getFloat(i));
                assertEquals(DType.bf16ToFloat(DType.floatToBf16(values[i])), read.tensor("bf16").getFloat(i));
                assertEquals(values[i], read.tensor("f64").getFloat(i));
            }
            assertEquals("tensor 'f64' holds NaN at element 8", read.firstNonFinite().orElseThrow());
        }
    }

    @Test
    void numbersTooLargeForTheTypeAreRefusedAndNothingIsLeft() throws IOException {
        Path file = folder.resolve("large.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Tensor source = Tensor.of(arena, Shape.of(2), 1f, 70000f);
            String message = assertThrows(SafetensorsException.class,
                    () -> new SafetensorsWriter().add("w", source, DType.F16).write(file)).getMessage();
            assertEquals(file + ": tensor 'w' holds 70000.0, too large for F16; store it as F32", message);
            assertEmpty();
        }
    }

    @Test
    void replacingAMappedFileLeavesTheMappingAlone() {
        Path file = folder.resolve("model.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter().add("w", Tensor.of(arena, Shape.of(2), 1f, 2f)).write(file);
            Tensor mapped = SafetensorsFile.open(file, arena).tensor("w");
            new SafetensorsWriter().add("w", Tensor.of(arena, Shape.of(2), 3f, 4f)).write(file);
            assertArrayEquals(new float[] {1f, 2f}, mapped.toFloatArray());
            assertArrayEquals(new float[] {3f, 4f}, SafetensorsFile.open(file, arena).tensor("w").toFloatArray());
            new SafetensorsWriter().add("w", mapped).write(file); // a file may be rewritten from its own mapping
            assertArrayEquals(new float[] {1f, 2f}, SafetensorsFile.open(file, arena).tensor("w").toFloatArray());
        }
    }

    @Test
    void copiesAreWholeAndAMissingSourceIsNamed() throws IOException {
        byte[] content = new byte[300_001];
        new Random(5).nextBytes(content);
        Path source = Files.write(folder.resolve("source"), content);
        Path target = Files.writeString(folder.resolve("target"), "old");
        AtomicFile.copy(source, target);
        assertArrayEquals(content, Files.readAllBytes(target));
        Path archive = folder.resolve("archive.zip");
        try (FileSystem inside = FileSystems.newFileSystem(archive, Map.of("create", true))) {
            Files.write(inside.getPath("/inside"), content);
        }
        try (FileSystem inside = FileSystems.newFileSystem(archive, Map.of())) {
            AtomicFile.copy(inside.getPath("/inside"), target);
        }
        assertArrayEquals(content, Files.readAllBytes(target));
        Path none = folder.resolve("none");
        String message = assertThrows(BadInputException.class, () -> AtomicFile.copy(none, target)).getMessage();
        assertTrue(message.startsWith(none + ": cannot be read"), message);
        assertArrayEquals(content, Files.readAllBytes(target));
    }

    @Test
    void aFailedWriteKeepsTheOldFileAndLeavesNoOther() throws IOException {
        Path file = folder.resolve("kept.json");
        AtomicFile.write(file, "old");
        BadInputException full = assertThrows(BadInputException.class, () -> AtomicFile.write(file, channel -> {
            channel.write(ByteBuffer.wrap(new byte[100]));
            throw new IOException("No space left on device");
        }));
        assertEquals(file + ": cannot be written, the disk is full; "
                + "free some space or choose another place", full.getMessage());
        assertThrows(IllegalStateException.class, () -> AtomicFile.write(file, channel -> {
            throw new IllegalStateException("a defect");
        }));
        assertEquals("old", Files.readString(file));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(file), left.toList());
        }
    }

    @Test
    void unwritablePlacesAreNamed() throws IOException {
        Path missing = folder.resolve("nowhere");
        assertEquals(missing.resolve("f") + ": cannot be written, there is no folder " + missing + "; create it first",
                assertThrows(BadInputException.class, () -> AtomicFile.write(missing.resolve("f"), "x")).getMessage());
        assertEquals(folder + ": cannot be written, there is a folder of that name",
                assertThrows(BadInputException.class, () -> AtomicFile.write(folder, "x")).getMessage());
        Path plain = Files.writeString(folder.resolve("plain"), "");
        String message = assertThrows(BadInputException.class,
                () -> AtomicFile.write(plain.resolve("f"), "x")).getMessage();
        assertTrue(message.startsWith(plain.resolve("f") + ": cannot be written, "), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void badNamesAndConversionsAreRefusedWhenAdded() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor tensor = Tensor.of(arena, Shape.of(1), 1f);
            SafetensorsWriter writer = new SafetensorsWriter().add("a", tensor);
            assertThrows(IllegalArgumentException.class, () -> writer.add("a", tensor));
            assertThrows(IllegalArgumentException.class, () -> writer.add("__metadata__", tensor));
            assertThrows(IllegalArgumentException.class, () -> writer.add("\ud800", tensor));
            assertThrows(IllegalArgumentException.class, () -> writer.add("b", tensor, DType.I32));
            assertThrows(IllegalArgumentException.class, () -> writer.add("n".repeat(2000), tensor));
            assertThrows(IllegalArgumentException.class, () -> writer.metadata("k", "\udc00"));
        }
    }

    @Test
    void aHeaderOverTheLimitIsNotWritten() throws IOException {
        Path file = folder.resolve("long.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter().metadata("k", "x".repeat(100_000_000));
        String message = assertThrows(SafetensorsException.class, () -> writer.write(file)).getMessage();
        assertTrue(message.contains("the limit is 100000000"), message);
        assertEmpty();
    }

    @Test
    void expectationsListWhatIsWrong() {
        Path file = folder.resolve("generator.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter().add("fc.weight", Tensor.allocate(arena, DType.F32, Shape.of(100, 2048)))
                    .add("step", Tensor.of(arena, Shape.SCALAR, 7)).write(file);
            SafetensorsFile weights = SafetensorsFile.open(file, arena);
            Map<String, Shape> expected = new LinkedHashMap<>(Map.of("fc.weight", Shape.of(100, 3072)));
            assertEquals(file + ": tensor 'fc.weight' has shape [100, 2048], the config needs [100, 3072]",
                    assertThrows(SafetensorsException.class,
                            () -> weights.requireWeights(expected, "step"::equals)).getMessage());
            expected.put("fc.weight", Shape.of(100, 2048));
            weights.requireWeights(expected, "step"::equals);
            expected.put("fc.bias", Shape.of(100));
            assertEquals(file + ": not the tensors that the config needs: missing 'fc.bias'; unexpected 'step'",
                    assertThrows(SafetensorsException.class,
                            () -> weights.requireWeights(expected, name -> false)).getMessage());
            assertEquals(file + ": tensor 'step' is stored as I32, weights must be F32, F16, BF16 or F64",
                    assertThrows(SafetensorsException.class, () -> weights.requireWeights(
                            Map.of("step", Shape.SCALAR), "fc.weight"::equals)).getMessage());
            weights.requireExactly(Map.of("fc.weight", new TensorSpec(DType.F32, Shape.of(100, 2048)),
                    "step", new TensorSpec(DType.I32, Shape.SCALAR)));
            assertEquals(file + ": tensor 'fc.weight' is stored as F32, F16 is needed",
                    assertThrows(SafetensorsException.class, () -> weights.requireExactly(Map.of(
                            "fc.weight", new TensorSpec(DType.F16, Shape.of(100, 2048)),
                            "step", new TensorSpec(DType.I32, Shape.SCALAR)))).getMessage());
            assertEquals(file + ": there is no tensor 'fc'",
                    assertThrows(SafetensorsException.class, () -> weights.tensor("fc")).getMessage());
        }
    }

    @Test
    void closingTheArenaEndsTheTensors() {
        Path file = folder.resolve("closed.safetensors");
        Tensor tensor;
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter().add("w", Tensor.of(arena, Shape.of(1), 5f)).write(file);
            tensor = SafetensorsFile.open(file, arena).tensor("w");
            assertNotEquals(0, tensor.segment().get(ValueLayout.JAVA_INT_UNALIGNED, 0));
        }
        assertThrows(IllegalStateException.class, () -> tensor.getFloat(0));
    }

    private void assertEmpty() throws IOException {
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
