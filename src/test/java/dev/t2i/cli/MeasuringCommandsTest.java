package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.TinyModel;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasuringCommandsTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    }

    @BeforeEach
    void features() {
        write("a.safetensors", 50, 4, 0);
        write("b.safetensors", 60, 4, 3);
        write("wide.safetensors", 60, 5, 0);
    }

    private void write(String name, int rows, int width, float shift) {
        CounterRandom random = new CounterRandom(9, rows, width);
        try (Arena arena = Arena.ofConfined()) {
            Tensor features = Tensor.allocate(arena, DType.F32, Shape.of(rows, width));
            for (int i = 0; i < rows * width; i++) {
                features.set(i, random.normal(i) + (i % width == 0 ? shift : 0));
            }
            new SafetensorsWriter().add("features", features).write(folder.resolve(name));
        }
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void distancesOfFeatureFiles() throws IOException {
        assertEquals(0, run("fid", at("a.safetensors"), at("b.safetensors"), "--save", at("a-statistics.safetensors"), "--json"), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(9, answer.path("FID[unknown]").asDouble(), 3);
        assertTrue(answer.path("KID[unknown]").asDouble() > 1, out::toString);
        assertEquals(0, run("fid", at("a-statistics.safetensors"), at("a.safetensors")), err::toString);
        assertTrue(out.toString().startsWith("FID[unknown]  0.0000"), out::toString);
    }

    @Test
    void whatCannotBeComparedIsRefusedInOneLine() {
        assertEquals(3, run("fid", at("a.safetensors"), at("wide.safetensors")));
        assertEquals(3, run("fid", at("a.safetensors"), at("none.safetensors")));
        assertEquals(3, run("fid", at("a.safetensors"), at("b.safetensors"), "--save", at("a.safetensors")));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals("", out.toString());
    }

    @Test
    void evalSaysWhatItDoesNotMeasure() {
        assertEquals(2, run("eval", "--metrics", "attributes,is"));
        assertTrue(err.toString().contains("not measured by this version"), err::toString);
        assertEquals(2, run("eval", "--metrics", "beauty"));
        assertEquals(3, run("eval", "--data", "scenes:?split=train"));
        assertEquals(4, run("eval", "--model", at("none")));
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    @Test
    void evalOfAnUntrainedModel() throws IOException {
        Path model = new TinyModel(16, 1, 120, List.of(12, 8, 6), DType.F16).writeTo(folder.resolve("tiny"));
        assertEquals(0, run("eval", "--model", model.toString(), "--samples", "5", "--json"), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(5, answer.at("/attributes/seen/wholly_right/count").asInt(), out::toString);
        assertEquals(0, answer.at("/attributes/held_out/wholly_right/right").asInt(), "noise obeys nobody");
        assertTrue(answer.at("/attributes/held_out_real/all/value").asDouble() > 0.9, out::toString);
        JsonNode frechet = answer.path("distances").path("FID[t2i-recogniser-64]");
        assertTrue(frechet.path("value").asDouble() > frechet.path("real").asDouble(), out::toString);
        assertEquals(0, run("eval", "--model", model.toString(), "--samples", "5", "--metrics", "attributes"), err::toString);
        assertTrue(out.toString().contains("wholly right"), out::toString);
    }
}
