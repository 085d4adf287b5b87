package dev.t2i.gpt2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.backend.Backend;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.error.BadInputException;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Continuations against transformers' greedy ones, and how tokens are drawn. */
class TextGeneratorTest {
    static Stream<Arguments> fixturesAndBackends() {
        return Gpt2ModelTest.fixturesAndBackends();
    }

    @ParameterizedTest
    @MethodSource("fixturesAndBackends")
    void greedyContinuationsAreThoseOfTransformers(String name, Backend backend) {
        Gpt2Fixture fixture = Gpt2Fixture.named(name);
        int[] expected = fixture.greedy();
        try (TextGenerator generator = TextGenerator.open(fixture.folder(), backend)) {
            int[] prompt = fixture.texts().getFirst();
            TextGenerator.Completion completion = generator.complete(prompt, expected.length, Sampling.GREEDY);
            assertArrayEquals(expected, completion.ids());
            assertEquals(TextGenerator.Stop.MAX_TOKENS, completion.stop());
            assertArrayEquals(expected, generator.complete(prompt, expected.length, Sampling.GREEDY).ids(), "a cache used before");
        }
    }

    @Test
    void rememberedKeysAndValuesGiveWhatReadingAllAgainGives() {
        Gpt2Fixture fixture = Gpt2Fixture.named("plain");
        Sampling sampling = new Sampling(1.5, 0, 1, 11);
        try (Arena arena = Arena.ofConfined();
             TextGenerator generator = TextGenerator.open(fixture.folder(), new ScalarBackend());
             TextEncoder encoder = TextEncoder.open(fixture.folder(), new ScalarBackend())) {
            int[] prompt = {5, 80};
            int[] ids = generator.complete(prompt, 20, sampling).ids();
            for (int i = 0; i < ids.length; i++) {
                int[] text = Arrays.copyOf(prompt, 2 + i);
                System.arraycopy(ids, 0, text, 2, i);
                Tensor logits = encoder.encode(List.of(text), TextPooling.LAST_LOGITS, arena).features();
                assertEquals(sampling.choose(logits, i), ids[i], "token " + i);
            }
        }
    }

    @Test
    void generationEndsAtTheLastPositionAtEndOfTextAndOnRequest() {
        Gpt2Fixture fixture = Gpt2Fixture.named("plain");
        try (TextGenerator generator = TextGenerator.open(fixture.folder(), new ScalarBackend())) {
            TextGenerator.Completion full = generator.complete(new int[20], 100, Sampling.GREEDY);
            assertEquals(TextGenerator.Stop.POSITIONS, full.stop());
            assertEquals(4, full.ids().length);
            assertEquals(TextGenerator.Stop.CALLER, generator.complete(new int[] {1}, 9, Sampling.GREEDY, _ -> false).stop());
            boolean ended = false;
            for (int seed = 0; seed < 40 && !ended; seed++) {
                TextGenerator.Completion drawn = generator.complete(new int[] {3}, 20, new Sampling(3, 0, 1, seed));
                assertTrue(Arrays.stream(drawn.ids()).noneMatch(id -> id == 96), "end-of-text is no text");
                ended = drawn.stop() == TextGenerator.Stop.END_OF_TEXT && drawn.ids().length < 20;
            }
            assertTrue(ended, "end-of-text was never drawn");
        }
    }

    @Test
    void unusablePromptsAreRefused() {
        try (TextGenerator generator = TextGenerator.open(Gpt2Fixture.named("plain").folder(), new ScalarBackend())) {
            assertEquals("the prompt is empty; give at least one word", refused(generator, new int[0]));
            assertEquals("the prompt has 24 tokens, the encoder takes at most 23; shorten it", refused(generator, new int[24]));
        }
    }

    private static String refused(TextGenerator generator, int[] prompt) {
        return assertThrows(BadInputException.class, () -> generator.complete(prompt, 1, Sampling.GREEDY)).getMessage();
    }

    @Test
    void topKAndTopPLeaveOnlyTheLikeliest() {
        Tensor logits = Tensor.of(Arena.ofAuto(), Shape.of(5), (float) Math.log(0.1), (float) Math.log(0.4), (float) Math.log(0.1),
                (float) Math.log(0.3), (float) Math.log(0.1));
        assertEquals(Set.of(0, 1, 2, 3, 4), drawn(logits, 0, 1));
        assertEquals(Set.of(1), drawn(logits, 1, 1));
        assertEquals(Set.of(1, 3), drawn(logits, 2, 1));
        assertEquals(Set.of(0, 1, 2, 3, 4), drawn(logits, 3, 1), "equals of the last one stay");
        assertEquals(Set.of(1), drawn(logits, 0, 0.35));
        assertEquals(Set.of(1, 3), drawn(logits, 0, 0.65));
        assertEquals(Set.of(0, 1, 3), drawn(logits, 0, 0.75), "of equals the first");
        assertEquals(1, Sampling.GREEDY.choose(logits, 0));
    }

    @Test
    void drawsFollowTheProbabilitiesAndTheSeed() {
        Tensor logits = Tensor.of(Arena.ofAuto(), Shape.of(1, 1, 2), 0, (float) Math.log(3));
        int[] counts = new int[2];
        boolean differs = false;
        for (int i = 0; i < 4000; i++) {
            int one = new Sampling(1, 0, 1, 5).choose(logits, i);
            assertEquals(one, new Sampling(1, 0, 1, 5).choose(logits, i));
            differs |= one != new Sampling(1, 0, 1, 6).choose(logits, i);
            counts[one]++;
        }
        assertTrue(differs);
        assertEquals(0.75, counts[1] / 4000.0, 0.03);
        assertThrows(BadInputException.class, () -> new Sampling(-1, 0, 1, 0));
        assertThrows(BadInputException.class, () -> new Sampling(1, -1, 1, 0));
        assertThrows(BadInputException.class, () -> new Sampling(1, 0, 0, 0));
    }

    private static Set<Integer> drawn(Tensor logits, int topK, double topP) {
        Set<Integer> drawn = new TreeSet<>();
        for (int i = 0; i < 300; i++) {
            drawn.add(new Sampling(1, topK, topP, 1).choose(logits, i));
        }
        return drawn;
    }
}
