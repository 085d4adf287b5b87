package dev.t2i.data.scene;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The compositions that no training scene shows and no training caption names, though each of their parts is common: what a
 * model draws for them tells whether it has learnt words or sentences. The lists are published and never change, since every
 * figure measured on them would.
 */
public final class HeldOut {
    /** One colour of each kind: 14 of 123 pairs. */
    public static final Map<Kind, Colour> COLOURS = Collections.unmodifiableMap(new EnumMap<>(Map.ofEntries(
            Map.entry(Kind.HOUSE, Colour.PURPLE),
            Map.entry(Kind.TREE, Colour.BLUE),
            Map.entry(Kind.PINE, Colour.ORANGE),
            Map.entry(Kind.CAR, Colour.GREEN),
            Map.entry(Kind.FLOWER, Colour.BLACK),
            Map.entry(Kind.MOUNTAIN, Colour.RED),
            Map.entry(Kind.BOAT, Colour.PINK),
            Map.entry(Kind.FISH, Colour.WHITE),
            Map.entry(Kind.SUN, Colour.PURPLE),
            Map.entry(Kind.MOON, Colour.GREEN),
            Map.entry(Kind.STAR, Colour.BLUE),
            Map.entry(Kind.CLOUD, Colour.YELLOW),
            Map.entry(Kind.BIRD, Colour.ORANGE),
            Map.entry(Kind.BALLOON, Colour.WHITE))));

    /** A pair of kinds: upper and lower, or two neighbours in either order. */
    public record Pair(Kind first, Kind second) {}

    /** The first kind directly above the second. */
    public static final Set<Pair> ABOVE = Set.of(
            new Pair(Kind.BALLOON, Kind.CAR),
            new Pair(Kind.STAR, Kind.MOUNTAIN),
            new Pair(Kind.CLOUD, Kind.FLOWER),
            new Pair(Kind.BIRD, Kind.PINE),
            new Pair(Kind.MOON, Kind.BOAT));

    /** The two kinds beside each other, in either order. */
    public static final Set<Pair> BESIDE = Set.of(
            new Pair(Kind.HOUSE, Kind.PINE),
            new Pair(Kind.CAR, Kind.FLOWER),
            new Pair(Kind.TREE, Kind.MOUNTAIN),
            new Pair(Kind.BIRD, Kind.MOON));

    private HeldOut() {}

    public static boolean colour(Kind kind, Colour colour) {
        return COLOURS.get(kind) == colour;
    }

    /** Whether "subject relation object" names a held-out pair of kinds. */
    public static boolean relation(Kind subject, Relation relation, Kind object) {
        return switch (relation) {
            case ABOVE -> ABOVE.contains(new Pair(subject, object));
            case BELOW -> ABOVE.contains(new Pair(object, subject));
            case LEFT_OF, RIGHT_OF, BESIDE ->
                    BESIDE.contains(new Pair(subject, object)) || BESIDE.contains(new Pair(object, subject));
        };
    }

    /** Whether the scene shows at least one held-out composition. */
    public static boolean occursIn(Scene scene) {
        List<Thing> things = scene.things();
        for (Thing thing : things) {
            if (colour(thing.kind(), thing.colour())) {
                return true;
            }
        }
        for (Scene.Link link : scene.relations()) {
            if (relation(things.get(link.subject()).kind(), link.relation(), things.get(link.object()).kind())) {
                return true;
            }
        }
        return false;
    }
}
