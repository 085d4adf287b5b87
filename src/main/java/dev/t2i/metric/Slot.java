package dev.t2i.metric;

import dev.t2i.data.scene.Kind;
import dev.t2i.data.scene.Place;

/** One question to the recogniser: is a thing of this kind in this place? Answered one by one, so that two alike are seen as two. */
record Slot(Kind kind, Place place) {
    static final int KINDS = Kind.values().length;
    static final int PLACES = Place.values().length;
    static final int COUNT = KINDS * PLACES;

    /** Position among all slots: kind by kind, from left to right. */
    int index() {
        return kind.ordinal() * PLACES + place.ordinal();
    }

    static Slot at(int index) {
        return new Slot(Kind.values()[index / PLACES], Place.values()[index % PLACES]);
    }
}
