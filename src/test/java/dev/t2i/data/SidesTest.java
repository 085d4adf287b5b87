package dev.t2i.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidesTest {
    @ParameterizedTest
    @CsvSource({"a red house, false, false", "a dog on the LEFT of a tree, true, false", "a moon right above a tree, true, true",
        "'A house under the moon.', false, true", "a man jumps Over a fence, false, true", "a leftover on an undercover cup, false, false",
        "the upper-left corner, true, true", "it turns clockwise, true, false"})
    void wordsAreFoundWhole(String sentence, boolean sided, boolean upright) {
        assertEquals(sided, Sides.named(sentence));
        assertEquals(upright, Sides.namedUpright(sentence));
    }
}
