package dev.t2i.safetensors;

import static dev.t2i.safetensors.SafetensorsException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A model in several safetensors files, listed by {@code model.safetensors.index.json}:
 * {@code {"metadata": {"total_size": …}, "weight_map": {tensor: file}}}. Every tensor must be in exactly the shard that
 * the index names, and no shard may hold others.
 */
public final class ShardedSafetensors implements Weights {
    private static final long LONGEST_INDEX = Header.LONGEST;
    private static final int MOST_SHARDS = 10_000;

    private final String origin;
    private final Map<String, SafetensorsFile> shardOf;
    private final Map<String, String> metadata;

    private ShardedSafetensors(String origin, Map<String, SafetensorsFile> shardOf, Map<String, String> metadata) {
        this.origin = origin;
        this.shardOf = Collections.unmodifiableMap(shardOf);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Maps all shards of an index.
     *
     * @param arena owns the mappings
     * @throws SafetensorsException when the index or a shard is malformed, or they disagree
     */
    public static ShardedSafetensors open(Path index, Arena arena) {
        String origin = index.toString();
        JsonNode root = ModelJson.readObject(index, LONGEST_INDEX);
        JsonNode weightMap = root.path("weight_map");
        if (!weightMap.isObject()) {
            throw new SafetensorsException(origin, "has no object 'weight_map'");
        }
        Map<String, SafetensorsFile> files = new LinkedHashMap<>();
        Map<String, SafetensorsFile> shardOf = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
            String file = shardName(origin, entry.getKey(), entry.getValue());
            if (!files.containsKey(file)) {
                if (files.size() == MOST_SHARDS) {
                    throw new SafetensorsException(origin, "lists more than %d shards".formatted(MOST_SHARDS));
                }
                SafetensorsFile shard = SafetensorsFile.open(index.resolveSibling(file), arena);
                shard.metadata().forEach(metadata::putIfAbsent);
                files.put(file, shard);
            }
            if (!files.get(file).names().contains(entry.getKey())) {
                throw new SafetensorsException(origin, "says that tensor %s is in %s, where it is not"
                        .formatted(quote(entry.getKey()), quote(file)));
            }
            shardOf.put(entry.getKey(), files.get(file));
        }
        long bytes = 0;
        for (SafetensorsFile shard : files.values()) {
            for (String name : shard.names()) {
                if (shardOf.get(name) != shard) {
                    throw new SafetensorsException(shard.origin(), "holds tensor %s, which the index does not place there"
                            .formatted(quote(name)));
                }
                bytes += shard.info(name).bytes();
            }
        }
        requireTotal(origin, root.path("metadata").path("total_size"), bytes);
        return new ShardedSafetensors(origin, shardOf, metadata);
    }

    /** A plain base name: an index must not reach outside its folder. */
    private static String shardName(String origin, String tensor, JsonNode node) {
        String file = node.textValue();
        if (file == null || !file.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")) {
            throw new SafetensorsException(origin, "tensor %s: the shard %s is not a plain file name"
                    .formatted(quote(tensor), quote(node.isTextual() ? file : node.toString())));
        }
        return file;
    }

    /** Absent in some sets; some writers store it as a floating-point number. */
    private static void requireTotal(String origin, JsonNode total, long bytes) {
        if (!total.isMissingNode() && !(total.isNumber() && total.asDouble() == bytes)) {
            throw new SafetensorsException(origin, "gives a total size of %s bytes, the shards hold %d"
                    .formatted(quote(total.asText()), bytes));
        }
    }

    @Override
    public String origin() {
        return origin;
    }

    @Override
    public Set<String> names() {
        return shardOf.keySet();
    }

    @Override
    public TensorInfo info(String name) {
        return shard(name).info(name);
    }

    @Override
    public Tensor tensor(String name) {
        return shard(name).tensor(name);
    }

    private SafetensorsFile shard(String name) {
        SafetensorsFile shard = shardOf.get(name);
        if (shard == null) {
            throw new SafetensorsException(origin, "there is no tensor %s".formatted(quote(name)));
        }
        return shard;
    }

    /** The shards' metadata together; where they differ, the first shard's. */
    @Override
    public Map<String, String> metadata() {
        return metadata;
    }
}
