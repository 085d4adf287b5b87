package dev.t2i.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Keeps pictures that have been loaded, outside the heap, three bytes a pixel, so that they need not be decoded and resized in every epoch.
 * What is loaded is the same with and without. When the memory granted is used up, further pictures are loaded anew each time.
 */
public final class CachedImages implements CaptionedImages {
    private static final int SLAB = 256;
    private static final int NOT_KEPT = 0;

    private final CaptionedImages data;
    private final long limit;
    private final Map<Integer, Store> stores = new ConcurrentHashMap<>();
    private long used;

    /**
     * @param data of an end, for nothing comes again where there is none
     * @param limit bytes that may be taken for pictures
     */
    public CachedImages(CaptionedImages data, long limit) {
        if (data.size() == ENDLESS || data.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a set without end cannot be kept");
        }
        this.data = data;
        this.limit = limit;
    }

    /** Pictures of one size. */
    private static final class Store {
        /** For each picture its place, counted from 1, or {@link #NOT_KEPT}; written after the picture itself. */
        final AtomicIntegerArray places;
        final List<MemorySegment> slabs = new ArrayList<>();
        int taken;

        Store(int pictures) {
            places = new AtomicIntegerArray(pictures);
        }
    }

    @Override
    public long size() {
        return data.size();
    }

    @Override
    public void requireSize(int imageSize) {
        data.requireSize(imageSize);
    }

    @Override
    public Example load(long index, long captionSeed, int imageSize, MemorySegment pixels) {
        Store store = stores.computeIfAbsent(imageSize, _ -> new Store((int) data.size()));
        int bytes = imageSize * imageSize * 3;
        int place = store.places.get((int) index);
        if (place != NOT_KEPT) {
            fromBytes(kept(store, place, bytes), pixels, bytes);
            return data.describe(index, captionSeed);
        }
        Example example = data.load(index, captionSeed, imageSize, pixels);
        byte[] levels = new byte[bytes];
        // A set whose pictures are not whole levels would come back changed.
        if (toBytes(pixels, levels)) {
            keep(store, (int) index, levels);
        }
        return example;
    }

    private MemorySegment kept(Store store, int place, int bytes) {
        MemorySegment slab;
        synchronized (this) {
            slab = store.slabs.get((place - 1) / SLAB);
        }
        return slab.asSlice((long) ((place - 1) % SLAB) * bytes, bytes);
    }

    private synchronized void keep(Store store, int index, byte[] levels) {
        if (store.places.get(index) != NOT_KEPT) {
            return;
        }
        if (store.taken == store.slabs.size() * SLAB) {
            long slab = (long) levels.length * SLAB;
            if (used + slab > limit) {
                return;
            }
            store.slabs.add(Arena.ofAuto().allocate(slab));
            used += slab;
        }
        int place = ++store.taken;
        MemorySegment.copy(levels, 0, kept(store, place, levels.length), ValueLayout.JAVA_BYTE, 0, levels.length);
        store.places.set(index, place);
    }

    private static void fromBytes(MemorySegment levels, MemorySegment pixels, int count) {
        for (int i = 0; i < count; i++) {
            pixels.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, (levels.get(ValueLayout.JAVA_BYTE, i) & 255) * (2f / 255) - 1);
        }
    }

    /** @return whether those are all of it */
    private static boolean toBytes(MemorySegment pixels, byte[] levels) {
        boolean same = true;
        for (int i = 0; i < levels.length; i++) {
            float value = pixels.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
            int level = (int) ((value + 1) * 127.5f + 0.5f);
            levels[i] = (byte) level;
            same &= (level & 255) * (2f / 255) - 1 == value;
        }
        return same;
    }

    @Override
    public Example describe(long index, long captionSeed) {
        return data.describe(index, captionSeed);
    }

    @Override
    public Optional<List<String>> captions(long index) {
        return data.captions(index);
    }
}
