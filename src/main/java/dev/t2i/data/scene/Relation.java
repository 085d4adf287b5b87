package dev.t2i.data.scene;

/**
 * How one thing lies to another, seen by the viewer.
 *
 * <p>{@code ABOVE} and {@code BELOW}: same place, another level. {@code LEFT_OF}, {@code RIGHT_OF} and {@code BESIDE}: both in
 * the sky or both not, another place, and nothing between them.
 */
public enum Relation {
    ABOVE, BELOW, LEFT_OF, RIGHT_OF, BESIDE;

    public boolean isVertical() {
        return this == ABOVE || this == BELOW;
    }

    /** A relation that cannot hold where this one does. */
    public Relation contrary() {
        return switch (this) {
            case ABOVE -> BELOW;
            case BELOW, BESIDE -> ABOVE;
            case LEFT_OF -> RIGHT_OF;
            case RIGHT_OF -> LEFT_OF;
        };
    }
}
