package dev.t2i.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BadInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest {
    @Test
    void autoTakesTheFirstThatIsAvailable() {
        assertEquals("vector", Backends.get(Backends.AUTO).name());
        assertEquals("scalar", Backends.get("scalar").name());
    }

    @Test
    void listsWhatEachRunsOn() {
        List<Backends.Offer> offers = Backends.list();
        assertEquals(List.of("vector", "native", "scalar"), offers.subList(0, 3).stream().map(Backends.Offer::name).toList());
        for (Backends.Offer offer : offers.subList(0, 3)) {
            if (offer.name().equals("native")) {
                assertTrue(offer.description().startsWith(offer.available() ? "C kernels, " : "backend 'native'"), offer::toString);
            } else {
                assertTrue(offer.available(), offer::toString);
            }
        }
        // One that says why it is not there, or one for each device.
        assertTrue(offers.subList(3, offers.size()).stream().allMatch(offer -> offer.name().startsWith("tornado")), offers.toString());
        assertTrue(Backends.get("vector", 3).description().endsWith("3 threads"), Backends.get("vector", 3).description());
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        String message = assertThrows(BadInputException.class, () -> Backends.get("cuda")).getMessage();
        assertTrue(message.contains("'cuda'") && message.contains("vector, native, scalar"), message);
    }
}
