package dev.t2i.data.scene;

import java.util.List;

/**
 * One thing that a caption says and that a picture can get wrong. Things are numbered as in the scene that the caption
 * describes; in a picture of it they are recognised by the kind that the caption gives them.
 */
public sealed interface Fact {
    /** It is this time of day. */
    record AtTime(TimeOfDay time) implements Fact {}

    /** This is the ground. */
    record OnGround(Ground ground) implements Fact {}

    /** The thing is of this kind: exactly one such thing is in the picture. */
    record OfKind(int thing, Kind kind) implements Fact {}

    record OfColour(int thing, Colour colour) implements Fact {}

    record OfSize(int thing, Size size) implements Fact {}

    record InPlace(int thing, Place place) implements Fact {}

    record Related(int subject, Relation relation, int object) implements Fact {}

    /**
     * Whether a picture shows it.
     *
     * @param seen what was seen in the picture
     * @param kinds the kinds that the caption gives to the things, by number
     */
    default boolean holds(Observation seen, List<Kind> kinds) {
        return switch (this) {
            case AtTime(var time) -> seen.time() == time;
            case OnGround(var ground) -> seen.ground() == ground;
            case OfKind(_, var kind) -> seen.only(kind).isPresent();
            case OfColour(var thing, var colour) -> seen.only(kinds.get(thing)).filter(t -> t.colour() == colour).isPresent();
            case OfSize(var thing, var size) -> seen.only(kinds.get(thing)).filter(t -> t.size() == size).isPresent();
            case InPlace(var thing, var place) -> seen.only(kinds.get(thing)).filter(t -> t.place() == place).isPresent();
            case Related(var subject, var relation, var object) -> {
                var a = seen.only(kinds.get(subject));
                var b = seen.only(kinds.get(object));
                yield a.isPresent() && b.isPresent() && seen.holds(a.get(), relation, b.get());
            }
        };
    }
}
