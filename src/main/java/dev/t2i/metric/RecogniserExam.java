package dev.t2i.metric;

import dev.t2i.data.scene.Caption;
import dev.t2i.data.scene.Fact;
import dev.t2i.data.scene.Kind;
import dev.t2i.data.scene.Observation;
import dev.t2i.data.scene.Scene;
import dev.t2i.data.scene.SceneRenderer;
import dev.t2i.data.scene.SceneSampler;
import dev.t2i.data.scene.Thing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a recogniser is worth: how well it reads sharp renders that it has not seen, and whether it keeps quiet about things
 * that are damaged beyond recognition.
 *
 * @param sharp everything that is true of unseen scenes (one in four shows a held-out composition), as if a caption stated it all
 * @param invented sharp renders in which a thing was named that is not there
 * @param nameable things in unseen lessons, sharp or mildly damaged, that were named
 * @param ruined things in unseen lessons damaged beyond recognition that were named all the same
 */
public record RecogniserExam(Obedience sharp, Proportion invented, Proportion nameable, Proportion ruined) {
    private static final int HELD_OUT_EVERY = 4;
    private static final int BATCH = 32;
    /** Lessons from here on are for exams: no training gets so far. */
    private static final int UNSEEN = 1 << 30;

    /**
     * @param seed of the scenes; another than that of the training
     * @param renders sharp renders, and as many lessons
     */
    public static RecogniserExam of(Recogniser recogniser, long seed, int renders) {
        int size = recogniser.size();
        int length = size * size * 3;
        SceneSampler usual = new SceneSampler(seed, SceneSampler.Split.TEST);
        SceneSampler heldOut = new SceneSampler(seed, SceneSampler.Split.HELDOUT);
        SceneRenderer renderer = new SceneRenderer(size);
        LessonMaker maker = new LessonMaker(seed, size);
        List<Caption> captions = new ArrayList<>();
        List<Observation> seen = new ArrayList<>();
        Proportion invented = new Proportion(0, 0);
        Proportion nameable = new Proportion(0, 0);
        Proportion ruined = new Proportion(0, 0);
        float[] pictures = new float[BATCH * length];
        for (int first = 0; first < renders; first += BATCH) {
            int count = Math.min(BATCH, renders - first);
            List<Scene> scenes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Scene scene = ((first + i) % HELD_OUT_EVERY == 0 ? heldOut : usual).scene(first + i);
                scenes.add(scene);
                renderer.render(scene, pictures, i * length);
            }
            List<Recogniser.Reading> readings = recogniser.read(pictures, count);
            for (int i = 0; i < count; i++) {
                Observation observation = readings.get(i).observation();
                captions.add(wholeTruth(scenes.get(i)));
                seen.add(observation);
                invented = invented.plus(new Proportion(invents(observation, scenes.get(i)) ? 1 : 0, 1));
            }
            List<Lesson> lessons = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Lesson lesson = new Lesson(size);
                maker.make(UNSEEN + first + i, lesson);
                lessons.add(lesson);
                System.arraycopy(lesson.picture, 0, pictures, i * length, length);
            }
            readings = recogniser.read(pictures, count);
            for (int i = 0; i < count; i++) {
                boolean[] named = named(readings.get(i).observation());
                for (int slot = 0; slot < Slot.COUNT; slot++) {
                    if (lessons.get(i).presence[slot] > 0) {
                        nameable = nameable.plus(new Proportion(named[slot] ? 1 : 0, 1));
                    } else if (lessons.get(i).ruined[slot]) {
                        ruined = ruined.plus(new Proportion(named[slot] ? 1 : 0, 1));
                    }
                }
            }
        }
        return new RecogniserExam(Obedience.of(captions, seen), invented, nameable, ruined);
    }

    /** A caption that states all that is true of a scene. */
    private static Caption wholeTruth(Scene scene) {
        List<Fact> facts = new ArrayList<>();
        List<Thing> things = scene.things();
        for (int i = 0; i < things.size(); i++) {
            facts.add(new Fact.OfKind(i, things.get(i).kind()));
            facts.add(new Fact.OfColour(i, things.get(i).colour()));
            facts.add(new Fact.OfSize(i, things.get(i).size()));
            facts.add(new Fact.InPlace(i, things.get(i).place()));
        }
        scene.relations().forEach(link -> facts.add(new Fact.Related(link.subject(), link.relation(), link.object())));
        facts.add(new Fact.AtTime(scene.time()));
        facts.add(new Fact.OnGround(scene.ground()));
        List<Kind> kinds = things.stream().map(Thing::kind).toList();
        return new Caption("", facts, kinds, 0, 0, IntStream.range(0, things.size()).boxed().toList());
    }

    private static boolean invents(Observation observation, Scene scene) {
        return observation.things().stream().anyMatch(seen ->
                scene.things().stream().noneMatch(thing -> thing.kind() == seen.kind() && thing.place() == seen.place()));
    }

    private static boolean[] named(Observation observation) {
        boolean[] named = new boolean[Slot.COUNT];
        observation.things().forEach(thing -> named[new Slot(thing.kind(), thing.place()).index()] = true);
        return named;
    }

    /** As a table in Markdown. */
    public String toMarkdown() {
        StringBuilder text = new StringBuilder("| on unseen pictures | right | of |\n|---|---|---|\n");
        for (Map.Entry<Attribute, Proportion> row : sharp.attributes().entrySet()) {
            text.append(row("sharp: " + row.getKey().name().toLowerCase(Locale.ROOT), row.getValue()));
        }
        text.append(String.format(Locale.ROOT, "| sharp: mean of these attributes | %.2f%% | |\n", 100 * sharp.mean()));
        text.append(row("sharp: pictures wholly right", sharp.pictures()));
        text.append(row("sharp: pictures with a thing that is not there", invented));
        text.append(row("things sharp or mildly damaged that are named", nameable));
        text.append(row("things damaged beyond recognition that are named all the same", ruined));
        return text.toString();
    }

    private static String row(String name, Proportion share) {
        return String.format(Locale.ROOT, "| %s | %.2f%% | %d |\n", name, 100 * share.value(), share.count());
    }
}
