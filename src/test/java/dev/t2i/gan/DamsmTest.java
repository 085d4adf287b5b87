package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.NetworkFixture;
import dev.t2i.tensor.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Word by word and as wholes, against PyTorch; one text is nobody's, and two are the same. */
class DamsmTest {
    private static Value parameter(NetworkFixture fixture, String name, int... dims) {
        return fixture.place().get(name, Shape.of(dims), Initializer.ZEROS);
    }

    @Test
    void similaritiesAndLosses() {
        NetworkFixture fixture = new NetworkFixture("damsm");
        DamsmLoss loss = new DamsmLoss(4, 5, 10);
        Value states = parameter(fixture, "words", 4, 5, 4);
        Value similarity = loss.wordSimilarity(parameter(fixture, "regions", 3, 6, 4), new TextCondition.Words(states, states, fixture.input("mask")));
        Value sentences = DamsmLoss.sentenceSimilarity(parameter(fixture, "wholes", 3, 4), parameter(fixture, "sentences", 4, 4));
        assertEquals(Shape.of(3, 4), sentences.shape());
        Value same = fixture.input("same");
        fixture.check(Map.of("similarity", similarity, "loss", loss.contrast(similarity, same).add(loss.contrast(sentences, same))));
    }
}
