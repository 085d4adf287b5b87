package dev.t2i.data.scene;

import java.util.List;
import java.util.Optional;

/**
 * What was seen in a picture, by whoever looked. Unlike a {@link Scene} it need not make sense: a generated picture may show
 * no thing or two alike, and any attribute is null where it could not be recognised.
 */
public record Observation(TimeOfDay time, Ground ground, List<Seen> things) {
    /** A thing as seen; each attribute may be null. */
    public record Seen(Kind kind, Colour colour, Size size, Place place) {}

    public Observation {
        things = List.copyOf(things);
    }

    /** What a perfect eye sees in a picture of {@code scene}. */
    public static Observation of(Scene scene) {
        return new Observation(scene.time(), scene.ground(), scene.things().stream()
                .map(thing -> new Seen(thing.kind(), thing.colour(), thing.size(), thing.place())).toList());
    }

    /** The only thing of this kind; empty if there is none or more than one. */
    public Optional<Seen> only(Kind kind) {
        Seen found = null;
        for (Seen seen : things) {
            if (seen.kind() == kind) {
                if (found != null) {
                    return Optional.empty();
                }
                found = seen;
            }
        }
        return Optional.ofNullable(found);
    }

    /** Whether {@code relation} holds between two of the things; false where a place or kind was not recognised. */
    public boolean holds(Seen subject, Relation relation, Seen object) {
        if (subject.kind() == null || object.kind() == null || subject.place() == null || object.place() == null) {
            return false;
        }
        if (relation.isVertical()) {
            int above = subject.kind().level().compareTo(object.kind().level());
            return subject.place() == object.place() && (relation == Relation.ABOVE ? above < 0 : above > 0);
        }
        if (!areNeighbours(subject, object)) {
            return false;
        }
        int order = subject.place().compareTo(object.place());
        return switch (relation) {
            case LEFT_OF -> order < 0;
            case RIGHT_OF -> order > 0;
            default -> true;
        };
    }

    private boolean areNeighbours(Seen a, Seen b) {
        if (a.kind().inSky() != b.kind().inSky() || a.place() == b.place()) {
            return false;
        }
        if (Math.abs(a.place().ordinal() - b.place().ordinal()) == 1) {
            return true;
        }
        return things.stream().noneMatch(other -> other.place() == Place.MIDDLE && other.kind() != null
                && other.kind().inSky() == a.kind().inSky());
    }
}
