package dev.t2i.data.scene;

import dev.t2i.data.scene.SceneSampler.Split;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CaptionGrammarTest {
    private static final int MANY = 10_000;

    @Test
    void captionsFitTheirScenesAndNameEveryThing() {
        SceneSampler sampler = new SceneSampler(5, Split.TRAIN);
        for (int i = 0; i < MANY; i++) {
            Scene scene = sampler.scene(i);
            Caption caption = CaptionGrammar.caption(scene, i);
            assertTrue(caption.fits(Observation.of(scene)), caption.text());
            assertEquals(scene.things().size(), caption.facts().stream().filter(f -> f instanceof Fact.OfKind).count());
            assertFalse(CaptionGrammar.namesHeldOut(caption), caption.text());
            assertEquals(caption.text(), CaptionGrammar.normalise(caption.text()));
            assertEquals(caption, CaptionGrammar.caption(scene, i));
        }
    }

    @Test
    void captionsCanBeChosenToNameSides() {
        SceneSampler sampler = new SceneSampler(7, Split.TRAIN);
        int several = 0;
        int usual = 0;
        int half = 0;
        int all = 0;
        for (int i = 0; i < MANY; i++) {
            Scene scene = sampler.scene(i);
            Caption caption = CaptionGrammar.caption(scene, i);
            assertEquals(caption, CaptionGrammar.caption(scene, i, 0));
            Caption chosen = CaptionGrammar.caption(scene, i, 1);
            assertTrue(chosen.fits(Observation.of(scene)), chosen.text());
            if (scene.things().size() > 1) {
                several++;
                usual += namesSide(caption) ? 1 : 0;
                half += namesSide(CaptionGrammar.caption(scene, i, 0.5)) ? 1 : 0;
                all += namesSide(chosen) ? 1 : 0;
            } else {
                assertEquals(caption, chosen);
            }
        }
        assertTrue(usual < 0.35 * several, usual + " of " + several);
        assertTrue(all > 0.95 * several, all + " of " + several);
        assertEquals((usual + all) / 2.0, half, 0.03 * several);
    }

    private static boolean namesSide(Caption caption) {
        return caption.facts().stream().anyMatch(fact -> fact instanceof Fact.InPlace
                || fact instanceof Fact.Related(_, var relation, _) && (relation == Relation.LEFT_OF || relation == Relation.RIGHT_OF));
    }

    @Test
    void wrongCaptionsDifferInExactlyOneFactThatTheSceneDenies() {
        SceneSampler sampler = new SceneSampler(6, Split.TRAIN);
        Set<Class<?>> changed = new HashSet<>();
        for (int i = 0; i < MANY; i++) {
            Scene scene = sampler.scene(i);
            Caption caption = CaptionGrammar.caption(scene, i);
            Caption wrong = CaptionGrammar.wrong(scene, caption, i);
            assertEquals(caption.facts().size(), wrong.facts().size());
            int differences = 0;
            for (int f = 0; f < caption.facts().size(); f++) {
                Fact before = caption.facts().get(f);
                Fact after = wrong.facts().get(f);
                if (!before.equals(after)) {
                    differences++;
                    changed.add(after.getClass());
                    assertEquals(before.getClass(), after.getClass());
                    assertFalse(after.holds(Observation.of(scene), wrong.kinds()), wrong.text());
                }
            }
            assertEquals(1, differences);
            assertFalse(wrong.fits(Observation.of(scene)));
            assertNotEquals(caption.text(), wrong.text());
            assertFalse(CaptionGrammar.namesHeldOut(wrong), wrong.text());
        }
        assertEquals(Set.of(Fact.class.getPermittedSubclasses()), changed);
    }

    @Test
    void whereEveryKindOfTheSeaIsThereAWrongCaptionNamesAnother() {
        Scene scene = new Scene(TimeOfDay.DAY, Ground.SEA, List.of(
                new Thing(Kind.BOAT, Colour.RED, Size.SMALL, Place.LEFT),
                new Thing(Kind.FISH, Colour.BLUE, Size.SMALL, Place.MIDDLE),
                new Thing(Kind.MOUNTAIN, Colour.BLACK, Size.LARGE, Place.RIGHT)), 1);
        Caption caption = new Caption("a boat, a mountain and a fish in the sea",
                List.of(new Fact.OfKind(0, Kind.BOAT), new Fact.OfKind(1, Kind.FISH), new Fact.OfKind(2, Kind.MOUNTAIN), new Fact.OnGround(Ground.SEA)),
                List.of(Kind.BOAT, Kind.FISH, Kind.MOUNTAIN), template("{x}, {y} and {z} {ground.z}"), 3, List.of(0, 2, 1));
        for (int seed = 0; seed < 20; seed++) {
            long key = seed;
            Caption wrong = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> CaptionGrammar.wrong(scene, caption, key));
            assertEquals(new Fact.OnGround(Ground.SEA), wrong.facts().getLast());
            assertEquals(1, caption.facts().stream().filter(fact -> !wrong.facts().contains(fact)).count(), wrong.text());
            assertFalse(wrong.fits(Observation.of(scene)), wrong.text());
            assertEquals(wrong, CaptionGrammar.wrong(scene, caption, key));
        }
    }

    private static int template(String text) {
        for (int i = 0; i < CaptionTemplate.ALL.size(); i++) {
            if (CaptionTemplate.ALL.get(i).text().equals(text)) {
                return i;
            }
        }
        throw new AssertionError("no template " + text);
    }

    @Test
    void everyTemplateAndEveryWordIsUsedAndNoOther() {
        assertTrue(CaptionGrammar.templates() >= 40);
        SceneSampler sampler = new SceneSampler(7, Split.TRAIN);
        Set<Integer> templates = new HashSet<>();
        Set<String> words = new HashSet<>();
        for (int i = 0; i < 2 * MANY; i++) {
            Caption caption = CaptionGrammar.caption(sampler.scene(i), 0);
            templates.add(caption.template());
            words.addAll(CaptionGrammar.words(caption.text()));
        }
        assertEquals(CaptionGrammar.templates(), templates.size());
        SortedSet<String> vocabulary = CaptionGrammar.vocabulary();
        assertEquals(vocabulary, new java.util.TreeSet<>(words));
    }

    @Test
    void noSynonymBelongsToTwoKindsAndColoursStayOutOfOtherPhrases() {
        Set<String> seen = new HashSet<>();
        for (Kind kind : Kind.values()) {
            Lexicon.words(kind).forEach(word -> assertTrue(seen.add(word), word));
        }
        Set<String> colours = new HashSet<>();
        for (Colour colour : Colour.values()) {
            Lexicon.words(colour).forEach(word -> assertTrue(colours.add(word), word));
        }
        for (Ground ground : Ground.values()) {
            for (Kind.Level level : Kind.Level.values()) {
                for (String phrase : Lexicon.words(ground, level)) {
                    assertTrue(CaptionGrammar.words(phrase).stream().noneMatch(colours::contains), phrase);
                }
            }
        }
    }

    @Test
    void factsAreJudgedByWhatWasSeen() {
        Scene scene = new Scene(TimeOfDay.NIGHT, Ground.GRASS, List.of(
                new Thing(Kind.MOON, Colour.YELLOW, Size.SMALL, Place.LEFT),
                new Thing(Kind.HOUSE, Colour.RED, Size.LARGE, Place.LEFT)), 1);
        Observation seen = Observation.of(scene);
        List<Kind> kinds = List.of(Kind.MOON, Kind.HOUSE);
        assertTrue(new Fact.Related(0, Relation.ABOVE, 1).holds(seen, kinds));
        assertTrue(new Fact.Related(1, Relation.BELOW, 0).holds(seen, kinds));
        assertFalse(new Fact.Related(1, Relation.ABOVE, 0).holds(seen, kinds));
        assertFalse(new Fact.Related(0, Relation.BESIDE, 1).holds(seen, kinds));
        assertTrue(new Fact.OfColour(1, Colour.RED).holds(seen, kinds));
        assertFalse(new Fact.OfColour(0, Colour.RED).holds(seen, kinds));

        Observation blurred = new Observation(null, Ground.GRASS, List.of(new Observation.Seen(Kind.HOUSE, null, null, null)));
        assertFalse(new Fact.AtTime(TimeOfDay.NIGHT).holds(blurred, kinds));
        assertTrue(new Fact.OfKind(1, Kind.HOUSE).holds(blurred, kinds));
        assertFalse(new Fact.OfColour(1, Colour.RED).holds(blurred, kinds));
        assertFalse(new Fact.Related(0, Relation.ABOVE, 1).holds(blurred, kinds));
    }

    @Test
    void promptsAreNormalised() {
        assertEquals("a red house under a yellow moon", CaptionGrammar.normalise("  A red  house\nunder a \u201cyellow\u201d moon. "));
        assertEquals("", CaptionGrammar.normalise("  ...  "));
    }
}
