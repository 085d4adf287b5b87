package dev.t2i.data.scene;

import dev.t2i.data.scene.SceneSampler.Split;
import org.junit.jupiter.api.Test;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SceneSamplerTest {
    private static final int MANY = 10_000;

    @Test
    void aSceneDependsOnSeedSplitAndIndexAlone() {
        SceneSampler forwards = new SceneSampler(11, Split.TRAIN);
        SceneSampler backwards = new SceneSampler(11, Split.TRAIN);
        Scene[] scenes = new Scene[100];
        for (int i = 0; i < scenes.length; i++) {
            scenes[i] = forwards.scene(i);
        }
        for (int i = scenes.length - 1; i >= 0; i--) {
            assertEquals(scenes[i], backwards.scene(i));
        }
        assertNotEquals(scenes[0], new SceneSampler(12, Split.TRAIN).scene(0));
        assertNotEquals(scenes[0], new SceneSampler(11, Split.TEST).scene(0));
    }

    @Test
    void trainingNeverShowsAHeldOutComposition() {
        for (Split split : new Split[] {Split.TRAIN, Split.TEST}) {
            SceneSampler sampler = new SceneSampler(1, split);
            for (int i = 0; i < MANY; i++) {
                assertFalse(HeldOut.occursIn(sampler.scene(i)));
            }
        }
    }

    @Test
    void everyHeldOutSceneShowsOneAndEveryHeldOutCompositionIsShown() {
        SceneSampler sampler = new SceneSampler(1, Split.HELDOUT);
        Set<Kind> colours = EnumSet.noneOf(Kind.class);
        Set<HeldOut.Pair> above = new HashSet<>();
        Set<HeldOut.Pair> beside = new HashSet<>();
        for (int i = 0; i < MANY; i++) {
            Scene scene = sampler.scene(i);
            assertTrue(HeldOut.occursIn(scene));
            for (Thing thing : scene.things()) {
                if (HeldOut.colour(thing.kind(), thing.colour())) {
                    colours.add(thing.kind());
                }
            }
            for (Scene.Link link : scene.relations()) {
                HeldOut.Pair pair = new HeldOut.Pair(scene.things().get(link.subject()).kind(), scene.things().get(link.object()).kind());
                if (link.relation() == Relation.ABOVE && HeldOut.ABOVE.contains(pair)) {
                    above.add(pair);
                } else if (link.relation() == Relation.BESIDE && HeldOut.BESIDE.contains(pair)) {
                    beside.add(pair);
                }
            }
        }
        assertEquals(EnumSet.allOf(Kind.class), colours);
        assertEquals(HeldOut.ABOVE, above);
        assertEquals(HeldOut.BESIDE, beside);
    }

    @Test
    void trainingShowsEveryOtherColourOfEveryKindAndEveryLight() {
        SceneSampler sampler = new SceneSampler(1, Split.TRAIN);
        Set<String> seen = new HashSet<>();
        Set<String> lights = new HashSet<>();
        for (int i = 0; i < MANY; i++) {
            Scene scene = sampler.scene(i);
            scene.things().forEach(thing -> seen.add(thing.kind() + " " + thing.colour()));
            lights.add(scene.time() + " " + scene.ground());
        }
        for (Kind kind : Kind.values()) {
            for (Colour colour : Colour.values()) {
                boolean shown = kind.canBe(colour) && !HeldOut.colour(kind, colour);
                assertEquals(shown, seen.contains(kind + " " + colour), kind + " " + colour);
            }
        }
        assertEquals(TimeOfDay.values().length * Ground.values().length, lights.size());
    }
}
