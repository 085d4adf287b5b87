package dev.t2i.data.scene;

import dev.t2i.data.DataException;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SceneJsonTest {
    @Test
    void scenesSurviveTheRoundTrip() {
        SceneSampler sampler = new SceneSampler(2, SceneSampler.Split.TRAIN);
        for (int i = 0; i < 500; i++) {
            Scene scene = sampler.scene(i);
            assertEquals(scene, SceneJson.read(SceneJson.write(scene)));
        }
    }

    @Test
    void faultsAreNamedInOneLine() {
        String thing = "{\"kind\":\"moon\",\"colour\":\"red\",\"size\":\"small\",\"place\":\"left\"}";
        refuse("{", "not JSON");
        refuse("{}", "'things'");
        refuse("{\"time\":\"night\",\"ground\":\"grass\",\"things\":[]}", "1 to 3 things");
        refuse("{\"time\":\"noon\",\"ground\":\"grass\",\"things\":[" + thing + "]}", "'time' is 'noon'");
        refuse("{\"time\":\"night\",\"ground\":\"grass\",\"things\":[" + thing + "," + thing + "]}", "distinct");
        refuse("{\"time\":\"night\",\"ground\":\"grass\",\"things\":[" + thing.replace("red", "black") + "]}", "cannot be");
        refuse("{\"time\":\"night\",\"ground\":\"grass\",\"things\":[" + thing + "],\"variation\":\"x\"}", "variation");
    }

    private static void refuse(String json, String reason) {
        String message = assertThrows(DataException.class, () -> SceneJson.read(json)).getMessage();
        assertTrue(message.contains(reason), message);
        assertFalse(message.contains("\n"), message);
    }
}
