package dev.t2i.data;

import dev.t2i.error.FileTrouble;
import dev.t2i.image.Picture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Pictures that are files of their own, listed in memory. */
final class FileCatalogue implements Catalogue {
    /**
     * A picture with at least one caption.
     *
     * @param name path from the root, with slashes
     * @param group see {@link Catalogue#group}
     * @param crop what to keep of the picture; null for all
     */
    record Entry(String name, String split, String group, List<String> captions, Crop crop) {
        Entry {
            captions = List.copyOf(captions);
        }

        static Entry of(String name, String split, List<String> captions) {
            return new Entry(name, split, "", captions, null);
        }
    }

    /** Chooses a part of a decoded picture. */
    interface Crop {
        Picture of(Picture whole);
    }

    private static final long MOST_BYTES = 1L << 30;

    private final Path root;
    private final List<Entry> entries;
    private final long pictures;
    private final Problems problems;

    /** @param pictures how many there are, with captions or without */
    FileCatalogue(Path root, List<Entry> entries, long pictures, Problems problems) {
        this.root = root;
        this.entries = List.copyOf(entries);
        this.pictures = pictures;
        this.problems = problems;
    }

    private Entry entry(long index) {
        return entries.get(Math.toIntExact(index));
    }

    @Override
    public long size() {
        return entries.size();
    }

    @Override
    public long pictures() {
        return pictures;
    }

    @Override
    public String name(long index) {
        return entry(index).name();
    }

    @Override
    public String place(long index) {
        return root + "/" + name(index);
    }

    @Override
    public String split(long index) {
        return entry(index).split();
    }

    @Override
    public String group(long index) {
        return entry(index).group();
    }

    @Override
    public List<String> captions(long index) {
        return entry(index).captions();
    }

    @Override
    public byte[] bytes(long index) {
        try {
            Path file = root.resolve(name(index));
            if (Files.size(file) > MOST_BYTES) {
                throw new DataException(file + ": larger than " + MOST_BYTES + " bytes, hardly a picture");
            }
            return Files.readAllBytes(file);
        } catch (InvalidPathException e) {
            throw new DataException(place(index) + ": " + Lines.NO_FILE_NAME, e);
        } catch (IOException e) {
            throw new DataException(place(index) + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    @Override
    public Picture cut(long index, Picture whole) {
        Crop crop = entry(index).crop();
        try {
            return crop == null ? whole : crop.of(whole);
        } catch (DataException e) {
            throw new DataException(place(index) + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Problems problems() {
        return problems;
    }
}
