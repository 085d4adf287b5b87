package dev.t2i.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LessonMakerTest {
    private static final int SIZE = 64;

    @Test
    void aLessonIsAFunctionOfSeedAndNumber() {
        LessonMaker maker = new LessonMaker(5, SIZE);
        Lesson again = new Lesson(SIZE);
        for (int i = 0; i < 30; i++) {
            Lesson alone = new Lesson(SIZE);
            new LessonMaker(5, SIZE).make(i, alone);
            maker.make(i, again);
            assertArrayEquals(alone.picture, again.picture);
            assertArrayEquals(alone.presence, again.presence);
            assertArrayEquals(alone.presenceWeight, again.presenceWeight);
            assertArrayEquals(alone.colour, again.colour);
        }
    }

    @Test
    void colourAndSizeAreAskedExactlyWhereAThingIs() {
        LessonMaker maker = new LessonMaker(6, SIZE);
        Lesson lesson = new Lesson(SIZE);
        int named = 0;
        int empty = 0;
        for (int i = 0; i < 300; i++) {
            maker.make(i, lesson);
            assertEquals(1, sum(lesson.time, 0, Lesson.TIMES));
            assertEquals(1, sum(lesson.ground, 0, Lesson.GROUNDS));
            for (float value : lesson.picture) {
                assertTrue(value >= -1 && value <= 1);
            }
            for (int slot = 0; slot < Slot.COUNT; slot++) {
                assertEquals(lesson.presence[slot], sum(lesson.colour, slot * Lesson.COLOURS, Lesson.COLOURS));
                assertEquals(lesson.presence[slot], sum(lesson.size, slot * Lesson.SIZES, Lesson.SIZES));
                named += (int) lesson.presence[slot];
            }
            empty += sum(lesson.presence, 0, Slot.COUNT) == 0 ? 1 : 0;
        }
        assertTrue(named > 200 && empty > 30, named + " things named, " + empty + " pictures without any");
    }

    private static float sum(float[] values, int from, int count) {
        float sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += values[i];
        }
        return sum;
    }
}
