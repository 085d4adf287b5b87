package dev.t2i.data.scene;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import static dev.t2i.data.scene.Colour.BLACK;
import static dev.t2i.data.scene.Colour.GREEN;
import static dev.t2i.data.scene.Colour.WHITE;
import static dev.t2i.data.scene.Colour.YELLOW;
import static dev.t2i.data.scene.Ground.GRASS;
import static dev.t2i.data.scene.Ground.ROAD;
import static dev.t2i.data.scene.Ground.SAND;
import static dev.t2i.data.scene.Ground.SEA;
import static dev.t2i.data.scene.Ground.SNOW;

/**
 * What a thing is: a silhouette of its own, the level it lives on, the grounds it belongs to, and the colours that a person
 * would assume if none were named.
 */
public enum Kind {
    HOUSE(Level.GROUND, List.of(), GRASS, SAND, SNOW, ROAD),
    TREE(Level.GROUND, List.of(GREEN), GRASS, SAND, SNOW, ROAD),
    PINE(Level.GROUND, List.of(GREEN), GRASS, SAND, SNOW, ROAD),
    CAR(Level.GROUND, List.of(), GRASS, SAND, SNOW, ROAD),
    FLOWER(Level.GROUND, List.of(), GRASS, SAND, SNOW, ROAD),
    MOUNTAIN(Level.GROUND, List.of(), GRASS, SAND, SNOW, ROAD, SEA),
    BOAT(Level.GROUND, List.of(), SEA, SAND),
    FISH(Level.WATER, List.of(), SEA),
    SUN(Level.SKY, List.of(YELLOW), GRASS, SAND, SNOW, ROAD, SEA),
    MOON(Level.SKY, List.of(YELLOW, WHITE), GRASS, SAND, SNOW, ROAD, SEA),
    STAR(Level.SKY, List.of(YELLOW), GRASS, SAND, SNOW, ROAD, SEA),
    CLOUD(Level.SKY, List.of(WHITE), GRASS, SAND, SNOW, ROAD, SEA),
    BIRD(Level.SKY, List.of(), GRASS, SAND, SNOW, ROAD, SEA),
    BALLOON(Level.SKY, List.of(), GRASS, SAND, SNOW, ROAD, SEA);

    /** Heights in the picture, from the top down. Two things never share a level and a place. */
    public enum Level { SKY, GROUND, WATER }

    private final Level level;
    private final List<Colour> naturalColours;
    private final Set<Ground> grounds;

    Kind(Level level, List<Colour> naturalColours, Ground... grounds) {
        this.level = level;
        this.naturalColours = naturalColours;
        this.grounds = EnumSet.copyOf(List.of(grounds));
    }

    public Level level() {
        return level;
    }

    public boolean inSky() {
        return level == Level.SKY;
    }

    /** Colours that need no mention; empty where any colour is as likely as another. */
    public List<Colour> naturalColours() {
        return naturalColours;
    }

    public boolean livesOn(Ground ground) {
        return grounds.contains(ground);
    }

    /** Sun, moon and stars shine; a black light would be a hole in the sky, so that pair does not exist. */
    public boolean shines() {
        return this == SUN || this == MOON || this == STAR;
    }

    public boolean canBe(Colour colour) {
        return !(shines() && colour == BLACK);
    }

    /** How well this kind goes with a time of day, as a sampling weight: 0 never, 1 as well as any other. */
    double fits(TimeOfDay time) {
        return switch (this) {
            case SUN -> time == TimeOfDay.NIGHT ? 0.1 : 1;
            case MOON, STAR -> time == TimeOfDay.NIGHT ? 2.5 : 0.3;
            default -> 1;
        };
    }

    /** Whether a caption may leave out the time of day without surprising anyone. */
    boolean isNaturalAt(TimeOfDay time) {
        return fits(time) >= 1;
    }
}
