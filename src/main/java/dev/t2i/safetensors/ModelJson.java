package dev.t2i.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.t2i.error.BadModelException;
import dev.t2i.error.FileTrouble;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The JSON files that lie beside a model's weights, read with bounds, without duplicate keys, and with one-line errors. */
public final class ModelJson {
    private static final int DEEPEST = 32;
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build()).build())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ModelJson() {
    }

    /**
     * Reads a file that holds one JSON object in UTF-8.
     *
     * @param longest the most bytes that such a file may have
     * @throws BadModelException when it is missing, too long or malformed
     */
    public static JsonNode readObject(Path file, long longest) {
        try (Reader text = new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8.newDecoder())) {
            if (Files.size(file) > longest) {
                throw wrong(file, "is %d bytes long, more than %d".formatted(Files.size(file), longest), null);
            }
            JsonNode root = JSON.readTree(text);
            if (!root.isObject()) {
                throw wrong(file, "is not a JSON object", null);
            }
            return root;
        } catch (NoSuchFileException e) {
            throw wrong(file, "there is no such file", e);
        } catch (CharacterCodingException e) {
            throw wrong(file, "is not valid UTF-8", e);
        } catch (JsonProcessingException e) {
            String reason = reason(e);
            String where = e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
            throw wrong(file, "is not valid JSON%s: %s".formatted(where, reason), e);
        } catch (IOException e) {
            throw wrong(file, "cannot be read: " + FileTrouble.reason(e), e);
        }
    }

    /** What is wrong, without the names of settings and sources that the parser adds for programmers. */
    static String reason(JsonProcessingException e) {
        return e.getOriginalMessage().lines().findFirst().orElse("syntax error")
                .replaceFirst(" \\(start marker at.*", "").replaceFirst(", from `[^`]*`", "");
    }

    private static BadModelException wrong(Path file, String problem, Throwable cause) {
        return new BadModelException(file + ": " + problem, cause);
    }
}
