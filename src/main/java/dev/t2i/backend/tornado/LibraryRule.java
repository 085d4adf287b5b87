package dev.t2i.backend.tornado;

/** Which matrix products a library computes, where the device has one. */
enum LibraryRule {
    NONE,
    /** Where it should pay: see {@link #takes}. */
    LARGE,
    /** All, however small; for looking whether they come out right. */
    ALL;

    /**
     * Multiply-adds from which on a library is asked at all. Three tasks more come with a call, of which each takes some ten microseconds to queue; a kernel of ours
     * that does a few TFLOP/s is about as long at this.
     */
    private static final long LEAST = 1L << 27;
    /**
     * Multiply-adds there must be for each element that is copied to or from the library's arrays. A copy moves eight bytes, 2 to 8 ps of a GPU's memory. A library
     * at 25 to 50 TFLOP/s saves about 0.4 ps a multiply-add against a kernel of 4, as TornadoVM's guide has both. So this is on the safe side by those figures; none
     * was measured with this program.
     */
    private static final long LEAST_FOR_ELEMENT = 32;

    boolean takes(int batch, int rows, int columns, int steps) {
        long work = (long) batch * rows * columns * steps;
        long copied = batch * ((long) rows * steps + (long) steps * columns + (long) rows * columns);
        return switch (this) {
            case NONE -> false;
            case LARGE -> work >= LEAST && work >= LEAST_FOR_ELEMENT * copied;
            case ALL -> work > 0;
        };
    }
}
