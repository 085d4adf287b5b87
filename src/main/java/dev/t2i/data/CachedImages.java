package dev.t2i.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
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
    private static final int SLAB_BYTES = 16 << 20;
    private static final int NOT_KEPT = 0;
    private static final Cleaner CLEANER = Cleaner.create();

    private final CaptionedImages data;
    private final Map<Integer, Store> stores = new ConcurrentHashMap<>();
    /** Shared, since what a collected arena holds counts against the JVM's limit for buffers, which is the heap's size and not the one granted here. */
    private final Arena arena = Arena.ofShared();
    private long limit;
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
        CLEANER.register(this, arena::close);
    }

    /** Pictures of one size. */
    private static final class Store {
        /** For each picture its place, counted from 1, or {@link #NOT_KEPT}; written after the picture itself. */
        final AtomicIntegerArray places;
        final List<MemorySegment> slabs = new ArrayList<>();
        /** Pictures in every slab but the last, which may be shorter. */
        final int perSlab;
        long room;
        int taken;

        Store(int pictures, int bytes) {
            places = new AtomicIntegerArray(pictures);
            perSlab = Math.max(1, SLAB_BYTES / bytes);
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
        int bytes = imageSize * imageSize * 3;
        Store store = stores.computeIfAbsent(imageSize, _ -> new Store((int) data.size(), bytes));
        int place = store.places.get((int) index);
        if (place != NOT_KEPT) {
            fromBytes(kept(store, place, bytes), pixels, bytes);
            Reference.reachabilityFence(this);
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
            slab = store.slabs.get((place - 1) / store.perSlab);
        }
        return slab.asSlice((long) ((place - 1) % store.perSlab) * bytes, bytes);
    }

    private synchronized void keep(Store store, int index, byte[] levels) {
        if (store.places.get(index) != NOT_KEPT) {
            return;
        }
        if (store.taken == store.room && !grow(store, levels.length)) {
            return;
        }
        int place = ++store.taken;
        MemorySegment.copy(levels, 0, kept(store, place, levels.length), ValueLayout.JAVA_BYTE, 0, levels.length);
        store.places.set(index, place);
    }

    /** @return whether there is room for a picture more */
    private boolean grow(Store store, int bytes) {
        long pictures = Math.min(Math.min(store.perSlab, store.places.length() - store.room), (limit - used) / bytes);
        if (pictures < 1) {
            return false;
        }
        try {
            store.slabs.add(arena.allocate(pictures * bytes));
        } catch (OutOfMemoryError _) {
            // The machine has less than was granted: what is kept so far stays.
            limit = used;
            return false;
        }
        store.room += pictures;
        used += pictures * bytes;
        return true;
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
    public boolean readsCaptionsLate() {
        return data.readsCaptionsLate();
    }

    @Override
    public Optional<List<String>> captions(long index) {
        return data.captions(index);
    }
}
