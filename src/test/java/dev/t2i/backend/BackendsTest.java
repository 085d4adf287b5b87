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
        assertEquals(List.of("vector", "scalar"), offers.stream().map(Backends.Offer::name).toList());
        assertTrue(offers.stream().allMatch(Backends.Offer::available));
        assertTrue(Backends.get("vector", 3).description().endsWith("3 threads"), Backends.get("vector", 3).description());
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        String message = assertThrows(BadInputException.class, () -> Backends.get("cuda")).getMessage();
        assertTrue(message.contains("'cuda'") && message.contains("vector, scalar"), message);
    }
}
