package dev.t2i.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.t2i.error.FileTrouble;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Large JSON files read as a stream: annotation files hold hundreds of megabytes of which a data set needs a tenth. */
final class JsonFiles {
    /** Takes a member of an object; the parser stands at its value, and has to stand at the value's end afterwards. */
    interface Member {
        void read(String name, JsonParser in) throws IOException;
    }

    /** Takes an item of a list; the parser stands at its first token, and has to stand at its last afterwards. */
    interface Item {
        void read(JsonParser in) throws IOException;
    }

    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonFiles() {}

    /** @throws DataException one line where the file can't be read, is cut off, or is no JSON object */
    static void read(Path file, Member members) {
        try (InputStream bytes = Files.newInputStream(file); JsonParser in = FACTORY.createParser(bytes)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw new DataException(file + ": is not a JSON object" + (in.currentToken() == null ? ", it is empty" : ""));
            }
            members(in, members);
        } catch (JsonEOFException e) {
            throw new DataException(file + ": ends in the middle, at line %d, column %d; it is cut off, fetch it again"
                    .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()), e);
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": is not JSON at line %d, column %d".formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()), e);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read, " + FileTrouble.reason(e), e);
        }
    }

    /** Reads the object at which the parser stands. */
    static void members(JsonParser in, Member members) throws IOException {
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String name = in.currentName();
            in.nextToken();
            members.read(name, in);
        }
    }

    /** Reads the list at which the parser stands; @throws DataException where it stands at something else. */
    static void items(Path file, String name, JsonParser in, Item items) throws IOException {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            throw new DataException(file + ": '" + name + "' is not a list");
        }
        while (in.nextToken() != JsonToken.END_ARRAY) {
            items.read(in);
        }
    }

    /** The string at which the parser stands; null, with everything inside skipped, where it is something else. */
    static String string(JsonParser in) throws IOException {
        if (in.currentToken() == JsonToken.VALUE_STRING) {
            return in.getText();
        }
        in.skipChildren();
        return null;
    }

    /** The whole number at which the parser stands; null, with everything inside skipped, where it is something else. */
    static Long number(JsonParser in) throws IOException {
        if (in.currentToken() == JsonToken.VALUE_NUMBER_INT && in.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            return in.getLongValue();
        }
        in.skipChildren();
        return null;
    }
}
