package dev.t2i.data.scene;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.t2i.data.DataException;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Scenes as JSON:
 * {@snippet lang=json :
 * {"time":"night","ground":"grass",
 *  "things":[{"kind":"moon","colour":"yellow","size":"small","place":"left"},
 *            {"kind":"house","colour":"red","size":"large","place":"left"}],
 *  "relations":[{"subject":"moon","relation":"above","object":"house"}],
 *  "variation":42}
 * }
 * {@code relations} is written for readers of the file and follows from the rest, so reading ignores it.
 */
public final class SceneJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private SceneJson() {}

    public static ObjectNode toJson(Scene scene) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("time", name(scene.time()));
        root.put("ground", name(scene.ground()));
        ArrayNode things = root.putArray("things");
        for (Thing thing : scene.things()) {
            things.addObject()
                    .put("kind", name(thing.kind()))
                    .put("colour", name(thing.colour()))
                    .put("size", name(thing.size()))
                    .put("place", name(thing.place()));
        }
        ArrayNode relations = root.putArray("relations");
        for (Scene.Link link : scene.relations()) {
            if (link.relation() == Relation.ABOVE || link.relation() == Relation.LEFT_OF) {
                relations.addObject()
                        .put("subject", name(scene.things().get(link.subject()).kind()))
                        .put("relation", name(link.relation()))
                        .put("object", name(scene.things().get(link.object()).kind()));
            }
        }
        root.put("variation", scene.variation());
        return root;
    }

    public static String write(Scene scene) {
        return toJson(scene).toString();
    }

    /** @throws DataException one line that names the field */
    public static Scene read(String json) {
        try {
            return fromJson(MAPPER.readTree(json));
        } catch (JsonProcessingException e) {
            throw new DataException("scene attributes are not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** @throws DataException one line that names the field */
    public static Scene fromJson(JsonNode root) {
        JsonNode things = root.path("things");
        if (!things.isArray()) {
            throw new DataException("scene attributes need an array 'things'");
        }
        JsonNode variation = root.path("variation");
        if (!variation.canConvertToLong() && !variation.isMissingNode()) {
            throw new DataException("scene attribute 'variation' is " + variation + ", not a 64-bit number");
        }
        try {
            List<Thing> list = new ArrayList<>();
            for (JsonNode thing : things) {
                list.add(new Thing(value(thing, "kind", Kind.class), value(thing, "colour", Colour.class),
                        value(thing, "size", Size.class), value(thing, "place", Place.class)));
            }
            return new Scene(value(root, "time", TimeOfDay.class), value(root, "ground", Ground.class), list,
                    variation.asLong());
        } catch (IllegalArgumentException e) {
            throw new DataException("scene attributes: " + e.getMessage(), e);
        }
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> E value(JsonNode node, String field, Class<E> type) {
        String text = node.path(field).asText("");
        List<String> names = new ArrayList<>();
        for (E value : type.getEnumConstants()) {
            if (name(value).equals(text)) {
                return value;
            }
            names.add(name(value));
        }
        throw new DataException("scene attribute '%s' is '%s', not one of %s".formatted(field, text, String.join(", ", names)));
    }
}
