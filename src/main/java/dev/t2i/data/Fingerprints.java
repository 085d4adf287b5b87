package dev.t2i.data;

import java.util.Arrays;

/**
 * The fingerprints of all pictures of a set, in flat arrays of about 100 bytes a picture, and the search for pictures that occur more than
 * once. Pictures are numbered in the order in which they are added.
 */
final class Fingerprints {
    /** Told of pairs, the earlier picture first. */
    interface Pairs {
        void pair(int first, int second);
    }

    /** Gradients that differ in so many of 256 bits may be those of one picture; any two such share one of sixteen parts. */
    private static final int NEAR_BITS = 15;
    private static final int PARTS = 16;
    private static final int NEAR_COLOUR = 20;
    /** Beyond so many pictures that share a part of their gradients (white borders, say) each is held against its neighbours alone. */
    private static final int MANY = 3000;
    private static final int NEIGHBOURS = 100;

    private int count;
    private long[] ids = new long[1 << 10];
    private long[] digests = new long[1 << 10];
    private long[] gradients = new long[1 << 10];
    private byte[] colours = new byte[1 << 10];
    private boolean[] decoded = new boolean[1 << 10];

    /** @param id what the caller knows the picture by, see {@link #id} */
    void add(long id, Fingerprint picture) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, grown(ids.length));
            decoded = Arrays.copyOf(decoded, ids.length);
        }
        digests = room(digests, Fingerprint.DIGEST);
        gradients = room(gradients, Fingerprint.GRADIENT);
        if (colours.length < (count + 1L) * Fingerprint.COLOURS) {
            colours = Arrays.copyOf(colours, grown(colours.length));
        }
        ids[count] = id;
        decoded[count] = picture.gradient().length > 0;
        System.arraycopy(picture.digest(), 0, digests, count * Fingerprint.DIGEST, Fingerprint.DIGEST);
        System.arraycopy(picture.gradient(), 0, gradients, count * Fingerprint.GRADIENT, picture.gradient().length);
        System.arraycopy(picture.colours(), 0, colours, count * Fingerprint.COLOURS, picture.colours().length);
        count++;
    }

    private long[] room(long[] values, int each) {
        return values.length >= (count + 1L) * each ? values : Arrays.copyOf(values, grown(values.length));
    }

    private static int grown(int length) {
        return (int) Math.min(Integer.MAX_VALUE - 16L, length + (length >> 1) + 16L);
    }

    long id(int number) {
        return ids[number];
    }

    /** Tells of each picture whose file occurred before, with the first one that had it. The later ones are left out of {@link #near}. */
    void same(Pairs pairs) {
        int[] first = new int[count];
        forGroups(i -> digests[i * Fingerprint.DIGEST], (order, from, to) -> {
            for (int i = from; i < to; i++) {
                int number = (int) order[i];
                first[number] = number;
                for (int j = from; j < i; j++) {
                    int earlier = (int) order[j];
                    if (first[earlier] == earlier && Arrays.equals(digests, earlier * Fingerprint.DIGEST, (earlier + 1) * Fingerprint.DIGEST,
                            digests, number * Fingerprint.DIGEST, (number + 1) * Fingerprint.DIGEST)) {
                        first[number] = earlier;
                        break;
                    }
                }
            }
        });
        for (int i = 0; i < count; i++) {
            if (first[i] != i) {
                decoded[i] = false;
                pairs.pair(first[i], i);
            }
        }
    }

    /** Tells of pairs of different files whose pictures look alike from afar, each pair once. */
    void near(Pairs pairs) {
        for (int part = 0; part < PARTS; part++) {
            int searched = part;
            forGroups(i -> (long) part(i, searched) << 32, (order, from, to) -> {
                if (to - from <= MANY) {
                    nearWithin(order, from, to, Integer.MAX_VALUE, searched, pairs);
                } else {
                    Integer[] sorted = new Integer[to - from];
                    Arrays.setAll(sorted, i -> (int) order[from + i]);
                    Arrays.sort(sorted, (a, b) -> Arrays.compareUnsigned(gradients, a * Fingerprint.GRADIENT, (a + 1) * Fingerprint.GRADIENT,
                            gradients, b * Fingerprint.GRADIENT, (b + 1) * Fingerprint.GRADIENT));
                    nearWithin(Arrays.stream(sorted).mapToLong(Integer::longValue).toArray(), 0, sorted.length, NEIGHBOURS, searched, pairs);
                }
            });
        }
    }

    private void nearWithin(long[] order, int from, int to, int reach, int searched, Pairs pairs) {
        for (int i = from; i < to; i++) {
            int a = (int) order[i];
            int last = (int) Math.min(to, (long) i + reach + 1);
            for (int j = i + 1; decoded[a] && j < last; j++) {
                int b = (int) order[j];
                if (decoded[b] && isNear(a, b) && firstShared(a, b) == searched) {
                    pairs.pair(Math.min(a, b), Math.max(a, b));
                }
            }
        }
    }

    private boolean isNear(int a, int b) {
        int bits = 0;
        for (int i = 0; i < Fingerprint.GRADIENT; i++) {
            bits += Long.bitCount(gradients[a * Fingerprint.GRADIENT + i] ^ gradients[b * Fingerprint.GRADIENT + i]);
        }
        if (bits > NEAR_BITS) {
            return false;
        }
        for (int i = 0; i < Fingerprint.COLOURS; i++) {
            if (Math.abs((colours[a * Fingerprint.COLOURS + i] & 255) - (colours[b * Fingerprint.COLOURS + i] & 255)) > NEAR_COLOUR) {
                return false;
            }
        }
        return true;
    }

    /** Pairs that share several parts are told of in the search of the first one. */
    private int firstShared(int a, int b) {
        for (int part = 0; part < PARTS; part++) {
            if (part(a, part) == part(b, part)) {
                return part;
            }
        }
        return PARTS;
    }

    private int part(int number, int part) {
        return (int) (gradients[number * Fingerprint.GRADIENT + part / 4] >>> (part % 4 * 16)) & 0xffff;
    }

    private interface Key {
        /** Only the upper half counts. */
        long of(int number);
    }

    private interface Group {
        /** @param order the lower halves of the values {@code from} to {@code to} are the numbers of pictures with the same key, rising */
        void see(long[] order, int from, int to);
    }

    private void forGroups(Key key, Group group) {
        long[] order = new long[count];
        for (int i = 0; i < count; i++) {
            order[i] = key.of(i) & 0xffffffff00000000L | i;
        }
        Arrays.sort(order);
        int from = 0;
        for (int i = 1; i <= count; i++) {
            if (i == count || order[i] >>> 32 != order[from] >>> 32) {
                group.see(order, from, i);
                from = i;
            }
        }
    }
}
