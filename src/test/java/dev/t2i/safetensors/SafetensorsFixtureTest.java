package dev.t2i.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadModelException;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that Hugging Face's own library wrote ({@code src/test/python/safetensors_fixtures.py}). */
class SafetensorsFixtureTest {
    @TempDir
    Path folder;

    @Test
    void readsEveryTypeInPlace() {
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile file = SafetensorsFile.open(fixture("mixed.safetensors"), arena);
            assertEquals(Map.of("format", "pt", "note", "a \"quoted\"\nline and \u00e9"), file.metadata());
            assertEquals(Set.of("f32", "f16", "bf16", "f64", "i32", "i64", "u8", "bool", "scalar", "empty",
                    "Stra\u00dfe.\ud83c\udfe0"), file.names());
            assertRamp(file.tensor("f32"), DType.F32, Shape.of(2, 3));
            assertRamp(file.tensor("f16"), DType.F16, Shape.of(5));
            assertRamp(file.tensor("bf16"), DType.BF16, Shape.of(1, 7));
            assertRamp(file.tensor("f64"), DType.F64, Shape.of(2, 2));
            assertArrayEquals(new float[] {-2, -1, 0, 1}, file.tensor("i32").toFloatArray());
            assertEquals(2 * 0x1p40, file.tensor("i64").getDouble(2));
            assertEquals(255, file.tensor("u8").getFloat(5));
            assertEquals(StoredType.BOOL, file.info("bool").type());
            assertEquals(Shape.SCALAR, file.tensor("scalar").shape());
            assertEquals(2.5f, file.tensor("scalar").getFloat(0));
            assertEquals(Shape.of(2, 0), file.tensor("empty").shape());
        }
    }

    @Test
    void writesTheSameBytes() throws IOException {
        Path written = folder.resolve("canonical.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile file = SafetensorsFile.open(fixture("canonical.safetensors"), arena);
            SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
            file.names().forEach(name -> writer.add(name, file.tensor(name)));
            writer.write(written);
        }
        assertArrayEquals(Files.readAllBytes(fixture("canonical.safetensors")), Files.readAllBytes(written));
    }

    @Test
    void readsShards() {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.open(fixture("sharded"), arena);
            assertEquals(Set.of("wte.weight", "ln_f.weight", "ln_f.bias"), weights.names());
            assertRamp(weights.tensor("wte.weight"), DType.F32, Shape.of(4, 3));
            assertRamp(weights.tensor("ln_f.weight"), DType.F16, Shape.of(3));
            assertEquals(Map.of("format", "pt"), weights.metadata());
            weights.requireWeights(Map.of("wte.weight", Shape.of(4, 3), "ln_f.weight", Shape.of(3),
                    "ln_f.bias", Shape.of(3)), name -> false);
            assertTrue(assertThrows(SafetensorsException.class, () -> weights.tensor("wpe.weight")).getMessage()
                    .endsWith("model.safetensors.index.json: there is no tensor 'wpe.weight'"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {                                                                     | not valid JSON
            []                                                                    | is not a JSON object
            {"metadata":{}}                                                       | has no object 'weight_map'
            {"weight_map":[]}                                                     | has no object 'weight_map'
            {"weight_map":{},"weight_map":{}}                                     | not valid JSON
            {"weight_map":{"a":7}}                                                | the shard '7' is not a plain file name
            {"weight_map":{"a":"../model.safetensors"}}                           | is not a plain file name
            {"weight_map":{"a":"/etc/passwd"}}                                    | is not a plain file name
            {"weight_map":{"a":".."}}                                             | is not a plain file name
            {"weight_map":{"a":"nothing.safetensors"}}                            | nothing.safetensors: there is no such file
            {"weight_map":{"a":"model-00001-of-00002.safetensors"}}               | says that tensor 'a' is in 'model-00001-of-00002.safetensors', where it is not
            {"weight_map":{"ln_f.bias":"model-00002-of-00002.safetensors"}}       | holds tensor 'ln_f.weight', which the index does not place there
            {"metadata":{"total_size":47},"weight_map":{"wte.weight":"model-00001-of-00002.safetensors"}}   | gives a total size of '47' bytes, the shards hold 48
            {"metadata":{"total_size":"48"},"weight_map":{"wte.weight":"model-00001-of-00002.safetensors"}} | gives a total size of '48' bytes
            """)
    void refusesIndexesThatDoNotFit(String index, String reason) throws IOException {
        for (int shard = 1; shard <= 2; shard++) {
            String name = "model-0000%d-of-00002.safetensors".formatted(shard);
            Files.copy(fixture("sharded").resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(folder.resolve(Weights.INDEX), index);
        try (Arena arena = Arena.ofConfined()) {
            String message = assertThrows(BadModelException.class, () -> Weights.open(folder, arena)).getMessage();
            assertTrue(message.contains(reason), message);
            assertTrue(message.startsWith(folder.toString()), message);
            assertEquals(1, message.lines().count());
        }
    }

    @Test
    void readsFromInsideAnArchive() throws IOException {
        Path archive = folder.resolve("model.jar");
        try (FileSystem jar = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            Files.copy(fixture("mixed.safetensors"), jar.getPath("mixed.safetensors"));
        }
        try (FileSystem jar = FileSystems.newFileSystem(archive); Arena arena = Arena.ofConfined()) {
            Tensor tensor = SafetensorsFile.open(jar.getPath("mixed.safetensors"), arena).tensor("f64");
            assertRamp(tensor, DType.F64, Shape.of(2, 2));
            assertEquals("gone: there is no such file", assertThrows(SafetensorsException.class,
                    () -> SafetensorsFile.open(jar.getPath("gone"), arena)).getMessage());
        }
    }

    private static void assertRamp(Tensor tensor, DType dtype, Shape shape) {
        assertEquals(dtype, tensor.dtype());
        assertEquals(shape, tensor.shape());
        for (int i = 0; i < tensor.size(); i++) {
            assertEquals((i - 3) * 0.75, tensor.getDouble(i));
        }
    }

    private static Path fixture(String name) {
        try {
            return Path.of(SafetensorsFixtureTest.class.getResource("/safetensors/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
