package dev.t2i.data.scene;

import java.util.Objects;

/** One thing of a scene with all that can be said about it. */
public record Thing(Kind kind, Colour colour, Size size, Place place) {
    public Thing {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(colour, "colour");
        Objects.requireNonNull(size, "size");
        Objects.requireNonNull(place, "place");
        if (!kind.canBe(colour)) {
            throw new IllegalArgumentException("a " + kind + " cannot be " + colour);
        }
    }
}
