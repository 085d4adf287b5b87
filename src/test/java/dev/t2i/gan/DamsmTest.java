package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.NetworkFixture;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    @Test
    void lossOfPicturesAndItsGradientInThem() {
        NetworkFixture fixture = new NetworkFixture("damsm of pictures");
        Matcher matcher = new Damsm(new RegionEncoder.Own(new ImageEncoder(4, List.of(3, 4, 5)), 8), true, true, new DamsmLoss(4, 5, 10));
        Matcher.Match match = matcher.match(fixture.place(), matcher.look(fixture.place(), parameter(fixture, "pictures", 4, 16, 16, 3)),
                new Matcher.Texts(text(fixture, ""), text(fixture, "wrong_"), () -> fixture.input("same")));
        fixture.check(Map.of("loss", match.loss()));
    }

    private static TextCondition text(NetworkFixture fixture, String prefix) {
        Value states = fixture.input(prefix + "states");
        return new TextCondition(fixture.input(prefix + "sentence"), Optional.of(new TextCondition.Words(states, states, fixture.input(prefix + "mask"))));
    }

    @Test
    void aFrozenInceptionIsNotLearned() {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "image");
        TextCondition text = new TextCondition(graph.fill(1, Shape.of(2, 6)), Optional.of(new TextCondition.Words(
                graph.fill(1, Shape.of(2, 3, 6)), graph.fill(1, Shape.of(2, 3, 6)), graph.fill(1, Shape.of(2, 3)))));
        Matcher matcher = new Damsm(new RegionEncoder.Inception(6), false, false, new DamsmLoss(4, 5, 10));
        Matcher.Match match = matcher.match(place, matcher.look(place, graph.fill(0, Shape.of(2, 64, 64, 3))), new Matcher.Texts(text, text, () -> graph.fill(0, Shape.of(2, 4))));
        assertEquals(Shape.SCALAR, match.loss().shape());
        assertEquals(Set.of("regions.weight", "whole.weight", "whole.bias"), place.states().keySet());
        assertTrue(place.declarations().stream().filter(d -> !d.learned()).allMatch(d -> d.name().startsWith("inception.")));
        // The paper's 256 features: 768 * 256 for regions, 2048 * 256 + 256 for wholes.
        assertEquals(768 * 6 + 2048 * 6 + 6, place.states().values().stream().mapToLong(v -> v.shape().size()).sum());
    }
}
