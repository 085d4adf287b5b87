package dev.t2i;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TextToImage.Request;
import dev.t2i.backend.vector.VectorBackend;
import dev.t2i.image.Picture;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The model that ships, as whoever clones the program meets it. */
class DefaultModelTest {
    private static final String PROMPT = "a red house under a yellow moon";

    @Test
    void theModelThatShipsDrawsWhatItIsAskedFor() {
        List<Request> four = List.of(new Request(PROMPT, 7), new Request("a blue boat on the sea at night", 7),
                new Request("two green trees", 8), new Request(PROMPT, 9));
        try (TextToImage model = TextToImage.openDefault(new VectorBackend(2))) {
            Picture alone = model.draw(PROMPT, 7);
            assertEquals(128, alone.width());
            List<Picture> together = model.draw(four, model.config().truncation());
            assertEquals(alone, together.getFirst(), "alone and among four");
            int red = 0;
            int yellow = 0;
            for (int y = 0; y < alone.height(); y++) {
                for (int x = 0; x < alone.width(); x++) {
                    int r = alone.value(x, y, 0);
                    int g = alone.value(x, y, 1);
                    int b = alone.value(x, y, 2);
                    red += r > 140 && g < 100 && b < 100 ? 1 : 0;
                    yellow += r > 180 && g > 150 && b < 120 ? 1 : 0;
                }
            }
            assertTrue(red > 100 && yellow > 50, red + " red pixels and " + yellow + " yellow ones");
        }
    }
}
