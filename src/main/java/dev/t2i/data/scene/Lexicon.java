package dev.t2i.data.scene;

import java.util.List;

/**
 * The words for everything that a caption can say. The first of a list is the usual one. No list shares a word with another
 * of the same family, and no phrase for a ground or a time names a colour, so that a word never hints at two attributes.
 */
final class Lexicon {
    private Lexicon() {}

    static List<String> words(Kind kind) {
        return switch (kind) {
            case HOUSE -> List.of("house", "cottage", "home");
            case TREE -> List.of("tree", "leafy tree", "oak", "round tree");
            case PINE -> List.of("pine", "pine tree", "fir", "fir tree", "christmas tree");
            case CAR -> List.of("car", "automobile", "motorcar");
            case FLOWER -> List.of("flower", "blossom", "daisy");
            case MOUNTAIN -> List.of("mountain", "peak", "mountain peak");
            case BOAT -> List.of("boat", "sailboat", "sailing boat", "ship");
            case FISH -> List.of("fish");
            case SUN -> List.of("sun");
            case MOON -> List.of("moon", "crescent moon");
            case STAR -> List.of("star");
            case CLOUD -> List.of("cloud");
            case BIRD -> List.of("bird", "flying bird");
            case BALLOON -> List.of("balloon", "hot-air balloon", "hot air balloon");
        };
    }

    static List<String> words(Colour colour) {
        return switch (colour) {
            case RED -> List.of("red", "crimson");
            case ORANGE -> List.of("orange");
            case YELLOW -> List.of("yellow", "golden");
            case GREEN -> List.of("green");
            case BLUE -> List.of("blue");
            case PURPLE -> List.of("purple", "violet");
            case PINK -> List.of("pink");
            case WHITE -> List.of("white");
            case BLACK -> List.of("black");
        };
    }

    static List<String> words(Size size) {
        return switch (size) {
            case SMALL -> List.of("small", "little", "tiny");
            case LARGE -> List.of("large", "big", "huge");
        };
    }

    static List<String> words(Place place) {
        return switch (place) {
            case LEFT -> List.of("on the left", "on the left side", "at the left");
            case MIDDLE -> List.of("in the middle", "in the centre", "in the center");
            case RIGHT -> List.of("on the right", "on the right side", "at the right");
        };
    }

    static List<String> words(Relation relation) {
        return switch (relation) {
            case ABOVE -> List.of("above", "over", "right above");
            case BELOW -> List.of("under", "below", "beneath", "underneath");
            case LEFT_OF -> List.of("to the left of", "left of", "on the left of");
            case RIGHT_OF -> List.of("to the right of", "right of", "on the right of");
            case BESIDE -> List.of("beside", "next to", "near");
        };
    }

    static List<String> words(TimeOfDay time) {
        return switch (time) {
            case DAY -> List.of("by day", "during the day", "in the daytime", "in daylight", "at noon");
            case SUNSET -> List.of("at sunset", "at dusk", "in the evening", "at sundown");
            case NIGHT -> List.of("at night", "in the night", "by night", "under a dark sky", "under the night sky");
            case DAWN -> List.of("at dawn", "at sunrise", "at daybreak", "early in the morning");
        };
    }

    /** The ground as seen from a thing: the sky is over it, fish are in it, the rest stands or floats on it. */
    static List<String> words(Ground ground, Kind.Level level) {
        return switch (ground) {
            case GRASS -> level == Kind.Level.SKY ? List.of("over the grass", "over a meadow", "above the fields")
                    : List.of("on the grass", "in a meadow", "on a lawn", "in a field");
            case SAND -> level == Kind.Level.SKY ? List.of("over the sand", "over a beach", "above the desert")
                    : List.of("on the sand", "on the beach", "on a sandy beach", "in the desert");
            case SNOW -> level == Kind.Level.SKY ? List.of("over the snow", "above the snow", "over a snowy plain")
                    : List.of("in the snow", "on the snow", "on a snowy plain");
            case SEA -> switch (level) {
                case SKY -> List.of("over the sea", "over the water", "above the ocean");
                case GROUND -> List.of("on the sea", "on the water", "on the ocean", "at sea");
                case WATER -> List.of("in the sea", "in the water", "in the ocean");
            };
            case ROAD -> level == Kind.Level.SKY ? List.of("over the road", "over a street", "above the road")
                    : List.of("on the road", "on a street", "by the road");
        };
    }

    /** The ground as the scene itself. */
    static List<String> landscape(Ground ground) {
        return switch (ground) {
            case GRASS -> List.of("a meadow", "a grassy field", "a lawn");
            case SAND -> List.of("a beach", "a desert", "a sandy beach");
            case SNOW -> List.of("a snowy plain", "a snowy landscape", "a snowfield");
            case SEA -> List.of("the sea", "the ocean", "a seascape");
            case ROAD -> List.of("a road", "a street", "a roadside");
        };
    }
}
