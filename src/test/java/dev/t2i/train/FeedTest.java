package dev.t2i.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.data.CachedImages;
import dev.t2i.data.CaptionedImages;
import dev.t2i.data.DataException;
import dev.t2i.data.DataSpec;
import dev.t2i.data.Example;
import dev.t2i.data.PackWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedTest {
    private static final int SIZE = 16;

    /** Pictures whose pixels say which picture, row and column they are. */
    private record Ruled(long size, String caption, AtomicInteger loads) implements CaptionedImages {
        @Override
        public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
            loads.incrementAndGet();
            if (index == size - 1 && caption.isEmpty()) {
                throw new DataException("picture " + index + " is at fault");
            }
            if (index == size - 1 && caption.equals("too much")) {
                throw new OutOfMemoryError("picture " + index + " is too much");
            }
            for (int y = 0; y < imageSize; y++) {
                for (int x = 0; x < imageSize; x++) {
                    long at = ((long) y * imageSize + x) * 12;
                    pixels.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, level((int) index));
                    pixels.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4, level(y));
                    pixels.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 8, level(x));
                }
            }
            return describe(index, captionSeed);
        }

        @Override
        public Example describe(long index, long captionSeed) {
            return new Example(caption, Optional.empty(), Optional.empty());
        }
    }

    private static float level(int value) {
        return value * (2f / 255) - 1;
    }

    private static int value(float[] pixels, int row, int y, int x, int channel) {
        return Math.round((pixels[((row * SIZE + y) * SIZE + x) * 3 + channel] + 1) * 127.5f);
    }

    private static List<float[]> batches(CaptionedImages data, AugmentSettings augment, long... steps) {
        List<float[]> batches = new ArrayList<>();
        try (Feed feed = new Feed(data, 7, 4, SIZE, augment)) {
            for (long step : steps) {
                Feed.Batch batch = feed.take(step);
                assertTrue(feed.waited() >= 0);
                batches.add(batch.pictures().segment().toArray(ValueLayout.JAVA_FLOAT));
                feed.recycle(batch);
            }
        }
        return batches;
    }

    @Test
    void batchesDependOnTheStepAlone() {
        CaptionedImages scenes = DataSpec.parse("scenes:?count=10").open();
        for (AugmentSettings augment : List.of(AugmentSettings.NONE, new AugmentSettings(0.1875, true))) {
            List<float[]> straight = batches(scenes, augment, 0, 1, 2, 3, 4, 5);
            List<float[]> jumping = batches(scenes, augment, 4, 5, 2);
            assertArrayEquals(straight.get(4), jumping.get(0));
            assertArrayEquals(straight.get(5), jumping.get(1));
            assertArrayEquals(straight.get(2), jumping.get(2));
        }
    }

    @Test
    void cropsLieInsideAndDiffer() {
        List<float[]> batches = batches(new Ruled(40, "a dog", new AtomicInteger()), new AugmentSettings(0.1875, true), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        boolean[] tops = new boolean[4];
        int mirrored = 0;
        for (float[] pixels : batches) {
            for (int row = 0; row < 4; row++) {
                int top = value(pixels, row, 0, 0, 1);
                boolean flip = value(pixels, row, 0, 0, 2) > value(pixels, row, 0, 1, 2);
                int left = Math.min(value(pixels, row, 0, 0, 2), value(pixels, row, 0, SIZE - 1, 2));
                tops[top] = true;
                mirrored += flip ? 1 : 0;
                for (int y = 0; y < SIZE; y++) {
                    for (int x = 0; x < SIZE; x++) {
                        assertEquals(top + y, value(pixels, row, y, x, 1));
                        assertEquals(left + (flip ? SIZE - 1 - x : x), value(pixels, row, y, x, 2));
                    }
                }
            }
        }
        assertTrue(tops[0] && tops[1] && tops[2] && tops[3], "16 of 19 rows begin at 0 to 3");
        assertTrue(mirrored > 8 && mirrored < 32, mirrored + " of 40 are mirrored");
    }

    @Test
    void picturesWhoseCaptionsNameSidesAreNeverMirrored() {
        for (float[] pixels : batches(new Ruled(40, "A dog on the LEFT of a tree", new AtomicInteger()), new AugmentSettings(0, true), 0, 1, 2, 3, 4)) {
            for (int row = 0; row < 4; row++) {
                assertEquals(0, value(pixels, row, 0, 0, 2));
            }
        }
    }

    @Test
    void whatIsKeptIsWhatIsLoaded() {
        CaptionedImages scenes = DataSpec.parse("scenes:?count=10").open();
        List<float[]> plain = batches(scenes, AugmentSettings.NONE, 0, 1, 2, 3, 4, 5, 6);
        for (long limit : new long[] {0, 1 << 30}) {
            List<float[]> cached = batches(new CachedImages(scenes, limit), AugmentSettings.NONE, 0, 1, 2, 3, 4, 5, 6);
            for (int i = 0; i < plain.size(); i++) {
                assertArrayEquals(plain.get(i), cached.get(i));
            }
        }
        AtomicInteger loads = new AtomicInteger();
        batches(new CachedImages(new Ruled(8, "a", loads), 1 << 30), AugmentSettings.NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        assertEquals(8, loads.get());
        assertThrows(IllegalArgumentException.class, () -> new CachedImages(DataSpec.parse("scenes:").open(), 1));
    }

    @Test
    void asManyPicturesAreKeptAsTheLimitAllows() {
        int bytes = SIZE * SIZE * 3;
        AtomicInteger loads = new AtomicInteger();
        batches(new CachedImages(new Ruled(8, "a", loads), 5 * bytes + 1), AugmentSettings.NONE, 0, 1, 2, 3, 4, 5);
        // The feed makes batches ahead, of which some may have been begun.
        assertTrue(loads.get() >= 5 + 3 * 3 && loads.get() <= 5 + 3 * 5, loads.toString());
    }

    /** That limit is the heap's size unless told, and whoever asks for a buffer once it is reached gets none. */
    @Test
    void whatIsKeptTakesNothingOfTheLimitForBuffers() {
        int size = 256;
        AtomicInteger loads = new AtomicInteger();
        CachedImages kept = new CachedImages(new Ruled(8, "a", loads), 1 << 30);
        BufferPoolMXBean buffers = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().filter(pool -> pool.getName().equals("direct")).findFirst().orElseThrow();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(4L * size * size * 3, 4);
            long before = buffers.getMemoryUsed();
            for (int i = 0; i < 16; i++) {
                kept.load(i % 8, 0, size, pixels);
            }
            assertEquals(8, loads.get());
            assertTrue(buffers.getMemoryUsed() - before < size * size * 3, buffers.getMemoryUsed() + " after " + before);
        }
    }

    @Test
    void sizesThatAPackDoesNotHoldAreRefusedBeforeTheTraining(@TempDir Path folder) {
        Path file = folder.resolve("scenes.pack");
        PackWriter.write(DataSpec.parse("scenes:?count=4"), file, new PackWriter.Options(SIZE, "", false, 1), _ -> {});
        CaptionedImages packed = DataSpec.parse("pack:" + file).open();
        assertEquals(1, batches(packed, AugmentSettings.NONE, 0).size());
        assertThrows(DataException.class, () -> new Feed(packed, 7, 4, SIZE, new AugmentSettings(0.1875, false)));
        assertThrows(DataException.class, () -> new Feed(new CachedImages(packed, 1 << 20), 7, 4, 2 * SIZE));
    }

    @Test
    void scenesThatCannotBeTrainedOnAreRefusedBeforeTheTraining() {
        String message = assertThrows(DataException.class, () -> new Feed(DataSpec.parse("scenes:").open(), 7, 4, 8)).getMessage();
        assertEquals("scenes are rendered at 16 to 4096 pixels, not 8", message);
        message = assertThrows(DataException.class, () -> new Feed(DataSpec.parse("scenes:?count=3000000000").open(), 7, 4, SIZE)).getMessage();
        assertTrue(message.startsWith("data of 3000000000 pictures: at most 2147483647"), message);
    }

    @Test
    void aPictureAtFaultStopsTheTraining() {
        Ruled data = new Ruled(4, "", new AtomicInteger());
        try (Feed feed = new Feed(data, 7, 4, SIZE)) {
            assertEquals("picture 3 is at fault", assertThrows(DataException.class, () -> feed.take(0)).getMessage());
            assertFalse(Thread.currentThread().isInterrupted());
        }
    }

    @Test
    void anErrorStopsTheTrainingAsItIs() {
        try (Feed feed = new Feed(new Ruled(4, "too much", new AtomicInteger()), 7, 4, SIZE)) {
            assertEquals("picture 3 is too much", assertThrows(OutOfMemoryError.class, () -> feed.take(0)).getMessage());
        }
    }
}
