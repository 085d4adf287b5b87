package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.CaptionGrammar;
import dev.t2i.data.scene.Observation;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneSampler;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObedienceTest {
    @Test
    void aPerfectEyeSeesThatScenesObeyTheirCaptionsAndNoOthers() {
        SceneSampler sampler = new SceneSampler(1, SceneSampler.Split.TEST);
        List<Caption> captions = new ArrayList<>();
        List<Caption> wrong = new ArrayList<>();
        List<Observation> seen = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Scene scene = sampler.scene(i);
            captions.add(CaptionGrammar.caption(scene, i));
            wrong.add(CaptionGrammar.wrong(scene, captions.getLast(), i));
            seen.add(Observation.of(scene));
        }
        Obedience obedience = Obedience.of(captions, seen);
        assertEquals(new Proportion(200, 200), obedience.pictures());
        assertEquals(obedience.facts().count(), obedience.facts().right());
        assertEquals(Attribute.values().length, obedience.attributes().size());
        assertEquals(obedience.facts().count(), obedience.attributes().values().stream().mapToLong(Proportion::count).sum());
        assertEquals(1, obedience.mean());
        Obedience disobedience = Obedience.of(wrong, seen);
        assertEquals(0, disobedience.pictures().right());
        assertTrue(disobedience.facts().value() < 1 && disobedience.facts().value() > 0.5);
    }

    @Test
    void wilsonIntervalIsTheTextbookOne() {
        // 15 of 20: 0.531 to 0.888 (Newcombe 1998 and elsewhere).
        Proportion some = new Proportion(15, 20);
        assertEquals(0.75, some.value());
        assertEquals(0.531, some.low(), 5e-4);
        assertEquals(0.888, some.high(), 5e-4);
        Proportion all = new Proportion(10, 10);
        assertEquals(1, all.high(), 1e-12);
        assertEquals(0.722, all.low(), 5e-4);
        for (int count = 1; count < 2000; count++) {
            assertTrue(new Proportion(0, count).low() >= 0 && new Proportion(count, count).high() <= 1, count + "");
        }
    }
}
