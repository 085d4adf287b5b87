package dev.t2i.metric;

import dev.t2i.data.scene.Colour;
import dev.t2i.data.scene.Ground;
import dev.t2i.data.scene.Size;
import dev.t2i.data.scene.Thing;
import dev.t2i.data.scene.TimeOfDay;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A picture and what the recogniser must say about it. Where nothing is asked, the weights are 0: a thing's colour and size
 * where there is no such thing, everything about a thing that people would disagree on.
 */
final class Lesson {
    static final int TIMES = TimeOfDay.values().length;
    static final int GROUNDS = Ground.values().length;
    static final int COLOURS = Colour.values().length;
    static final int SIZES = Size.values().length;

    /** {@code [size, size, 3]} in [-1, 1]. */
    final float[] picture;
    /** One-hot, {@code [times]}. */
    final float[] time = new float[TIMES];
    /** One-hot, {@code [grounds]}. */
    final float[] ground = new float[GROUNDS];
    /** 1 where a thing is, {@code [slots]}. */
    final float[] presence = new float[Slot.COUNT];
    /** 0 where it does not matter, {@code [slots]}. */
    final float[] presenceWeight = new float[Slot.COUNT];
    /** Shares that sum to 1 where a thing is, {@code [slots, colours]}. */
    final float[] colour = new float[Slot.COUNT * COLOURS];
    /** One-hot where a thing is, {@code [slots, sizes]}. */
    final float[] size = new float[Slot.COUNT * SIZES];

    /** Where a thing is that is damaged beyond recognition, {@code [slots]}; for exams. */
    final boolean[] ruined = new boolean[Slot.COUNT];

    Lesson(int side) {
        picture = new float[side * side * 3];
    }

    void begin(TimeOfDay timeOfDay, Ground groundKind) {
        for (float[] target : new float[][] {time, ground, presence, colour, size}) {
            Arrays.fill(target, 0);
        }
        Arrays.fill(presenceWeight, 1);
        Arrays.fill(ruined, false);
        time[timeOfDay.ordinal()] = 1;
        ground[groundKind.ordinal()] = 1;
    }

    /** The thing shows as much of another colour as of its own. */
    void alsoOf(Thing thing, Colour other) {
        int colours = new Slot(thing.kind(), thing.place()).index() * COLOURS;
        colour[colours + thing.colour().ordinal()] = 0.5f;
        colour[colours + other.ordinal()] = 0.5f;
    }

    void show(Thing thing, Legibility legibility) {
        int slot = new Slot(thing.kind(), thing.place()).index();
        switch (legibility) {
            case CLEAR -> {
                presence[slot] = 1;
                colour[slot * COLOURS + thing.colour().ordinal()] = 1;
                size[slot * SIZES + thing.size().ordinal()] = 1;
            }
            case DOUBTFUL -> presenceWeight[slot] = 0;
            case GONE -> ruined[slot] = true;
        }
    }

    /** What must be named, and what nobody is asked about, in words. */
    String describe() {
        List<String> words = new ArrayList<>();
        for (int slot = 0; slot < Slot.COUNT; slot++) {
            if (presence[slot] > 0 || presenceWeight[slot] == 0) {
                String name = (Slot.at(slot).place() + " " + Slot.at(slot).kind()).toLowerCase(Locale.ROOT);
                words.add(presence[slot] > 0 ? name : name + "?");
            }
        }
        return words.isEmpty() ? "nothing" : String.join(", ", words);
    }
}
