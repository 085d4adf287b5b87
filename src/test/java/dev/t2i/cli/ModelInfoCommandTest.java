package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInfoCommandTest {

    @TempDir
    Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void partsAreCountedFromTheirHeaders() throws Exception {
        Files.writeString(folder.resolve("config.json"), "{\"resolution\": 64}");
        write(folder.resolve("model.safetensors"), DType.F16);
        Files.createDirectory(folder.resolve("encoder"));
        write(folder.resolve("encoder/model.safetensors"), DType.F32);
        assertEquals(0, info("--json"));
        var json = new ObjectMapper().readTree(out.toString());
        assertEquals(64, json.path("config").path("resolution").asInt());
        assertEquals("""
                [{"name":"generator","parameters":10,"tensors":2,"types":["F16"],"bytes":20},\
                {"name":"encoder","parameters":10,"tensors":2,"types":["F32"],"bytes":40}]""", json.path("parts").toString());
        assertEquals(0, info());
        assertTrue(out.toString().contains("10 parameters in 2 tensors, F16, 0.0 MB"), out::toString);
    }

    @Test
    void whatIsNoModelIsCodeFour() throws Exception {
        refused("config.json");
        Files.writeString(folder.resolve("config.json"), "{\"resolution\": ");
        refused("config.json");
        Files.writeString(folder.resolve("config.json"), "{}");
        refused("model.safetensors");
        Files.writeString(folder.resolve("model.safetensors"), "short");
        refused("model.safetensors");
        Files.delete(folder.resolve("model.safetensors"));
        Files.delete(folder.resolve("config.json"));
        Files.delete(folder);
        refused("there is no such folder");
    }

    private void refused(String word) {
        err.getBuffer().setLength(0);
        assertEquals(4, info(), word);
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().startsWith("t2i model info: ") && err.toString().contains(word), err::toString);
        assertEquals("", out.toString());
    }

    private static void write(Path file, DType stored) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            new SafetensorsWriter()
                    .add("weight", Tensor.allocate(arena, DType.F32, Shape.of(2, 4)), stored)
                    .add("bias", Tensor.allocate(arena, DType.F32, Shape.of(2)), stored)
                    .write(file);
        }
    }

    private int info(String... more) {
        String[] args = new String[more.length + 3];
        args[0] = "model";
        args[1] = "info";
        args[2] = folder.toString();
        System.arraycopy(more, 0, args, 3, more.length);
        return Main.run(args, new PrintWriter(out), new PrintWriter(err));
    }
}
