package dev.t2i.data;

import dev.t2i.image.ImageException;
import dev.t2i.image.Picture;
import dev.t2i.image.PictureFiles;
import dev.t2i.image.Resize;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder of captioned pictures, in the order of their names. Pictures are decoded when they are asked for; the largest
 * centred square is resized to the size wanted.
 */
public final class FolderImages implements CaptionedImages {
    private final Path root;
    private final List<FolderIndex.Entry> entries;

    private FolderImages(Path root, List<FolderIndex.Entry> entries) {
        this.root = root;
        this.entries = entries;
    }

    /**
     * @param column the caption column of metadata files, usually {@code text}
     * @param extension the extension of sidecar captions, usually {@code txt}
     * @throws DataException one line that names the first defect; {@link DataCheck} lists them all
     */
    public static FolderImages open(Path root, String column, String extension) {
        FolderIndex index = FolderIndex.scan(root, column, extension);
        List<Problem> problems = index.problems();
        if (!problems.isEmpty()) {
            throw new DataException("%s/%s%s".formatted(root, problems.getFirst(), problems.size() == 1 ? ""
                    : "; " + (problems.size() == 2 ? "1 more problem" : problems.size() - 1 + " more problems") + ", see 'data check folder:" + root + "'"));
        }
        if (index.entries().isEmpty()) {
            throw new DataException(root + ": no pictures here; a folder needs pictures and metadata.jsonl, metadata.csv or a ."
                    + extension + " file beside each");
        }
        return new FolderImages(root, index.entries());
    }

    @Override
    public long size() {
        return entries.size();
    }

    @Override
    public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
        FolderIndex.Entry entry = entries.get(Math.toIntExact(index));
        try {
            Picture picture = PictureFiles.read(entry.file());
            Resize.square(picture, imageSize, Resize.Filter.CUBIC).toFloats(pixels, 0);
        } catch (ImageException e) {
            throw new DataException(e.getMessage() + "; 'data check folder:" + root + "' lists all such pictures", e);
        }
        return describe(index, captionSeed);
    }

    @Override
    public Example describe(long index, long captionSeed) {
        List<String> captions = entries.get(Math.toIntExact(index)).captions();
        // The finaliser of SplitMix64 spreads neighbouring seeds and indices.
        long hash = (captionSeed * 0x9E3779B97F4A7C15L) ^ (index + 1) * 0xBF58476D1CE4E5B9L;
        hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
        hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
        return Example.plain(captions.get((int) Long.remainderUnsigned(hash ^ (hash >>> 31), captions.size())));
    }
}
