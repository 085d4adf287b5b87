package dev.t2i.backend.tornado;

/** Where a value begins: an element of a {@link Room}. */
record Spot(Room room, int offset) {
    Spot plus(long elements) {
        return new Spot(room, Math.toIntExact(offset + elements));
    }
}
