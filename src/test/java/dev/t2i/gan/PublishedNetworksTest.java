package dev.t2i.gan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Initializer;
import dev.t2i.nn.Mode;
import dev.t2i.nn.NetworkFixture;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published architectures beside the same in PyTorch, and their sizes beside the published ones. */
class PublishedNetworksTest {
    private static TextCondition text(NetworkFixture fixture, boolean words) {
        Value sentence = fixture.input("sentence");
        return new TextCondition(sentence, words ? Optional.of(words(fixture.input("states"), fixture.input("mask"))) : Optional.empty());
    }

    private static TextCondition.Words words(Value states, Value mask) {
        return new TextCondition.Words(states, states, mask);
    }

    private static void check(NetworkFixture fixture, Generator generator, Mode mode) {
        TextCondition text = text(fixture, generator.usesWords());
        Painting painting = generator.paintAll(fixture.place(), fixture.input("latent"), text, mode);
        assertEquals(generator.sizes(), painting.pictures().stream().map(p -> p.dim(1)).toList());
        assertEquals(generator.toldWidth(), generator.told(fixture.place(), text.sentence()).dim(1));
        Map<String, Value> outputs = new LinkedHashMap<>();
        for (int i = 0; i < painting.pictures().size(); i++) {
            outputs.put(painting.pictures().size() == 1 ? "picture" : "picture" + i, painting.pictures().get(i));
        }
        painting.augmentation().ifPresent(distribution -> {
            outputs.put("mean", distribution.mean());
            outputs.put("log_variance", distribution.logVariance());
        });
        fixture.check(outputs);
    }

    @Test
    void stackGanStageOne() {
        Generator generator = new StackGanGenerator(3, 2, 5, List.of(8, 4, 2), Optional.empty());
        check(new NetworkFixture("stackgan stage 1"), generator, Mode.TRAINING);
        check(new NetworkFixture("stackgan stage 1 in use"), generator, Mode.INFERENCE);
    }

    @Test
    void stackGanStageTwo() {
        check(new NetworkFixture("stackgan stage 2"), new StackGanGenerator(3, 2, 5, List.of(4, 2), Optional.of(1)), Mode.TRAINING);
    }

    @Test
    void stackGanTree() {
        check(new NetworkFixture("stackgan tree"), new StackGanTreeGenerator(3, 2, 5, List.of(8, 4), 3, 1), Mode.TRAINING);
    }

    @Test
    void attnGan() {
        check(new NetworkFixture("attngan"), new AttnGanGenerator(3, 2, 5, List.of(8, 4), 3, 1), Mode.TRAINING);
    }

    @Test
    void transformer() {
        check(new NetworkFixture("transformer"), new TransformerGenerator(8, 3, 2, 5, 8, 2, 4, 3), Mode.TRAINING);
    }

    @Test
    void stackedDiscriminator() {
        NetworkFixture fixture = new NetworkFixture("stacked discriminator");
        Discriminator network = new StackedDiscriminator(3, 2, 16, 16, false, StackedDiscriminator.Normalization.BATCH, Initializer.ZEROS);
        Value features = network.features(fixture.place(), fixture.input("pictures"));
        assertEquals(Optional.empty(), network.unconditional(fixture.place(), features));
        fixture.check(Map.of("fitting", network.logits(fixture.place(), features, fixture.input("text"))));
    }

    @Test
    void stackedDiscriminatorThatLooksAtEachPictureAlone() {
        NetworkFixture fixture = new NetworkFixture("stacked discriminator with layer norm");
        Discriminator network = new StackedDiscriminator(3, 2, 16, 16, false, StackedDiscriminator.Normalization.LAYER, Initializer.ZEROS);
        Value features = network.features(fixture.place(), fixture.input("pictures"));
        fixture.check(Map.of("fitting", network.logits(fixture.place(), features, fixture.input("text"))));
    }

    @Test
    void stackedDiscriminatorOfLargePictures() {
        NetworkFixture fixture = new NetworkFixture("stacked discriminator of large pictures");
        Discriminator network = new StackedDiscriminator(3, 2, 32, 8, true, StackedDiscriminator.Normalization.BATCH, Initializer.ZEROS);
        Value features = network.features(fixture.place(), fixture.input("pictures"));
        fixture.check(Map.of("fitting", network.logits(fixture.place(), features, fixture.input("text")),
                "alone", network.unconditional(fixture.place(), features).orElseThrow()));
    }

    private static long count(Generator generator, int wordWidth) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "g");
        Value states = graph.fill(0, Shape.of(2, 3, wordWidth));
        generator.paintAll(place, graph.fill(0, Shape.of(2, generator.latentWidth())), new TextCondition(
                graph.fill(0, Shape.of(2, generator.textWidth())), Optional.of(words(states, graph.fill(1, Shape.of(2, 3))))), Mode.TRAINING);
        return place.count();
    }

    private static long count(int textWidth, int width, int size, boolean alone) {
        Graph graph = new Graph();
        Parameters place = Parameters.of(graph, "d");
        Discriminator network = new StackedDiscriminator(textWidth, width, size, 64, alone, StackedDiscriminator.Normalization.BATCH, Initializer.ZEROS);
        Value features = network.features(place, graph.fill(0, Shape.of(2, size, size, 3)));
        network.logits(place, features, graph.fill(0, Shape.of(2, textWidth)));
        network.unconditional(place, features);
        return place.count();
    }

    private static void assertMillions(double published, long counted) {
        assertEquals(published, Math.round(counted / 1e5) / 10.0, 1e-9, counted + " parameters");
    }

    @Test
    void publishedSizesOfStackGan() {
        List<Integer> channels = List.of(1536, 768, 384, 192, 96);
        long first = count(new StackGanGenerator(100, 128, 1024, channels, Optional.empty()), 1);
        assertMillions(20.0, first);
        assertMillions(12.4, count(128, 96, 64, false));
        assertMillions(37.1, count(new StackGanGenerator(100, 128, 1024, channels, Optional.of(2)), 1) - first);
        assertMillions(159.9, count(128, 96, 256, true));
    }

    @ParameterizedTest
    @CsvSource({"32, 2, 64, 7.1, 97.6", "48, 3, 96, 13.8, 217"})
    void publishedSizesOfAttnGan(int gf, int residuals, int df, double generator, double discriminators) {
        assertMillions(generator, count(new AttnGanGenerator(100, 100, 256, List.of(16 * gf, 8 * gf, 4 * gf, 2 * gf, gf), 3, residuals), 256));
        long judges = count(256, df, 64, true) + count(256, df, 128, true) + count(256, df, 256, true);
        assertEquals(discriminators, judges / 1e6, discriminators == Math.rint(discriminators) ? 0.5 : 0.05);
    }
}
