package dev.t2i.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import dev.t2i.safetensors.AtomicFile;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsStream;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackTest {
    @TempDir
    Path folder;

    private static final PackWriter.Options SMALL = new PackWriter.Options(16, "CC0", false, 2);

    static float[] pixels(CaptionedImages data, long index, long captionSeed, int size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(4L * size * size * 3, 4);
            data.load(index, captionSeed, size, pixels);
            return pixels.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    static void assertAlike(CaptionedImages expected, CaptionedImages packed, int size) {
        assertEquals(expected.size(), packed.size());
        for (long i = 0; i < expected.size(); i++) {
            for (long seed = 0; seed < 3; seed++) {
                assertEquals(expected.describe(i, seed), packed.describe(i, seed));
                assertArrayEquals(pixels(expected, i, seed, size), pixels(packed, i, seed, size));
            }
        }
    }

    @Test
    void packedScenesAreThoseThatAreRendered() {
        for (String split : new String[] {"test", "heldout"}) {
            DataSpec spec = DataSpec.parse("scenes:?count=7&seed=3&split=" + split);
            Path file = folder.resolve(split + ".pack");
            PackWriter.Result result = PackWriter.write(spec, file, SMALL, _ -> {});
            assertEquals(7, result.pictures());
            CaptionedImages packed = DataSpec.parse("pack:" + file).open();
            assertAlike(spec.open(), packed, 16);
            assertTrue(packed.describe(2, 5).attributes().isPresent());
            assertEquals(packed.size(), DataSpec.parse("pack:" + file + "?split=" + split).open().size());
        }
    }

    /** Ten pictures of several shapes in two splits, some with two captions. */
    private Path someFolder() throws IOException {
        Path data = folder.resolve("some");
        for (String split : new String[] {"train", "test"}) {
            Path part = Files.createDirectories(data.resolve(split));
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 5; i++) {
                CaptionedImages scenes = DataSpec.parse("scenes:?seed=" + (split.equals("test") ? 9 : 4)).open();
                float[] pixels = pixels(scenes, i, 0, 48);
                Picture picture = Picture.fromFloats(48, 48, pixels, 0).crop(0, 0, 30 + 4 * i, 48 - 3 * i);
                Files.write(part.resolve(i + ".png"), Png.encode(picture, Map.of()));
                lines.append("{\"file_name\":\"%d.png\",\"text\":%s}%n".formatted(i, i % 2 == 0 ? "\"ein Bild über " + i + "\"" : "[\"one\",\"two " + i + "\"]"));
            }
            Files.writeString(part.resolve("metadata.jsonl"), lines);
        }
        return data;
    }

    @Test
    void aPackedFolderIsTheFolder() throws IOException {
        Path data = someFolder();
        Path file = folder.resolve("some.pack");
        PackWriter.Result result = PackWriter.write(DataSpec.parse("folder:" + data), file, SMALL, _ -> {});
        assertEquals(10, result.pictures());
        assertEquals(14, result.captions());
        for (String options : new String[] {"", "?split=test", "?split=train", "?split=all", "?split=test+train"}) {
            assertAlike(DataSpec.parse("folder:" + data + options).open(), DataSpec.parse("pack:" + file + options).open(), 16);
        }
        PackWriter.write(DataSpec.parse("folder:" + data + "?split=test"), folder.resolve("test.pack"), SMALL, _ -> {});
        assertEquals(5, DataSpec.parse("pack:" + folder.resolve("test.pack")).open().size());
        DataReport report = DataCheck.check(List.of(DataSpec.parse("pack:" + file)), new DataCheck.Limits(8, 100, true), _ -> {});
        assertTrue(report.ok(), report.summary());
        assertEquals(10, report.pictures());
        assertMessage("is packed already", () -> PackWriter.write(DataSpec.parse("pack:" + file), folder.resolve("again"), SMALL, _ -> {}));
    }

    @Test
    void aSetWithoutATrainingSplitIsPackedAsItIs() throws IOException {
        Path data = someFolder();
        Files.move(data.resolve("train"), data.resolve("validation"));
        Path file = folder.resolve("some.pack");
        PackWriter.write(DataSpec.parse("folder:" + data), file, SMALL, _ -> {});
        assertAlike(DataSpec.parse("folder:" + data + "?split=all").open(), DataSpec.parse("pack:" + file).open(), 16);
    }

    @Test
    void picturesAtFaultStopAPackUnlessTheyAreToBeLeftOut() throws IOException {
        Path data = someFolder();
        Files.writeString(data.resolve("train/3.png"), "no picture");
        Path file = folder.resolve("some.pack");
        assertMessage("3.png: not a picture", () -> PackWriter.write(DataSpec.parse("folder:" + data), file, SMALL, _ -> {}));
        assertFalse(Files.exists(file));
        PackWriter.Result result = PackWriter.write(DataSpec.parse("folder:" + data + "?faults=skip"), file, SMALL, _ -> {});
        assertEquals(9, result.pictures());
        assertEquals(1, result.skipped());
        assertTrue(result.firstFault().contains("3.png") && !result.firstFault().contains("faults=skip"), result.firstFault());
    }

    @Test
    void aPackSaysWhatItHolds() throws IOException {
        Path file = folder.resolve("scenes.pack");
        PackWriter.write(DataSpec.parse("scenes:?count=5"), file, SMALL, _ -> {});
        PackFile pack = PackFile.open(file);
        assertEquals(5, pack.size());
        assertEquals("CC0", pack.metadata().get("licence"));
        assertEquals("scenes:?count=5", pack.metadata().get("source"));
        assertEquals(List.of("train"), pack.splits());
        assertEquals("000003", pack.name(3));
        assertTrue(pack.captions(3).size() > 1 && pack.captionCount() > 10);
        assertEquals(64, pack.sha256(0).length());
        assertTrue(pack.isWhole());
        byte[] bytes = Files.readAllBytes(file);
        bytes[(1 << 14) + 100] ^= 1;
        Files.write(folder.resolve("changed.pack"), bytes);
        assertFalse(PackFile.open(folder.resolve("changed.pack")).isWhole());
        assertFalse(DataCheck.check(List.of(DataSpec.parse("pack:" + folder.resolve("changed.pack"))), new DataCheck.Limits(8, 100, true), _ -> {}).ok());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count(), "nothing is left beside the packs");
        }
    }

    @Test
    void theSamePicturesGiveTheSameFile() throws IOException {
        DataSpec spec = DataSpec.parse("scenes:?count=9");
        PackWriter.write(spec, folder.resolve("a"), SMALL, _ -> {});
        PackWriter.write(spec, folder.resolve("b"), new PackWriter.Options(16, "CC0", false, 1), _ -> {});
        assertEquals(-1, Files.mismatch(folder.resolve("a"), folder.resolve("b")));
    }

    @Test
    void smallerPicturesAreResizedAndLargerOnesRefused() {
        Path file = folder.resolve("scenes.pack");
        PackWriter.write(DataSpec.parse("scenes:?count=2"), file, SMALL, _ -> {});
        CaptionedImages packed = DataSpec.parse("pack:" + file).open();
        float[] whole = pixels(packed, 1, 0, 16);
        float[] small = pixels(packed, 1, 0, 8);
        assertEquals(mean(whole), mean(small), 0.02);
        assertEquals(file + ": holds pictures of 16x16 pixels, 32x32 are asked for; pack again with --size 32",
                assertThrows(DataException.class, () -> pixels(packed, 0, 0, 32)).getMessage());
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    @Test
    void whatCannotBePackedIsRefusedWithOneLine() throws IOException {
        Path file = folder.resolve("x.pack");
        assertMessage("say how many to pack", () -> PackWriter.write(DataSpec.parse("scenes:"), file, SMALL, _ -> {}));
        assertMessage("there is no folder", () -> PackWriter.write(DataSpec.parse("scenes:?count=2"), folder.resolve("no/x"), SMALL, _ -> {}));
        assertMessage("size is 8 to 1024", () -> new PackWriter.Options(4, "", false, 1));
        Files.writeString(file, "mine");
        assertMessage("exists already", () -> PackWriter.write(DataSpec.parse("scenes:?count=2"), file, SMALL, _ -> {}));
        assertEquals("mine", Files.readString(file));
        assertThrows(IllegalStateException.class, () -> PackWriter.write(DataSpec.parse("scenes:?count=30"), folder.resolve("stopped"), SMALL, done -> {
            if (done == 20) {
                throw new IllegalStateException("stopped");
            }
        }));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList(), "a pack that was not finished leaves nothing");
        }
    }

    @Test
    void whatAPackHasNoRoomForIsSaidBeforeAnythingIsPacked() throws IOException {
        Path file = folder.resolve("x.pack");
        long[] done = new long[1];
        PackWriter.Options long16 = new PackWriter.Options(16, "\"\n".repeat(2100), false, 2);
        assertMessage("the licence: 8402 bytes, a pack has room for 8000; name it", () -> PackWriter.write(DataSpec.parse("scenes:?count=2"), file, long16, i -> done[0] = i));
        assertEquals(0, done[0]);
        PackWriter.Options most = new PackWriter.Options(16, "\"".repeat(3990), false, 2);
        PackWriter.write(DataSpec.parse("scenes:?count=2"), file, most, _ -> {});
        assertEquals(most.licence(), PackFile.open(file).metadata().get("licence"));

        Path karpathy = Files.createDirectory(folder.resolve("coco"));
        Files.createDirectory(karpathy.resolve("train2014"));
        Files.write(karpathy.resolve("train2014/a.png"), Png.encode(Picture.blank(16, 16), Map.of()));
        Files.writeString(karpathy.resolve("dataset_coco.json"), "{\"images\": [{\"filepath\": \"train2014\", \"filename\": \"a.png\", \"split\": \"%s\", \"sentences\": [{\"raw\": \"a\"}]}]}"
                .formatted("x".repeat(7000)));
        assertMessage("the names of its splits are too long", () -> PackWriter.write(DataSpec.parse("coco:" + karpathy + "?split=all"), folder.resolve("y.pack"), SMALL, _ -> {}));
    }

    /** Hundreds of millions of captions, in a file of which most is a hole. */
    @Test
    void textsLongerThanAnArrayAreRead() throws IOException {
        Path small = folder.resolve("small.pack");
        PackWriter.write(DataSpec.parse("scenes:?count=2"), small, SMALL, _ -> {});
        Path large = folder.resolve("large.pack");
        long hole = 1L << 31;
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile file = SafetensorsFile.open(small, arena);
            AtomicFile.write(large, channel -> {
                SafetensorsStream out = new SafetensorsStream(channel);
                file.metadata().forEach(out::metadata);
                for (String name : file.names()) {
                    out.write(file.bytes(name).asByteBuffer());
                    boolean longer = name.equals("captions");
                    if (longer) {
                        channel.position(channel.position() + hole);
                    }
                    long[] dims = file.info(name).dims().stream().mapToLong(dim -> longer ? dim + hole : dim).toArray();
                    out.end(name, file.info(name).type().dtype().orElseThrow(), dims);
                }
                out.finish();
            });
        }
        assertTrue(Files.size(large) > hole);
        assertAlike(DataSpec.parse("pack:" + small).open(), DataSpec.parse("pack:" + large).open(), 16);
        assertEquals(PackFile.open(small).captions(1), PackFile.open(large).captions(1));
    }

    @Test
    void damagedPacksAreNamed() throws IOException {
        Path whole = folder.resolve("whole.pack");
        PackWriter.write(DataSpec.parse("scenes:?count=3"), whole, SMALL, _ -> {});
        byte[] bytes = Files.readAllBytes(whole);
        Path damaged = folder.resolve("damaged.pack");
        Files.write(damaged, java.util.Arrays.copyOf(bytes, bytes.length - 40));
        assertMessage(damaged.toString(), () -> PackFile.open(damaged));
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsFile file = SafetensorsFile.open(whole, arena);
            for (String name : file.names()) {
                SafetensorsWriter without = new SafetensorsWriter();
                file.metadata().forEach(without::metadata);
                file.names().stream().filter(other -> !other.equals(name)).forEach(other -> without.add(other, file.tensor(other)));
                without.write(damaged);
                if (!name.equals("scenes") && !name.equals("splits")) {
                    assertMessage("'" + name + "'", () -> PackFile.open(damaged));
                }
            }
            SafetensorsWriter wrong = new SafetensorsWriter();
            file.metadata().forEach(wrong::metadata);
            file.names().stream().filter(name -> !name.equals("name_ends")).forEach(name -> wrong.add(name, file.tensor(name)));
            Tensor ends = Tensor.allocate(arena, dev.t2i.tensor.DType.I64, Shape.of(3));
            ends.set(0, 6);
            ends.set(1, 1L << 50);
            wrong.add("name_ends", ends).write(damaged);
            assertMessage("'name_ends' is damaged at entry 1", () -> PackFile.open(damaged));
            new SafetensorsWriter().add("x", ends).write(damaged);
            assertMessage("no pack", () -> PackFile.open(damaged));
        }
        assertMessage("there is no such file", () -> PackFile.open(folder.resolve("none")));
        assertMessage("there is no split 'test', write split=train", () -> DataSpec.parse("pack:" + whole + "?split=test").open());
        assertMessage("leave sides out", () -> PackWriter.write(DataSpec.parse("scenes:?count=2&sides=0.5"), folder.resolve("none"), SMALL, _ -> {}));
        assertMessage("no option 'count'", () -> DataSpec.parse("pack:" + whole + "?count=3"));
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(DataException.class, action).getMessage();
        assertTrue(message.contains(part) && message.lines().count() == 1, message);
    }
}
