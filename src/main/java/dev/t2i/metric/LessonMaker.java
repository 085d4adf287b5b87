package dev.t2i.metric;

import dev.t2i.data.scene.Colour;
import dev.t2i.data.scene.Ground;
import dev.t2i.data.scene.Kind;
import dev.t2i.data.scene.Place;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneRenderer;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.data.scene.Size;
import dev.t2i.data.scene.Thing;
import dev.t2i.data.scene.TimeOfDay;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the pictures that a recogniser learns from; lesson {@code i} is a pure function of (seed, i).
 *
 * <p>Scenes come from the sampler, held-out compositions among them: they are held out from generators, and who measures those
 * must know them. Half of the scenes get a time and a ground at random, and some show the same kind twice or nothing at all, so
 * that a thing is known by its looks and not by its company. Of the pictures,
 * {@value #WHOLE} are then damaged as a whole and {@value #PARTS} in single things ({@link ThingDamage}); the rest stay sharp.
 * Whole-picture blur up to 0.75 pixels (at 64) keeps all names; what more makes of a thing is judged by the thing's size. The
 * limits are wider than those for single things: a large thing is still named when blurred by 0.056 of its size, smeared over
 * 0.22, or in squares of 0.11. All get a little noise and a slight change of brightness, which no person would notice or mind.
 *
 * <p>An instance belongs to one thread.
 */
final class LessonMaker {
    private static final int STREAM = 0x5ee;
    private static final double HELD_OUT = 0.25;
    private static final double ODD_COMPANY = 0.5;
    private static final double TWINS = 0.08;
    private static final double EMPTY = 0.03;
    private static final double WHOLE = 0.2;
    private static final double PARTS = 0.5;
    private static final double RUINED = 0.45;
    private static final double MILD = 0.2;
    private static final double TWO_COLOURS = 0.06;

    private final long seed;
    private final int size;
    private final SceneRenderer renderer;
    private final SceneSampler usual;
    private final SceneSampler heldOut;
    private final float[] backdrop;
    private final float[] scratch;

    LessonMaker(long seed, int size) {
        this.seed = seed;
        this.size = size;
        this.renderer = new SceneRenderer(size);
        this.usual = new SceneSampler(seed, SceneSampler.Split.TRAIN);
        this.heldOut = new SceneSampler(seed, SceneSampler.Split.HELDOUT);
        this.backdrop = new float[size * size * 3];
        this.scratch = new float[size * size * 3];
    }

    /** Fills {@code lesson} with number {@code index}. */
    void make(int index, Lesson lesson) {
        Dice dice = new Dice(seed, STREAM, index);
        Scene scene = (dice.chance(HELD_OUT) ? heldOut : usual).scene(index);
        TimeOfDay time = scene.time();
        Ground ground = scene.ground();
        if (dice.chance(ODD_COMPANY)) {
            time = TimeOfDay.values()[dice.below(Lesson.TIMES)];
            ground = Ground.values()[dice.below(Lesson.GROUNDS)];
        }
        Scene setting = new Scene(time, ground, scene.things(), scene.variation());
        List<Thing> things = company(scene, dice);
        lesson.begin(time, ground);
        double fate = dice.unit();
        if (fate < WHOLE) {
            wholeDamage(setting, things, lesson, dice);
        } else if (fate < WHOLE + PARTS) {
            partDamage(setting, things, lesson, dice);
        } else {
            renderer.render(setting, things, lesson.picture, 0);
            things.forEach(thing -> lesson.show(thing, Legibility.CLEAR));
        }
        finish(lesson.picture, dice);
    }

    private static List<Thing> company(Scene scene, Dice dice) {
        if (dice.chance(EMPTY)) {
            return List.of();
        }
        List<Thing> things = new ArrayList<>(scene.things());
        if (dice.chance(TWINS)) {
            Thing first = things.getFirst();
            Place place = first.place() == Place.RIGHT ? Place.LEFT : Place.RIGHT;
            if (things.stream().noneMatch(thing -> thing.place() == place || thing.place() == Place.MIDDLE)) {
                Colour colour = Colour.values()[dice.below(Lesson.COLOURS)];
                things.add(new Thing(first.kind(), first.kind().canBe(colour) ? colour : first.colour(),
                        Size.values()[dice.below(Lesson.SIZES)], place));
            }
        }
        return things;
    }

    private void wholeDamage(Scene setting, List<Thing> things, Lesson lesson, Dice dice) {
        renderer.render(setting, things, scratch, 0);
        boolean mild = dice.chance(0.4);
        double pixel = size / 64.0;
        // The strength that hides a thing of 1 unit; what it does to the things follows from their sizes.
        double strength = (mild ? dice.between(0.2, 1) : dice.between(1.6, 8)) * pixel;
        float[] damaged = switch (dice.below(3)) {
            case 0 -> Filters.blur(scratch, size, 3, (mild ? 0.75 : 0.9) * strength);
            case 1 -> Filters.smear(scratch, size, 3, (mild ? 1.6 : 3.6) * strength, dice.between(0, Math.PI));
            default -> Filters.coarsen(scratch, size, 3, Math.max(1, (mild ? 1.3 : 1.75) * strength), mild || dice.chance(0.5));
        };
        System.arraycopy(damaged, 0, lesson.picture, 0, damaged.length);
        for (Thing thing : things) {
            double unit = (thing.size() == Size.SMALL ? 17 : 28) * pixel;
            lesson.show(thing, strength < 0.062 * unit ? Legibility.CLEAR : strength < 0.145 * unit ? Legibility.DOUBTFUL : Legibility.GONE);
        }
    }

    private void partDamage(Scene setting, List<Thing> things, Lesson lesson, Dice dice) {
        renderer.render(setting, List.of(), backdrop, 0);
        float[] picture = lesson.picture;
        System.arraycopy(backdrop, 0, picture, 0, backdrop.length);
        ThingDamage damage = new ThingDamage(size, backdrop, dice);
        for (Thing thing : things) {
            ThingLayer layer = layer(setting, thing);
            double fate = dice.unit();
            if (fate < RUINED) {
                Kind kind = ThingDamage.another(thing.kind(), dice);
                Colour colour = kind.canBe(thing.colour()) && dice.chance(0.7) ? thing.colour() : anyColour(kind, dice);
                ThingDamage.Result result = damage.ruin(layer, layer(setting, new Thing(kind, colour, thing.size(), thing.place())));
                add(result.difference(), picture);
                lesson.show(thing, result.legibility());
            } else if (fate < RUINED + MILD) {
                add(damage.mild(layer), picture);
                lesson.show(thing, Legibility.CLEAR);
            } else if (fate < RUINED + MILD + TWO_COLOURS) {
                Colour other = anyColour(thing.kind(), dice);
                add(damage.twoColours(layer, layer(setting, new Thing(thing.kind(), other, thing.size(), thing.place()))), picture);
                lesson.show(thing, Legibility.CLEAR);
                if (other != thing.colour()) {
                    lesson.alsoOf(thing, other);
                }
            } else {
                add(layer.difference, picture);
                lesson.show(thing, Legibility.CLEAR);
            }
        }
    }

    private static Colour anyColour(Kind kind, Dice dice) {
        while (true) {
            Colour colour = Colour.values()[dice.below(Lesson.COLOURS)];
            if (kind.canBe(colour)) {
                return colour;
            }
        }
    }

    private static void add(float[] difference, float[] picture) {
        for (int i = 0; i < picture.length; i++) {
            picture[i] = Math.min(1, Math.max(-1, picture[i] + difference[i]));
        }
    }

    private ThingLayer layer(Scene setting, Thing thing) {
        renderer.render(setting, List.of(thing), scratch, 0);
        return new ThingLayer(thing, size, backdrop, scratch);
    }

    private void finish(float[] picture, Dice dice) {
        float noise = dice.chance(0.5) ? (float) (0.06 * dice.unit()) : 0;
        float gain = (float) dice.between(0.94, 1.06);
        float[] shift = {(float) dice.between(-0.04, 0.04), (float) dice.between(-0.04, 0.04), (float) dice.between(-0.04, 0.04)};
        for (int i = 0; i < picture.length; i++) {
            float value = picture[i] * gain + shift[i % 3] + (noise > 0 ? noise * dice.nearlyNormal() : 0);
            picture[i] = Math.min(1, Math.max(-1, value));
        }
    }
}
