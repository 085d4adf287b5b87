package dev.t2i.train;

import dev.t2i.data.CaptionedImages;
import dev.t2i.image.ContactSheet;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A sheet of pictures of the same captions and the same noise each time, to see how a training comes along. */
final class SampleGrid {
    private static final int COLUMNS = 8;
    private static final int PICTURES = 64;

    private final CaptionedImages data;
    private final long seed;
    private final int size;
    private final int rows;

    /** Draws {@code captions} with the noise of {@code keys}: pictures {@code [rows, size, size, 3]}. */
    interface Painter {
        Tensor draw(List<String> captions, Tensor keys);
    }

    /** @param rows how many pictures are drawn at a time */
    SampleGrid(CaptionedImages data, long seed, int size, int rows) {
        this.data = data;
        this.seed = seed;
        this.size = size;
        this.rows = rows;
    }

    /** Writes {@code step-NNNNNNNN.png} and, at the very start, {@code real.png}. */
    void write(Path folder, long step, Painter painter) {
        List<Picture> drawn = new ArrayList<>();
        List<Picture> real = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        try (Arena scratch = Arena.ofConfined()) {
            Tensor keys = Tensor.allocate(scratch, DType.I32, Shape.of(rows, 4));
            Tensor pixels = Tensor.allocate(scratch, DType.F32, Shape.of(size, size, 3));
            while (drawn.size() < PICTURES) {
                List<String> some = new ArrayList<>();
                for (int i = 0; i < rows; i++) {
                    long index = (drawn.size() + i) % data.size();
                    some.add(data.load(index, 0, size, pixels.segment()).caption());
                    real.add(Picture.fromFloats(size, size, pixels.segment(), 0));
                    NoiseKeys.set(keys, i, seed, 0, drawn.size() + i);
                }
                Tensor pictures = painter.draw(some, keys);
                for (int i = 0; i < rows; i++) {
                    drawn.add(Picture.fromFloats(size, size, pictures.segment(), (long) i * size * size * 3));
                }
                captions.addAll(some);
            }
        }
        List<String> shown = ContactSheet.hasFonts() ? captions.subList(0, PICTURES) : List.of();
        ContactSheet sheet = new ContactSheet(COLUMNS, 2 * size);
        if (step == 0) {
            Png.write(sheet.draw(real.subList(0, PICTURES), shown), Map.of(), folder.resolve("real.png"), true);
        }
        Png.write(sheet.draw(drawn.subList(0, PICTURES), shown), Map.of(), folder.resolve(String.format(Locale.ROOT, "step-%08d.png", step)), true);
    }
}
