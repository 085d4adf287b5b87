package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.TinyModel;
import dev.t2i.gan.MatchingConfig;
import dev.t2i.gan.ModelConfig;
import dev.t2i.gan.ModelFolder;
import dev.t2i.graph.Graph;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsFile;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.CounterRandom;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        for (List<String> more : List.of(List.of(at("wide.safetensors")), List.of(at("none.safetensors")),
                List.of(at("b.safetensors"), "--save", at("a.safetensors")))) {
            List<String> args = new ArrayList<>(List.of("fid", at("a.safetensors")));
            args.addAll(more);
            assertEquals(3, run(args.toArray(String[]::new)), more::toString);
            assertEquals(1, err.toString().lines().count(), err::toString);
            assertEquals("", out.toString());
        }
    }

    @Test
    void statisticsOfPytorchFid() throws IOException {
        Path published = Path.of("src/test/resources/metric/statistics.npz");
        Path features = folder.resolve("same.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter().add("features", SafetensorsFile.open(Path.of("src/test/resources/metric/distances.safetensors"), arena).tensor("a")).write(features);
        }
        assertEquals(0, run("fid", published.toString(), features.toString(), "--json"), err::toString);
        assertEquals(0, new ObjectMapper().readTree(out.toString()).path("FID[unknown]").asDouble(), 1e-9);
        assertTrue(err.toString().contains("KID is left out"), err::toString);
        for (String metrics : List.of("pr", "fid, PR", "kid")) {
            assertEquals(2, run("fid", published.toString(), features.toString(), "--metrics", metrics), metrics);
            assertTrue(err.toString().contains(published + " has statistics alone"), err::toString);
        }
        assertEquals(2, run("fid", folder.toString(), published.toString(), "--metrics", "pr"), "before anything is read");
        Path cut = Files.write(folder.resolve("cut.npz"), Arrays.copyOf(Files.readAllBytes(published), 600));
        assertEquals(3, run("fid", cut.toString(), features.toString()));
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    @Test
    void precisionAndRecallOfFeatureFiles() throws IOException {
        write("far.safetensors", 60, 4, 30);
        assertEquals(0, run("fid", at("a.safetensors"), at("far.safetensors"), "--metrics", "pr,fid", "--json"), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(0, answer.path("precision[unknown]").asDouble(-1), out::toString);
        assertTrue(answer.has("recall[unknown]") && answer.has("coverage[unknown]") && !answer.has("KID[unknown]"), out::toString);
        write("few.safetensors", 4, 4, 0);
        assertEquals(0, run("fid", at("a.safetensors"), at("few.safetensors")), err::toString);
        assertTrue(err.toString().contains("4 pictures are too few for 4 features"), err::toString);
    }

    @Test
    void networksAreChosenByName() throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        for (int i = 0; i < 2; i++) {
            Png.write(Picture.blank(8, 8), Map.of(), pictures.resolve(i + ".png"), false);
        }
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter().add("fc.weight", Tensor.allocate(arena, DType.F32, Shape.of(1000, 2048))).write(folder.resolve("torchvision.safetensors"));
        }
        String weights = at("torchvision.safetensors");
        assertEquals(4, run("fid", pictures.toString(), pictures.toString(), "--no-cache", "--features", "inception:" + weights));
        assertTrue(err.toString().contains("these are the weights of torchvision's inception_v3"), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(4, run("eval", "--metrics", "fid", "--samples", "4", "--no-cache", "--features", "inception:" + weights));
        assertEquals(4, run("fid", pictures.toString(), pictures.toString(), "--no-cache", "--features", "inception:" + at("none.safetensors")));
        assertEquals(2, run("fid", at("a.safetensors"), at("b.safetensors"), "--features", "vgg:" + weights));
        assertEquals(2, run("fid", at("a.safetensors"), at("b.safetensors"), "--features", "inception"));
        assertEquals(2, run("fid", at("a.safetensors"), at("b.safetensors"), "--resize", "clean"), "the recogniser has its own way");
        assertEquals(2, run("fid", at("a.safetensors"), at("b.safetensors"), "--features", "inception:" + weights, "--resize", "nearest"));
        assertTrue(err.toString().contains("none of clean, pillow, pillow-bilinear, pytorch, tensorflow"), err::toString);
    }

    @Test
    void evalSaysWhatItDoesNotMeasure() throws IOException {
        assertEquals(2, run("eval", "--metrics", "beauty"));
        assertTrue(err.toString().contains("attributes, fid, kid, is, pr, rprecision, diversity"), err::toString);
        assertEquals(3, run("eval", "--data", "scenes:?split=train"));
        assertEquals(4, run("eval", "--model", at("none")));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(4, run("eval", "--metrics", "rprecision", "--samples", "4", "--evaluator", at("none")));
        Path model = new TinyModel(16, 1, 120, List.of(12, 8, 6), DType.F16).writeTo(folder.resolve("tiny"));
        assertEquals(3, run("eval", "--model", model.toString(), "--metrics", "rprecision", "--samples", "4", "--evaluator", teacher(model).toString()));
        assertTrue(err.toString().contains("shares weights with the model"), err::toString);
    }

    /** A matching model with the encoder and the adapter of a text-to-image model, as one that it was trained with has. */
    private Path teacher(Path model) throws IOException {
        Path teacher = Files.createDirectory(folder.resolve("teacher"));
        ModelFolder.copyEncoder(model.resolve(ModelFolder.ENCODER), teacher.resolve(ModelFolder.ENCODER));
        MatchingConfig config = new MatchingConfig(1, 16, ModelConfig.read(model).text(), List.of(4, 6, 8), 0, Optional.empty());
        config.write(teacher);
        try (Arena arena = Arena.ofConfined()) {
            Graph graph = new Graph();
            Parameters image = Parameters.of(graph, MatchingConfig.IMAGE);
            config.buildImageEncoder().encode(image, graph.fill(0, Shape.of(1, 16, 16, 3)));
            SafetensorsWriter writer = new SafetensorsWriter();
            Parameters.initialize(image.declarations(), 1, arena).forEach((name, tensor) -> writer.add(MatchingConfig.IMAGE + "." + name, tensor));
            SafetensorsFile own = SafetensorsFile.open(model.resolve("model.safetensors"), arena);
            own.names().stream().filter(name -> name.startsWith(ModelFolder.ADAPTER)).forEach(name -> writer.add(name, own.tensor(name)));
            writer.write(teacher.resolve("model.safetensors"));
        }
        return teacher;
    }

    @Test
    void dataThatStateNothingHaveNoAttributes() throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("captioned"));
        for (int i = 0; i < 12; i++) {
            Png.write(Picture.blank(8 + i, 8), Map.of(), pictures.resolve(i + ".png"), false);
            Files.writeString(pictures.resolve(i + ".txt"), "a red house " + i);
        }
        Path model = new TinyModel(16, 1, 120, List.of(12, 8, 6), DType.F16).writeTo(folder.resolve("tiny"));
        String data = "folder:" + pictures;
        assertEquals(3, run("eval", "--model", model.toString(), "--data", data, "--samples", "12", "--no-cache"));
        assertTrue(err.toString().contains("attributes are measured on scenes: alone"), err::toString);
        assertEquals(3, run("eval", "--model", model.toString(), "--data", data, "--samples", "12", "--no-cache", "--metrics", "rprecision"));
        assertTrue(err.toString().contains("the evaluator that ships knows scenes: alone"), err::toString);
        assertEquals(0, run("eval", "--model", model.toString(), "--data", data, "--samples", "12", "--metrics", "fid,kid,is,pr,diversity", "--json",
                "--cache", at("kept")), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertTrue(answer.at("/scores/IS[t2i-recogniser-64]/value").asDouble() >= 1, out::toString);
        assertTrue(answer.at("/scores/diversity[t2i-recogniser-64]/value").asDouble() >= 0, out::toString);
        assertTrue(answer.at("/distances/FID[t2i-recogniser-64]/warning").asText().contains("too few"), out::toString);
        assertEquals(0, run("eval", "--model", model.toString(), "--data", data, "--samples", "12", "--metrics", "fid", "--cache", at("kept")), err::toString);
        assertTrue(err.toString().contains("come from the cache"), err::toString);
    }

    @Test
    void theSplitThatWasNotTrainedOnIsMeasured() throws IOException {
        Path data = folder.resolve("split");
        for (String split : List.of("train", "test")) {
            Path part = Files.createDirectories(data.resolve(split));
            for (int i = 0; i < (split.equals("train") ? 20 : 6); i++) {
                Png.write(Picture.blank(8 + i, 8), Map.of(), part.resolve(i + ".png"), false);
                Files.writeString(part.resolve(i + ".txt"), "a red house " + i);
            }
        }
        String model = new TinyModel(16, 1, 120, List.of(12, 8, 6), DType.F16).writeTo(folder.resolve("tiny")).toString();
        assertEquals(0, run("eval", "--model", model, "--data", "folder:" + data, "--samples", "6", "--metrics", "kid", "--no-cache", "--json"), err::toString);
        assertEquals("folder:" + data + "?split=test", new ObjectMapper().readTree(out.toString()).path("data").asText());
        assertTrue(err.toString().contains("measured on folder:" + data + "?split=test"), err::toString);
        assertEquals(3, run("eval", "--model", model, "--data", "folder:" + data, "--samples", "7", "--metrics", "kid", "--no-cache"), "the split has six");
        assertEquals(0, run("eval", "--model", model, "--data", "folder:" + data + "?split=train", "--samples", "7", "--metrics", "kid", "--no-cache"), err::toString);
    }

    @Test
    void whatNothingIsMeasuredWithIsRefused() {
        assertEquals(2, run("eval", "--metrics", "fid", "--evaluator", at("none")));
        assertEquals(2, run("eval", "--metrics", "fid", "--features", "inception:" + at("none.safetensors"), "--recogniser", at("none")));
        assertEquals(2, run("fid", at("a.safetensors"), at("b.safetensors"), "--features", "inception:" + at("none.safetensors"), "--recogniser", at("none")));
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    @Test
    void evalOfAnUntrainedModel() throws IOException {
        Path model = new TinyModel(16, 1, 120, List.of(12, 8, 6), DType.F16).writeTo(folder.resolve("tiny"));
        assertEquals(0, run("eval", "--model", model.toString(), "--samples", "5", "--no-cache", "--json"), err::toString);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(5, answer.at("/attributes/seen/wholly_right/count").asInt(), out::toString);
        assertEquals(0, answer.at("/attributes/held_out/wholly_right/right").asInt(), "noise obeys nobody");
        assertTrue(answer.at("/attributes/held_out_real/all/value").asDouble() > 0.9, out::toString);
        JsonNode frechet = answer.path("distances").path("FID[t2i-recogniser-64]");
        assertTrue(frechet.path("value").asDouble() > frechet.path("real").asDouble(), out::toString);
        assertEquals(0, run("eval", "--model", model.toString(), "--samples", "5", "--metrics", "attributes,rprecision"), err::toString);
        assertTrue(out.toString().contains("wholly right") && out.toString().contains("R-precision[t2i-evaluator-64]"), out::toString);
    }
}
