package dev.t2i.data.scene;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SceneRendererTest {
    private final SceneSampler sampler = new SceneSampler(4, SceneSampler.Split.TRAIN);

    @Test
    void picturesDoNotDependOnWhatWasDrawnBefore() {
        SceneRenderer used = new SceneRenderer(48);
        for (int i = 0; i < 20; i++) {
            byte[] first = new byte[48 * 48 * 3];
            byte[] second = new byte[48 * 48 * 3];
            used.render(sampler.scene(i), first);
            new SceneRenderer(48).render(sampler.scene(i), second);
            assertArrayEquals(first, second);
        }
    }

    @Test
    void everyTargetGetsTheSamePicture() {
        SceneRenderer renderer = new SceneRenderer(20);
        byte[] bytes = new byte[20 * 20 * 3];
        float[] floats = new float[7 + bytes.length];
        renderer.render(sampler.scene(3), bytes);
        renderer.render(sampler.scene(3), floats, 7);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(4L * bytes.length, 4);
            renderer.render(sampler.scene(3), segment);
            for (int i = 0; i < bytes.length; i++) {
                assertEquals((bytes[i] & 255) / 127.5f - 1, floats[7 + i], 1e-6f);
                assertEquals(floats[7 + i], segment.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
        }
    }

    /** Every attribute must show: change one, and a fair number of pixels change with it. */
    @Test
    void everyAttributeShows() {
        Thing house = new Thing(Kind.HOUSE, Colour.RED, Size.LARGE, Place.LEFT);
        Scene scene = new Scene(TimeOfDay.DAY, Ground.GRASS, List.of(house), 9);
        assertDiffers(scene, new Scene(TimeOfDay.DAWN, Ground.GRASS, List.of(house), 9), 800);
        assertDiffers(scene, new Scene(TimeOfDay.DAY, Ground.SAND, List.of(house), 9), 800);
        assertDiffers(scene, with(scene, new Thing(Kind.TREE, Colour.RED, Size.LARGE, Place.LEFT)), 100);
        assertDiffers(scene, with(scene, new Thing(Kind.HOUSE, Colour.ORANGE, Size.LARGE, Place.LEFT)), 100);
        assertDiffers(scene, with(scene, new Thing(Kind.HOUSE, Colour.RED, Size.SMALL, Place.LEFT)), 100);
        assertDiffers(scene, with(scene, new Thing(Kind.HOUSE, Colour.RED, Size.LARGE, Place.RIGHT)), 100);
    }

    /** Each thing must stand out from each backdrop, in each of its colours, at the smallest size that is promised. */
    @Test
    void everyThingStandsOutEverywhere() {
        SceneRenderer renderer = new SceneRenderer(64);
        byte[] with = new byte[64 * 64 * 3];
        byte[] without = new byte[64 * 64 * 3];
        for (TimeOfDay time : TimeOfDay.values()) {
            for (Ground ground : Ground.values()) {
                for (Kind kind : Kind.values()) {
                    for (Colour colour : Colour.values()) {
                        if (!kind.livesOn(ground) || !kind.canBe(colour)) {
                            continue;
                        }
                        renderer.render(new Scene(time, ground, List.of(new Thing(kind, colour, Size.SMALL, Place.LEFT)), 5), with);
                        renderer.render(new Scene(time, ground, List.of(new Thing(kind, colour, Size.SMALL, Place.RIGHT)), 5), without);
                        int pixels = differing(with, without, 40) / 2;
                        assertTrue(pixels >= 50, time + " " + ground + " " + colour + " " + kind + ": " + pixels);
                    }
                }
            }
        }
    }

    /** Coarse means of a few renders: JDKs may round an edge differently, but nothing may move or change colour. */
    @Test
    void rendersStayAsTheyWere() {
        SceneRenderer renderer = new SceneRenderer(64);
        byte[] picture = new byte[64 * 64 * 3];
        double[][] expected = EXPECTED;
        for (int i = 0; i < expected.length; i++) {
            renderer.render(sampler.scene(i), picture);
            double[] means = quarterMeans(picture);
            assertArrayEquals(expected[i], means, 0.5, "scene " + i + ": " + java.util.Arrays.toString(means));
        }
    }

    /** Mean red, green and blue of each quarter: top left, top right, bottom left, bottom right. */
    private static final double[][] EXPECTED = {
            {132.6, 188.4, 235.8, 181.2, 139.8, 99.0, 140.6, 192.7, 117.0, 135.2, 136.8, 143.7},
            {188.8, 93.8, 104.4, 190.1, 84.2, 89.5, 164.5, 131.9, 101.0, 167.0, 140.7, 112.6},
            {120.2, 182.2, 235.9, 120.0, 179.7, 231.5, 126.8, 176.9, 206.3, 128.6, 174.2, 201.0},
            {181.0, 93.6, 85.5, 180.3, 99.9, 99.4, 209.4, 142.3, 80.5, 210.5, 141.9, 78.6}
    };

    @Test
    void sizesOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new SceneRenderer(15));
        assertThrows(IllegalArgumentException.class, () -> new SceneRenderer(5000));
        assertEquals(16, new SceneRenderer(16).size());
    }

    private static double[] quarterMeans(byte[] picture) {
        double[] means = new double[12];
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                for (int c = 0; c < 3; c++) {
                    means[(y / 32 * 2 + x / 32) * 3 + c] += (picture[(y * 64 + x) * 3 + c] & 255) / 1024.0;
                }
            }
        }
        for (int i = 0; i < means.length; i++) {
            means[i] = Math.round(means[i] * 10) / 10.0;
        }
        return means;
    }

    private static Scene with(Scene scene, Thing thing) {
        return new Scene(scene.time(), scene.ground(), List.of(thing), scene.variation());
    }

    private static void assertDiffers(Scene a, Scene b, int pixels) {
        SceneRenderer renderer = new SceneRenderer(64);
        byte[] first = new byte[64 * 64 * 3];
        byte[] second = new byte[64 * 64 * 3];
        renderer.render(a, first);
        renderer.render(b, second);
        int differing = differing(first, second, 40);
        assertTrue(differing >= pixels, "only " + differing + " pixels differ");
    }

    /** Pixels whose channels differ by more than {@code threshold} in sum. */
    private static int differing(byte[] a, byte[] b, int threshold) {
        int count = 0;
        for (int i = 0; i < a.length; i += 3) {
            int sum = 0;
            for (int c = 0; c < 3; c++) {
                sum += Math.abs((a[i + c] & 255) - (b[i + c] & 255));
            }
            if (sum > threshold) {
                count++;
            }
        }
        return count;
    }
}
