package dev.t2i;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TextToImage.Request;
import dev.t2i.backend.Backend;
import dev.t2i.backend.Session;
import dev.t2i.backend.scalar.ScalarBackend;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.error.BackendException;
import dev.t2i.error.BadInputException;
import dev.t2i.error.BadModelException;
import dev.t2i.gan.ModelConfig;
import dev.t2i.graph.Graph;
import dev.t2i.image.Picture;
import dev.t2i.tensor.DType;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class TextToImageTest {

    private static final List<String> PROMPTS = List.of("a red house", "A red house!", "two boats under the moon, at night", "x",
            "a bird above the mountain in the water");

    @TempDir
    static Path folder;
    private static Path tiny;

    @BeforeAll
    static void aModel() {
        tiny = TinyModel.write(folder.resolve("tiny"));
    }

    @Test
    void aPictureHasTheSameBytesHoweverItIsDrawn() {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 23; i++) {
            requests.add(new Request(PROMPTS.get(i % PROMPTS.size()), (long) i << 33 | i * 7L - 40));
        }
        List<Picture> alone = new ArrayList<>();
        try (TextToImage model = TextToImage.open(tiny, new VectorBackend(1))) {
            requests.forEach(request -> alone.add(model.draw(request.prompt(), request.seed())));
        }
        for (int threads = 1; threads <= 3; threads++) {
            try (TextToImage model = TextToImage.open(tiny, new VectorBackend(threads))) {
                for (int count : new int[] {23, 3, 7}) { // batches of 16, 4 and 1 in several mixtures
                    assertEquals(alone.subList(0, count), model.draw(requests.subList(0, count), 1), count + " on " + threads);
                }
            }
        }
    }

    @Test
    void largerNetworksDrawTheSameInBatchesToo() {
        // Wide enough for every kind of kernel: packed products, several panels, more than one task a layer.
        Path wide = new TinyModel(64, 2, 24, List.of(72, 72, 40, 24), DType.F16).writeTo(folder.resolve("wide"));
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            requests.add(new Request(PROMPTS.get(i % PROMPTS.size()), i));
        }
        try (TextToImage one = TextToImage.open(wide, new VectorBackend(1)); TextToImage two = TextToImage.open(wide, new VectorBackend(2))) {
            List<Picture> together = two.draw(requests, 0.7);
            for (int i = 0; i < requests.size(); i++) {
                assertEquals(one.draw(List.of(requests.get(i)), 0.7).getFirst(), together.get(i), "picture " + i);
            }
            assertEquals(together.subList(0, 4), one.draw(requests.subList(0, 4), 0.7));
        }
    }

    @Test
    void promptSeedAndTruncationMatter() {
        try (TextToImage model = TextToImage.open(tiny, new VectorBackend(2))) {
            Picture picture = model.draw("a red house", 1);
            assertEquals(16, picture.width());
            assertEquals(16, picture.height());
            assertEquals(picture, model.draw(" A  \"red\" house. ", 1));
            assertNotEquals(picture, model.draw("a green tree", 1));
            assertNotEquals(picture, model.draw("a red house", 2));
            assertNotEquals(picture, model.draw("a red house", 1L << 32 | 1));
            List<Request> both = List.of(new Request("a red house", 1), new Request("a red house", 2));
            List<Picture> still = model.draw(both, 0);
            assertEquals(still.get(0), still.get(1));
            assertEquals(List.of(), model.draw(List.of(), 1));
        }
    }

    @Test
    void whoeverTakesAPictureMayDrawOthersMeanwhile() {
        List<Request> some = Stream.of(1, 2, 3, 4).map(seed -> new Request("a red house", seed)).toList();
        List<Request> others = Stream.of(5, 6, 7, 8).map(seed -> new Request("a green tree", seed)).toList();
        try (TextToImage model = TextToImage.open(tiny, new VectorBackend(1))) {
            List<Picture> expected = model.draw(some, 1);
            List<Picture> drawn = new ArrayList<>();
            model.draw(some, 1, (picture, _) -> {
                drawn.add(picture);
                model.draw(others, 1);
            });
            assertEquals(expected, drawn);
        }
    }

    @Test
    void aModelThatCannotDrawManyAtOnceStillDrawsFewer() {
        try (TextToImage model = TextToImage.open(tiny, new NarrowBackend(4)); TextToImage wide = TextToImage.open(tiny, new VectorBackend(1))) {
            List<Request> requests = Collections.nCopies(16, new Request("a red house", 1));
            assertThrows(BackendException.class, () -> model.draw(requests, 1));
            assertEquals(wide.draw(requests.subList(0, 4), 1), model.draw(requests.subList(0, 4), 1));
            assertThrows(BackendException.class, () -> model.draw(requests, 1));
        }
    }

    /** Has room for so many rows alone, and says so when it has already compiled some of what it is asked for. */
    private record NarrowBackend(int most) implements Backend {
        private static final Backend REAL = new VectorBackend(1);

        @Override
        public String name() {
            return REAL.name();
        }

        @Override
        public String description() {
            return REAL.description();
        }

        @Override
        public Session open() {
            Session session = REAL.open();
            return (Session) Proxy.newProxyInstance(Session.class.getClassLoader(), new Class<?>[] {Session.class}, (_, method, arguments) -> {
                if (method.getName().equals("compile") && ((Graph) arguments[0]).outputs().values().stream().anyMatch(value -> value.shape().rank() == 4 && value.dim(0) > most)) {
                    throw new BackendException("too many rows");
                }
                try {
                    return method.invoke(session, arguments);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });
        }
    }

    @Test
    void aClosedModelSaysSoWhateverItIsAsked() {
        TextToImage model = TextToImage.open(tiny, new VectorBackend(1));
        model.close();
        for (Executable asked : List.<Executable>of(model::identity, () -> model.draw("a house", 1))) {
            assertEquals("this model is closed", assertThrows(IllegalStateException.class, asked).getMessage());
        }
    }

    @Test
    void backendsAgreeUpToRounding() {
        try (TextToImage vector = TextToImage.open(tiny, new VectorBackend(2)); TextToImage scalar = TextToImage.open(tiny, new ScalarBackend())) {
            byte[] expected = scalar.draw(PROMPTS.getFirst(), 3).rgb();
            byte[] actual = vector.draw(PROMPTS.getFirst(), 3).rgb();
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i] & 255, actual[i] & 255, 1, "byte " + i);
            }
        }
    }

    @Test
    void badRequestsAreRefusedInOneLineBeforeAnythingIsDrawn() {
        try (TextToImage model = TextToImage.open(tiny, new VectorBackend(1))) {
            for (String empty : new String[] {"", "  \n", "\"\"", "...", "\t!"}) {
                refused(model, List.of(empty), 1, "the prompt is empty");
            }
            refused(model, List.of("a house", " "), 1, "prompt 2 is empty");
            List<Request> repeated = Stream.of("a house", "a house", " ").map(prompt -> new Request(prompt, 1)).toList();
            refused(model, List.of("a house", "a house", " "), 1, "prompt 3 is empty");
            String message = assertThrows(BadInputException.class, () -> model.requireDrawable(repeated)).getMessage();
            assertTrue(message.contains("prompt 3 is empty"), message);
            refused(model, List.of("a\0b"), 1, "NUL");
            String novel = "unheard ".repeat(10_000);
            String lengthy = refused(model, List.of(novel), 1, "about 10000 words");
            assertTrue(lengthy.contains("takes at most 16") && lengthy.length() < 200, lengthy);
            refused(model, List.of(".".repeat(200_000) + "a"), 1, "takes at most 16");
            for (double truncation : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY, 5}) {
                refused(model, List.of("a house"), truncation, "truncation is");
            }
        }
    }

    private static String refused(TextToImage model, List<String> prompts, double truncation, String words) {
        List<Request> requests = prompts.stream().map(prompt -> new Request(prompt, 1)).toList();
        String message = assertThrows(BadInputException.class,
                () -> model.draw(requests, truncation, (_, _) -> assertTrue(false, "drawn"))).getMessage();
        assertTrue(message.contains(words) && message.lines().count() == 1, message);
        return message;
    }

    @Test
    void wordsItNeverMetAreNamed() {
        try (TextToImage model = TextToImage.open(tiny, new VectorBackend(1))) {
            assertEquals(List.of("dragon", "huose"), model.unknownWords("A dragon, a red huose, a DRAGON; two boats!"));
            assertEquals(List.of(), model.unknownWords("a Yellow bird"));
            assertEquals(Optional.of("house"), model.nearestWord("houses"));
            assertEquals(Optional.of("mountain"), model.nearestWord("moutnain"));
            assertEquals(Optional.empty(), model.nearestWord("dragon"));
            assertEquals("tiny", model.config().name());
            assertTrue(model.identity().matches("tiny [0-9a-f]{8}"), model.identity());
        }
    }

    @Test
    void aModelInsideAnArchiveDrawsTheSame() throws IOException {
        Path archive = folder.resolve("model.zip");
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true")); Stream<Path> files = Files.walk(tiny)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path inside = zip.getPath("/model").resolve(tiny.relativize(file).toString());
                Files.createDirectories(inside.getParent());
                Files.copy(file, inside);
            }
        }
        TextToImage packed;
        try (FileSystem zip = FileSystems.newFileSystem(archive)) {
            packed = TextToImage.open(zip.getPath("/model"), new VectorBackend(1));
        }
        try (TextToImage model = packed; TextToImage plain = TextToImage.open(tiny, new VectorBackend(1))) {
            assertEquals(plain.identity(), model.identity());
            assertArrayEquals(plain.draw("a red house", 5).rgb(), model.draw("a red house", 5).rgb());
        }
    }

    @Test
    void brokenModelsAreRefused() throws IOException {
        refused(folder.resolve("nothing"), "no such model folder");
        Path broken = TinyModel.write(folder.resolve("broken"));
        Path config = broken.resolve(ModelConfig.FILE);
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"tokens\" : 16", "\"tokens\" : 17"));
        refused(broken, "too few for prompts of 17");
        Files.writeString(config, text.replace("\"hidden_width\" : 12", "\"hidden_width\" : 14"));
        refused(broken, "model.safetensors");
        Files.writeString(config, text);
        Files.write(broken.resolve("model.safetensors"), new byte[20]);
        refused(broken, "model.safetensors");
        Files.delete(broken.resolve("encoder/merges.txt"));
        refused(broken, "merges.txt");
    }

    private static void refused(Path model, String words) {
        String message = assertThrows(BadModelException.class, () -> TextToImage.open(model, new VectorBackend(1))).getMessage();
        assertTrue(message.contains(words) && message.lines().count() == 1, message);
    }

    @Test
    void aClosedModelSaysSo() {
        TextToImage model = TextToImage.open(tiny, new VectorBackend(2));
        model.draw("a house", 1);
        model.close();
        model.close();
        assertFalse(assertThrows(IllegalStateException.class, () -> model.draw("a house", 1)).getMessage().isEmpty());
    }
}
