package dev.t2i.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Resizing beside Pillow and PyTorch; {@code src/test/python/resize_fixtures.py} made what is expected. */
class ResizeTest {
    private static Arena arena;
    private static SafetensorsFile fixtures;

    @BeforeAll
    static void open() {
        arena = Arena.ofConfined();
        fixtures = SafetensorsFile.open(Path.of("src/test/resources/image/resize.safetensors"), arena);
    }

    @AfterAll
    static void close() {
        arena.close();
    }

    private static Picture source(String name) {
        Tensor pixels = fixtures.tensor(name);
        return Picture.wrap(pixels.shape().dim(1), pixels.shape().dim(0), pixels.segment().toArray(ValueLayout.JAVA_BYTE));
    }

    private interface Way {
        float[] resize(Picture source, int width, int height);
    }

    private static void compare(String way, double tolerance, Way resize) {
        compare(way, "", tolerance, resize);
    }

    private static void compare(String way, String only, double tolerance, Way resize) {
        int compared = 0;
        for (String name : fixtures.names()) {
            String[] parts = name.split("/");
            if (parts.length == 3 && parts[2].equals(way) && parts[0].startsWith(only)) {
                Tensor expected = fixtures.tensor(name);
                float[] values = resize.resize(source(parts[0]), expected.shape().dim(1), expected.shape().dim(0));
                assertEquals(expected.size(), values.length);
                for (int i = 0; i < values.length; i++) {
                    double wanted = expected.dtype() == DType.U8 ? expected.segment().get(ValueLayout.JAVA_BYTE, i) & 255 : expected.getDouble(i);
                    assertEquals(wanted, values[i], tolerance, name + " at " + i);
                }
                compared++;
            }
        }
        assertEquals(only.isEmpty() ? 8 : 2, compared, way);
    }

    @Test
    void everyWayOfAMeasureAgreesWithItsOrigin() {
        for (MetricResize way : MetricResize.values()) {
            compare(way.toString(), way.toString().startsWith("pillow") ? 0 : 1e-3, way::resize);
        }
    }

    @Test
    void filtersAgreeWithPillow() {
        compare("clean", 1e-3, (source, width, height) -> Resize.toFloats(source, width, height, Resize.Filter.CUBIC));
        compare("triangle", 1e-3, (source, width, height) -> Resize.toFloats(source, width, height, Resize.Filter.TRIANGLE));
        compare("lanczos", 1e-3, (source, width, height) -> Resize.toFloats(source, width, height, Resize.Filter.LANCZOS));
    }

    @Test
    void roundedPicturesAreWithinOneLevelOfPillow() {
        // Elsewhere Pillow clips between its passes what a filter overshoots, and Resize only at the end.
        compare("pillow", "mild", 1, (source, width, height) -> floats(Resize.to(source, width, height, Resize.Filter.CUBIC)));
        compare("pillow-bilinear", "mild", 1, (source, width, height) -> floats(Resize.to(source, width, height, Resize.Filter.TRIANGLE)));
    }

    @Test
    void aSquareIsResizedAsIfItHadBeenCutOut() {
        Picture wide = source("wide");
        Picture cut = wide.crop((59 - 37) / 2, 0, 37, 37);
        assertEquals(Resize.to(cut, 24, 24, Resize.Filter.CUBIC), Resize.square(wide, 24, Resize.Filter.CUBIC));
        assertEquals(cut, Resize.square(wide, 37, Resize.Filter.CUBIC));
    }

    @Test
    void enlargingByNearestIsNoInterpolation() {
        Picture small = source("small");
        Picture large = Resize.to(small, 36, 48, Resize.Filter.BOX);
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 36; x++) {
                assertEquals(small.value(x / 3, y / 3, 1), large.value(x, y, 1));
            }
        }
        assertEquals(36 * 48 * 3, large.rgb().length);
    }

    private static float[] floats(Picture picture) {
        float[] values = new float[picture.rgb().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = picture.rgb()[i] & 255;
        }
        return values;
    }
}
