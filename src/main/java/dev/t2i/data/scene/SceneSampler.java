package dev.t2i.data.scene;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Endless scenes from a seed. Scene {@code i} is a pure function of (seed, split, i), whatever was asked for before.
 *
 * <p>{@link Split#TRAIN} and {@link Split#TEST} draw from one distribution, without the compositions of {@link HeldOut}, by
 * different random streams; every scene of {@link Split#HELDOUT} shows at least one of them.
 */
public final class SceneSampler {
    /** Which scenes: for training, unseen ones of the same compositions, or unseen compositions. */
    public enum Split { TRAIN, TEST, HELDOUT }

    private static final double[] COUNT_WEIGHTS = {0.3, 0.45, 0.25};
    private static final double NATURAL_COLOUR = 0.3;
    private static final double STACKED = 0.45;
    private static final int ARRANGEMENTS = 24;

    private final long seed;
    private final Split split;

    public SceneSampler(long seed, Split split) {
        this.seed = seed;
        this.split = Objects.requireNonNull(split, "split");
    }

    public Scene scene(long index) {
        Draws draws = new Draws(Draws.key(seed, split.ordinal() + 1, index));
        while (true) {
            Scene scene = attempt(draws);
            if (scene != null && HeldOut.occursIn(scene) == (split == Split.HELDOUT)) {
                return scene;
            }
        }
    }

    /** A scene, or null where the drawn kinds don't go together or find no room. */
    private static Scene attempt(Draws draws) {
        int count = 1 + draws.weighted(COUNT_WEIGHTS);
        List<Kind> kinds = new ArrayList<>();
        while (kinds.size() < count) {
            Kind kind = Kind.values()[draws.below(Kind.values().length)];
            if (!kinds.contains(kind)) {
                kinds.add(kind);
            }
        }
        double[] groundWeights = new double[Ground.values().length];
        boolean any = false;
        for (Ground ground : Ground.values()) {
            groundWeights[ground.ordinal()] = groundWeight(ground, kinds);
            any |= groundWeights[ground.ordinal()] > 0;
        }
        if (!any) {
            return null;
        }
        double[] timeWeights = new double[TimeOfDay.values().length];
        for (TimeOfDay time : TimeOfDay.values()) {
            timeWeights[time.ordinal()] = 1;
            for (Kind kind : kinds) {
                timeWeights[time.ordinal()] *= kind.fits(time);
            }
        }
        Ground ground = Ground.values()[draws.weighted(groundWeights)];
        TimeOfDay time = TimeOfDay.values()[draws.weighted(timeWeights)];
        List<Colour> colours = new ArrayList<>();
        for (Kind kind : kinds) {
            colours.add(colour(kind, draws));
        }
        for (int i = 0; i < ARRANGEMENTS; i++) {
            List<Thing> things = arrange(kinds, colours, draws);
            if (things != null) {
                return new Scene(time, ground, things, draws.nextLong());
            }
        }
        return null;
    }

    private static double groundWeight(Ground ground, List<Kind> kinds) {
        double weight = 1;
        for (Kind kind : kinds) {
            if (!kind.livesOn(ground)) {
                return 0;
            }
            if (kind == Kind.BOAT) {
                weight *= ground == Ground.SEA ? 4 : 1;
            } else if (kind == Kind.CAR) {
                weight *= ground == Ground.ROAD ? 2 : 1;
            }
        }
        return weight;
    }

    private static Colour colour(Kind kind, Draws draws) {
        List<Colour> natural = kind.naturalColours();
        if (!natural.isEmpty() && draws.chance(NATURAL_COLOUR)) {
            return natural.get(draws.below(natural.size()));
        }
        while (true) {
            Colour colour = Colour.values()[draws.below(Colour.values().length)];
            if (kind.canBe(colour)) {
                return colour;
            }
        }
    }

    private static List<Thing> arrange(List<Kind> kinds, List<Colour> colours, Draws draws) {
        List<Thing> things = new ArrayList<>();
        for (int i = 0; i < kinds.size(); i++) {
            Size size = Size.values()[draws.below(2)];
            Place place = Place.values()[draws.below(3)];
            if (i > 0 && kinds.get(i).level() != kinds.get(0).level() && draws.chance(STACKED)) {
                place = things.get(0).place();
            }
            Thing thing = new Thing(kinds.get(i), colours.get(i), size, place);
            for (Thing other : things) {
                boolean sameCell = other.kind().level() == thing.kind().level() && other.place() == place;
                if (sameCell || !Layout.keepClear(thing, other)) {
                    return null;
                }
            }
            things.add(thing);
        }
        return things;
    }
}
