package dev.t2i.data;

import dev.t2i.image.Picture;
import dev.t2i.image.Resize;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * Pictures of a {@link PackFile}, or of some of its splits, in its order. They lie there as they are wanted, so that loading one is copying
 * it. At the size of the pack they and their captions are those of the set that was packed, for the same numbers and seeds; smaller ones
 * are resized from them.
 */
public final class PackedImages implements CaptionedImages {
    private static final String HELD_OUT = "heldout";

    private final PackFile pack;
    /** Numbers in the pack; null for all of them, in order. */
    private final int[] chosen;

    private PackedImages(PackFile pack, int[] chosen) {
        this.pack = pack;
        this.chosen = chosen;
    }

    /** @throws DataException one line where the file is no pack or has no such split */
    static PackedImages open(DataSpec spec) {
        return of(spec, PackFile.open(spec.path()));
    }

    /** @throws DataException one line where the pack has no such split */
    static PackedImages of(DataSpec spec, PackFile pack) {
        return new PackedImages(pack, CataloguedImages.chosen(spec, pack, !pack.splits().contains(CataloguedImages.USUAL_SPLIT)));
    }

    private long number(long index) {
        return chosen == null ? index : chosen[Math.toIntExact(index)];
    }

    @Override
    public long size() {
        return chosen == null ? pack.size() : chosen.length;
    }

    @Override
    public void requireSize(int imageSize) {
        int size = pack.edge();
        if (imageSize > size) {
            throw new DataException("%s: holds pictures of %dx%d pixels, %dx%d are asked for; pack again with --size %d"
                    .formatted(pack.path(), size, size, imageSize, imageSize, imageSize));
        }
    }

    @Override
    public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
        requireSize(imageSize);
        int size = pack.edge();
        Picture picture = Picture.wrap(size, size, pack.picture(number(index)).toArray(ValueLayout.JAVA_BYTE));
        Resize.to(picture, imageSize, imageSize, Resize.Filter.CUBIC).toFloats(pixels, 0);
        return describe(index, captionSeed);
    }

    @Override
    public Example describe(long index, long captionSeed) {
        long number = number(index);
        if (pack.hasScenes()) {
            return SceneImages.example(pack.scene(number), pack.split(number).equals(HELD_OUT), 0, captionSeed);
        }
        List<String> captions = pack.captions(number);
        return Example.plain(CaptionChoice.of(captions, index, captionSeed));
    }

    @Override
    public Optional<List<String>> captions(long index) {
        return pack.hasScenes() ? Optional.empty() : Optional.of(pack.captions(number(index)));
    }
}
