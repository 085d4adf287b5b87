package dev.t2i.data.scene;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A small landscape as its attributes: everything that a caption can say about the picture, and {@code variation}, the seed
 * of all that a caption can't say (exact positions, shades, the line of the hills).
 *
 * <p>Kinds are distinct within a scene, so a kind names a thing; no two things share a level and a place, so nothing hides
 * anything else. Relations follow from places and levels and are never stored.
 */
public record Scene(TimeOfDay time, Ground ground, List<Thing> things, long variation) {
    public static final int MAX_THINGS = 3;

    public Scene {
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(ground, "ground");
        things = List.copyOf(things);
        if (things.isEmpty() || things.size() > MAX_THINGS) {
            throw new IllegalArgumentException("a scene has 1 to " + MAX_THINGS + " things, not " + things.size());
        }
        for (int i = 0; i < things.size(); i++) {
            for (int j = 0; j < i; j++) {
                Thing a = things.get(j);
                Thing b = things.get(i);
                if (a.kind() == b.kind()) {
                    throw new IllegalArgumentException("kinds are distinct within a scene, " + a.kind() + " occurs twice");
                }
                if (a.kind().level() == b.kind().level() && a.place() == b.place()) {
                    throw new IllegalArgumentException(a.kind() + " and " + b.kind() + " are in the same place");
                }
            }
        }
    }

    /** A relation that holds between the things at two indices of {@link #things}. */
    public record Link(int subject, Relation relation, int object) {}

    public Optional<Thing> thing(Kind kind) {
        for (Thing thing : things) {
            if (thing.kind() == kind) {
                return Optional.of(thing);
            }
        }
        return Optional.empty();
    }

    /** The thing in one of the nine cells of the picture, if any. */
    public Optional<Thing> at(Kind.Level level, Place place) {
        for (Thing thing : things) {
            if (thing.kind().level() == level && thing.place() == place) {
                return Optional.of(thing);
            }
        }
        return Optional.empty();
    }

    /** All relations that hold, in both directions. */
    public List<Link> relations() {
        if (things.size() == 1) {
            return List.of();
        }
        Observation seen = Observation.of(this);
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < things.size(); i++) {
            for (int j = 0; j < things.size(); j++) {
                for (Relation relation : Relation.values()) {
                    if (i != j && seen.holds(seen.things().get(i), relation, seen.things().get(j))) {
                        links.add(new Link(i, relation, j));
                    }
                }
            }
        }
        return links;
    }
}
