package dev.t2i.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.TinyModel;
import dev.t2i.gan.ModelFolder;
import dev.t2i.safetensors.MalformedFilesTest;
import dev.t2i.safetensors.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged weights and configurations through the commands that read them. */
class DamagedModelTest {

    @TempDir
    private Path folder;
    private Path model;
    private Path encoder;

    @BeforeEach
    void aModel() {
        model = TinyModel.write(folder.resolve("tiny"));
        encoder = model.resolve(ModelFolder.ENCODER);
    }

    @Test
    void everyFileOfTheCorpusIsRefusedByEveryCommandThatReadsOne() throws IOException {
        Path out = folder.resolve("out");
        byte[] sound = Files.readAllBytes(encoder.resolve(Weights.SINGLE));
        for (byte[] content : MalformedFilesTest.corpus()) {
            Path weights = Files.write(model.resolve(Weights.SINGLE), content);
            CommandRun.of("model", "info", model.toString()).assertRefused(4, weights.toString());
            CommandRun.of("sample", "a house", "--model", model.toString(), "--out", out.toString()).assertRefused(4, weights.toString());
            CommandRun.of("fid", weights.toString(), weights.toString()).assertRefused(3, weights.toString());
            Path inEncoder = Files.write(encoder.resolve(Weights.SINGLE), content);
            CommandRun.of("encode", "a house", "--encoder", encoder.toString()).assertRefused(4, inEncoder.toString());
            Files.write(inEncoder, sound);
        }
        assertTrue(Files.notExists(out));
    }

    @Test
    void configurationsThatLieAreRefused() throws IOException {
        Path config = model.resolve("config.json");
        String sound = Files.readString(config);
        for (String lie : List.of("", "{", "[]", "null", "{}", "[".repeat(10_000), sound.replace("\"size\" : 16", "\"size\" : 32"),
                sound.replace("\"size\" : 16", "\"size\" : \"16\""), sound.replace("\"format\" : 1", "\"format\" : 2"),
                sound.replaceFirst("\\{", "{\"unknown\":1,"), sound.replaceFirst("\"width\" : 10", "\"width\" : 2147483647"))) {
            Files.writeString(config, lie);
            CommandRun.of("sample", "a house", "--model", model.toString()).assertRefused(4, config.toString());
        }
        Files.writeString(config, sound);
        Path vocabulary = encoder.resolve("vocab.json");
        for (String lie : List.of("", "{", "{\"a\":-1}", "{\"a\":0,\"b\":0}", "{\"a\":\"x\"}")) {
            Files.writeString(vocabulary, lie);
            CommandRun.of("encode", "a house", "--encoder", encoder.toString()).assertRefused(4, encoder.toString());
        }
    }

    @Test
    void weightsThatAreNotNumbersDrawNothing() throws IOException {
        Path weights = model.resolve(Weights.SINGLE);
        ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
        int data = Long.BYTES + (int) content.getLong(0);
        for (int at = data; at < content.capacity(); at += Short.BYTES) {
            content.putShort(at, (short) 0x7fff);
        }
        Files.write(weights, content.array());
        Path out = folder.resolve("a.png");
        CommandRun.of("sample", "a house", "--seed", "1", "--model", model.toString(), "--out", out.toString()).assertRefused(4, "not finite");
        assertTrue(Files.notExists(out));
    }
}
