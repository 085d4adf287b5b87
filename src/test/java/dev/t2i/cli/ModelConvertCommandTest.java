package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.Weights;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fixtures by src/test/python/pickle_fixtures.py. */
class ModelConvertCommandTest {
    private static final Path FIXTURES = Path.of("src/test/resources/pickle");

    @TempDir
    private Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int convert(Path source, String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> args = Stream.concat(Stream.of("model", "convert", source.toString(), "--out", target().toString()), Arrays.stream(more)).toList();
        return Main.run(args.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
    }

    private Path target() {
        return folder.resolve("out.safetensors");
    }

    /** The bytes of each tensor, in the shape and type that PyTorch's own writer of safetensors gave it. */
    private void assertSame(Path expected) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Weights ours = SafetensorsFile.open(target(), arena);
            Weights theirs = SafetensorsFile.open(expected, arena);
            assertEquals(new TreeSet<>(theirs.names()), new TreeSet<>(ours.names()));
            for (String name : theirs.names()) {
                assertEquals(theirs.info(name).type(), ours.info(name).type(), name);
                assertEquals(theirs.info(name).dims(), ours.info(name).dims(), name);
                assertArrayEquals(bytes(expected, theirs, name), bytes(target(), ours, name), name);
            }
        }
    }


    private static byte[] bytes(Path file, Weights weights, String name) throws IOException {
        byte[] all = Files.readAllBytes(file);
        int start = 8 + (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return Arrays.copyOfRange(all, start + (int) weights.info(name).begin(), start + (int) weights.info(name).end());
    }

    @Test
    void everyTypeAndEveryView() throws IOException {
        assertEquals(0, convert(FIXTURES.resolve("types.pt"), "--json"), err::toString);
        assertSame(FIXTURES.resolve("types.safetensors"));
        assertEquals(23, new ObjectMapper().readTree(out.toString()).path("tensors").asInt());
        assertEquals(0, convert(FIXTURES.resolve("good.pt"), "--force"), err::toString);
    }

    /** As most older weights are published. */
    @Test
    void theContainerBeforePyTorch16() throws IOException {
        assertEquals(0, convert(FIXTURES.resolve("legacy.pt")), err::toString);
        assertSame(FIXTURES.resolve("legacy.safetensors"));
        byte[] whole = Files.readAllBytes(FIXTURES.resolve("legacy.pt"));
        Path cut = folder.resolve("cut.pt");
        Files.delete(target());
        for (int length = 14; length < whole.length; length += 7) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertEquals(4, convert(cut), "at " + length);
            assertEquals(1, err.toString().lines().count(), err::toString);
        }
        assertFalse(Files.exists(target()));
    }

    @Test
    void tensorsThatLieDeeperNeedAKey() throws IOException {
        assertEquals(4, convert(FIXTURES.resolve("nested.pt")));
        assertTrue(err.toString().contains("--key model"), err::toString);
        assertEquals(4, convert(FIXTURES.resolve("nested.pt"), "--key", "model"));
        assertTrue(err.toString().contains("--key model.netG"), err::toString);
        assertEquals(4, convert(FIXTURES.resolve("nested.pt"), "--key", "model.none"));
        assertEquals(4, convert(FIXTURES.resolve("nested.pt"), "--key", "epoch"));
        assertFalse(Files.exists(target()));
        assertEquals(0, convert(FIXTURES.resolve("nested.pt"), "--key", "model.netG"), err::toString);
        assertSame(FIXTURES.resolve("nested.safetensors"));
        assertEquals(3, convert(FIXTURES.resolve("nested.pt"), "--key", "model.netG"), "the file is there already");
    }

    @ParameterizedTest
    @CsvSource({
        "hostile.pt, names posix.system",
        "hostile-eval.pt, names __builtin__.eval",
        "module.pt, names torch.nn.modules.container.Sequential",
        "numpy.pt, names numpy",
        "tar.pt, before 0.1.10",
        "hostile-legacy.pt, names posix.system",
        "outside.pt, reaches to element 4 of a storage of 4",
        "repeated.pt, has 1152921504606846976 elements in a storage of 4",
        "short.pt, 'has 8 bytes, its tensors need 16'",
        "lying.pt, would take more than 16 times",
        "types.safetensors, looks like safetensors already",
        "list-2.pickle, looks like a plain pickle",
        "none.pt, there is no such file"})
    void whatIsNoCheckpointIsRefusedInOneLine(String name, String why) throws IOException {
        assertEquals(4, convert(FIXTURES.resolve(name)));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(why), err::toString);
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(0, left.count(), "nothing is written");
        }
        assertFalse(Files.exists(Path.of("hostile-pickle-was-run")));
    }

    @Test
    void recordsThatClaimMoreThanTheyHaveCostNothing() throws IOException {
        ByteBuffer archive = ByteBuffer.wrap(Files.readAllBytes(FIXTURES.resolve("good.pt"))).order(ByteOrder.LITTLE_ENDIAN);
        int last = archive.capacity() - 4;
        while (archive.getInt(last) != 0x02014b50) {
            last--;
        }
        // The directory's last entry is data/0: its size, which is not its size in the archive.
        archive.putInt(last + 24, 0x7FFFFFF0);
        Path trap = folder.resolve("trap.pt");
        Files.write(trap, archive.array());
        assertEquals(4, convert(trap));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains("the record 'data/0' is said to have 2147483632 bytes and lies in 16"), err::toString);
    }

    @Test
    void damagedArchivesAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(FIXTURES.resolve("types.pt"));
        Path cut = folder.resolve("cut.pt");
        for (int length : new int[] {4, 100, whole.length / 2, whole.length - 1}) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertEquals(4, convert(cut), "at " + length);
            assertEquals(1, err.toString().lines().count(), err::toString);
        }
        assertFalse(Files.exists(target()));
    }
}
