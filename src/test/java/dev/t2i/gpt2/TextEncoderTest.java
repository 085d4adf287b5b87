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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Poolings against transformers' hidden states, batching, and what is refused. */
class TextEncoderTest {
    private static final double TOLERANCE = 1e-5;
    private final Gpt2Fixture fixture = Gpt2Fixture.named("plain");
    private final List<int[]> texts = fixture.texts();
    private final Arena arena = Arena.ofAuto();

    @ParameterizedTest
    @MethodSource("dev.t2i.gpt2.Gpt2Fixture#backends")
    void poolingsFollowFromTheHiddenStates(Backend backend) {
        Tensor hidden = fixture.expected().tensor("hidden_states");
        Tensor logits = fixture.expected().tensor("logits");
        int tokens = hidden.shape().dim(1);
        try (TextEncoder encoder = TextEncoder.open(fixture.folder(), backend)) {
            TextEncoder.Encoding all = encoder.encode(texts, TextPooling.TOKENS, arena);
            assertEquals(hidden.shape(), all.features().shape());
            assertTrue(fixture.relativeError(all.features(), hidden) <= TOLERANCE);
            assertEquals(0, all.features().getFloat(all.features().size() - 1), "padding");
            assertArrayEquals(fixture.expected().tensor("attention_mask").toFloatArray(), all.mask().toFloatArray());
            assertArrayEquals(fixture.expected().tensor("input_ids").toFloatArray(), all.ids().toFloatArray());

            Tensor last = encoder.encode(texts, TextPooling.LAST, arena).features();
            Tensor mean = encoder.encode(texts, TextPooling.MEAN, arena).features();
            Tensor lastLogits = encoder.encode(texts, TextPooling.LAST_LOGITS, arena).features();
            for (int row = 0; row < texts.size(); row++) {
                int length = texts.get(row).length;
                float[] expectedMean = new float[24];
                for (int i = 0; i < length; i++) {
                    float[] one = row(hidden, row * tokens + i, 24);
                    for (int c = 0; c < 24; c++) {
                        expectedMean[c] += one[c] / length;
                    }
                }
                assertArrayEquals(row(hidden, row * tokens + length - 1, 24), row(last, row, 24), 1e-5f);
                assertArrayEquals(expectedMean, row(mean, row, 24), 1e-5f);
                assertArrayEquals(row(logits, row * tokens + length - 1, 97), row(lastLogits, row, 97), 5e-5f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.t2i.gpt2.Gpt2Fixture#backends")
    void aTextHasTheSameFeaturesInAnyCompany(Backend backend) {
        List<int[]> many = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            many.add(texts.get(i % texts.size()));
        }
        try (TextEncoder encoder = TextEncoder.open(fixture.folder(), backend)) {
            Tensor together = encoder.encode(many, TextPooling.MEAN, arena).features();
            for (int i = 0; i < many.size(); i++) {
                Tensor alone = encoder.encode(List.of(many.get(i)), TextPooling.MEAN, arena).features();
                assertArrayEquals(alone.toFloatArray(), row(together, i, 24), "text " + i);
            }
        }
    }

    @Test
    void conditioningLeavesOutTheEndOfTextInFront() {
        try (TextEncoder encoder = TextEncoder.open(fixture.folder(), new ScalarBackend())) {
            TextEncoder.Conditioning conditioning = encoder.conditioning(texts, 12, arena);
            assertEquals(Shape.of(3, 12, 24), conditioning.tokens().shape());
            List<int[]> behind = texts.stream().map(encoder::afterEndOfText).toList();
            assertEquals(96, behind.get(1)[0]);
            TextEncoder.Encoding whole = encoder.encode(behind, TextPooling.TOKENS, arena);
            int wholeTokens = whole.features().shape().dim(1);
            for (int text = 0; text < texts.size(); text++) {
                int length = texts.get(text).length;
                double[] mean = new double[24];
                for (int i = 0; i < 12; i++) {
                    float[] expected = i < length ? row(whole.features(), text * wholeTokens + i + 1, 24) : new float[24];
                    assertArrayEquals(expected, row(conditioning.tokens(), text * 12 + i, 24));
                    assertEquals(i < length ? 1 : 0, conditioning.mask().getFloat(text * 12 + i));
                    for (int c = 0; c < 24; c++) {
                        mean[c] += expected[c] / (double) length;
                    }
                }
                assertArrayEquals(row(whole.features(), text * wholeTokens + length, 24), row(conditioning.last(), text, 24));
                for (int c = 0; c < 24; c++) {
                    assertEquals(mean[c], conditioning.mean().getDouble(text * 24 + c), 1e-6);
                }
            }
        }
    }

    @Test
    void unusableTextsAreRefusedInOneLine() {
        try (TextEncoder encoder = TextEncoder.open(fixture.folder(), new ScalarBackend())) {
            assertEquals("no text to encode was given", refused(encoder, List.of()));
            assertEquals("text 2 is empty; give at least one word", refused(encoder, List.of(new int[] {1}, new int[0])));
            assertEquals("the text has 25 tokens, the encoder takes at most 24; shorten it", refused(encoder, List.of(new int[25])));
            assertEquals("the text holds the token id 97, the vocabulary has 0 to 96", refused(encoder, List.of(new int[] {97})));
            assertEquals("the text holds the token id -1, the vocabulary has 0 to 96", refused(encoder, List.of(new int[] {-1})));
            encoder.encode(List.of(new int[24]), TextPooling.LAST, arena);
        }
    }

    private String refused(TextEncoder encoder, List<int[]> texts) {
        return assertThrows(BadInputException.class, () -> encoder.encode(texts, TextPooling.LAST, arena)).getMessage();
    }

    private static float[] row(Tensor tensor, int row, int width) {
        float[] numbers = new float[width];
        for (int i = 0; i < width; i++) {
            numbers[i] = tensor.getFloat((long) row * width + i);
        }
        return numbers;
    }
}
