package dev.t2i.nn;

import dev.t2i.graph.Value;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers with parameters against PyTorch, see {@link NetworkFixture}. */
class LayerFixturesTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lstmStandsStillAtPadding(boolean bidirectional) {
        NetworkFixture fixture = new NetworkFixture(bidirectional ? "lstm both ways" : "lstm");
        Lstm.Result result = new Lstm(3, bidirectional).run(fixture.place(), fixture.input("x"), fixture.input("mask"));
        fixture.check(Map.of("outputs", result.outputs(), "last", result.last()));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void batchNormOfVectorsAndPictures(Mode mode) {
        NetworkFixture fixture = new NetworkFixture(mode == Mode.TRAINING ? "batch norm in training" : "batch norm in use");
        Value first = Layers.batchNorm(fixture.place().at("vectors"), fixture.input("vectors"), mode);
        // Twice in one step: the second pass finds the statistics that the first left.
        Value second = Layers.batchNorm(fixture.place().at("vectors"), fixture.input("more"), mode);
        Value pictures = Layers.batchNorm(fixture.place().at("pictures"), fixture.input("pictures"), mode);
        fixture.check(Map.of("first", first, "second", second, "pictures", pictures));
    }

    @Test
    void transposedConvolution() {
        NetworkFixture fixture = new NetworkFixture("transposed convolution");
        fixture.check(Map.of("y", Layers.convTranspose2d(fixture.place().at("up"), fixture.input("x"), 3, 4, 2, 1, Initializer.ZEROS)));
    }
}
