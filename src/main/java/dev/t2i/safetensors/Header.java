package dev.t2i.safetensors;

import static dev.t2i.safetensors.SafetensorsException.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON header of a safetensors file, read as strictly as the format's documents allow: one object, no duplicate or
 * unknown keys, plain integers only, and tensors that tile the data buffer without hole, overlap or remainder.
 *
 * <p>Streams through the text, so that a hostile header costs no more memory than the entries it truly lists.
 *
 * @param tensors by position in the data buffer
 */
record Header(Map<String, String> metadata, List<TensorInfo> tensors) {
    static final String METADATA_KEY = "__metadata__";
    static final long LONGEST = 100_000_000;
    static final int MOST_TENSORS = 200_000;
    static final int LONGEST_NAME = 1024;
    static final int HIGHEST_RANK = 32;
    /** The format's schema gives 48 bits to every number. */
    static final long LARGEST_NUMBER = (1L << 48) - 1;

    private static final int DEEPEST = 4;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST).maxStringLength((int) LONGEST).build())
            .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
            .configure(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES, false)
            .build();

    /**
     * @param json      exactly the header's bytes
     * @param dataBytes what follows the header in the file
     */
    static Header parse(String origin, MemorySegment json, long dataBytes) {
        // A reader with a strict decoder, not Jackson's own byte parser: that one guesses UTF-16 and UTF-32.
        try (Reader text = new InputStreamReader(stream(json), StandardCharsets.UTF_8.newDecoder());
                JsonParser parser = JSON.createParser(text)) {
            Header header = new Parse(origin, parser).header();
            header.requireTiling(origin, dataBytes);
            return header;
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(origin, "the header is not valid UTF-8", e);
        } catch (JsonProcessingException e) {
            String reason = ModelJson.reason(e);
            long at = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
            throw new SafetensorsException(origin, "the header is not valid JSON near character %d: %s"
                    .formatted(at, reason), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail to be read
        }
    }

    private void requireTiling(String origin, long dataBytes) {
        long expected = 0;
        for (TensorInfo tensor : tensors) {
            if (tensor.begin() != expected) {
                throw new SafetensorsException(origin, "tensor %s begins at data byte %d, but the one before it ends at %d"
                        .formatted(quote(tensor.name()), tensor.begin(), expected));
            }
            expected = tensor.end();
        }
        if (expected != dataBytes) {
            throw new SafetensorsException(origin, "the header describes %d bytes of data, but the file holds %d; "
                    .formatted(expected, dataBytes) + (expected > dataBytes ? "it was cut short, fetch it again"
                            : "something was appended to it"));
        }
    }

    private static InputStream stream(MemorySegment segment) {
        ByteBuffer buffer = segment.asByteBuffer();
        return new InputStream() {
            @Override
            public int read() {
                return buffer.hasRemaining() ? buffer.get() & 0xff : -1;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (!buffer.hasRemaining()) {
                    return -1;
                }
                int count = Math.min(length, buffer.remaining());
                buffer.get(target, offset, count);
                return count;
            }
        };
    }

    /** One walk over the tokens of a header. */
    private record Parse(String origin, JsonParser parser) {
        Header header() throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw wrong("the header is not a JSON object");
            }
            Map<String, String> metadata = null;
            Map<String, TensorInfo> tensors = new LinkedHashMap<>();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = text("a tensor name", parser.currentName());
                if (name.equals(METADATA_KEY)) {
                    requireNew(metadata == null, name, "the header");
                    metadata = metadata();
                } else {
                    requireNew(!tensors.containsKey(name), name, "the header");
                    if (tensors.size() == MOST_TENSORS) {
                        throw wrong("the header lists more than %d tensors".formatted(MOST_TENSORS));
                    }
                    if (name.length() > LONGEST_NAME) {
                        throw wrong("tensor name %s has %d characters, more than %d"
                                .formatted(quote(name), name.length(), LONGEST_NAME));
                    }
                    tensors.put(name, tensor(name));
                }
            }
            if (parser.nextToken() != null) {
                throw wrong("the header goes on after its JSON object");
            }
            List<TensorInfo> byPosition = new ArrayList<>(tensors.values());
            byPosition.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
            return new Header(metadata == null ? Map.of() : Collections.unmodifiableMap(metadata),
                    Collections.unmodifiableList(byPosition));
        }

        private Map<String, String> metadata() throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw wrong("%s is not a JSON object".formatted(METADATA_KEY));
            }
            Map<String, String> metadata = new LinkedHashMap<>();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = text("a metadata key", parser.currentName());
                requireNew(!metadata.containsKey(key), key, METADATA_KEY);
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw wrong("metadata %s is not a string".formatted(quote(key)));
                }
                metadata.put(key, text("metadata " + quote(key), parser.getText()));
            }
            return metadata;
        }

        private TensorInfo tensor(String name) throws IOException {
            String where = "tensor " + quote(name);
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw wrong(where + " is not described by a JSON object");
            }
            StoredType type = null;
            List<Long> dims = null;
            List<Long> offsets = null;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                switch (key) {
                    case "dtype" -> {
                        requireNew(type == null, key, where);
                        type = type(where);
                    }
                    case "shape" -> {
                        requireNew(dims == null, key, where);
                        dims = numbers(where, key, HIGHEST_RANK);
                    }
                    case "data_offsets" -> {
                        requireNew(offsets == null, key, where);
                        offsets = numbers(where, key, 2);
                    }
                    default -> throw wrong("%s has the unknown key %s".formatted(where, quote(key)));
                }
            }
            if (type == null || dims == null || offsets == null) {
                throw wrong("%s has no '%s'".formatted(where,
                        type == null ? "dtype" : dims == null ? "shape" : "data_offsets"));
            }
            if (offsets.size() != 2) {
                throw wrong("%s: 'data_offsets' needs 2 numbers, not %d".formatted(where, offsets.size()));
            }
            TensorInfo tensor = new TensorInfo(name, type, dims, offsets.get(0), offsets.get(1));
            requireSize(where, tensor);
            return tensor;
        }

        private void requireSize(String where, TensorInfo tensor) {
            long bits;
            try {
                long elements = 1;
                for (long dim : tensor.dims()) {
                    elements = Math.multiplyExact(elements, dim);
                }
                bits = Math.multiplyExact(elements, tensor.type().bits());
            } catch (ArithmeticException e) {
                throw wrong("%s: the size of shape %s overflows".formatted(where, tensor.dims()));
            }
            if (bits % 8 != 0) {
                throw wrong("%s: shape %s of %s does not fill whole bytes".formatted(where, tensor.dims(), tensor.type()));
            }
            if (tensor.end() < tensor.begin() || tensor.bytes() != bits / 8) {
                throw wrong("%s: shape %s of %s needs %d bytes, but its offsets are [%d, %d]".formatted(where,
                        tensor.dims(), tensor.type(), bits / 8, tensor.begin(), tensor.end()));
            }
        }

        private StoredType type(String where) throws IOException {
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw wrong("%s: 'dtype' is not a string".formatted(where));
            }
            String name = parser.getText();
            return StoredType.named(name).orElseThrow(() -> wrong("%s: unknown dtype %s".formatted(where, quote(name))));
        }

        private List<Long> numbers(String where, String key, int most) throws IOException {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw wrong("%s: '%s' is not an array".formatted(where, key));
            }
            List<Long> numbers = new ArrayList<>(most == 2 ? 2 : 4);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (numbers.size() == most) {
                    throw wrong("%s: '%s' has more than %d numbers".formatted(where, key, most));
                }
                numbers.add(number(where, key));
            }
            return List.copyOf(numbers);
        }

        /** Digits only: no sign, fraction or exponent. Leading zeros are no JSON in the first place. */
        private long number(String where, String key) throws IOException {
            String digits = parser.getText();
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || digits.startsWith("-")) {
                throw wrong("%s: '%s' holds %s, not a plain non-negative integer".formatted(where, key, quote(digits)));
            }
            // 16 digits always fit a long; 2^48-1 has 15.
            if (digits.length() > 16 || Long.parseLong(digits) > LARGEST_NUMBER) {
                throw wrong("%s: '%s' holds %s, more than 2^48-1".formatted(where, key, quote(digits)));
            }
            return Long.parseLong(digits);
        }

        /** Escapes can smuggle half a surrogate pair past the UTF-8 decoder; such text cannot be written back. */
        private String text(String where, String text) {
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw wrong("%s holds half a surrogate pair".formatted(where));
            }
            return text;
        }

        private void requireNew(boolean isNew, String key, String where) {
            if (!isNew) {
                throw wrong("%s has the key %s twice".formatted(where, quote(key)));
            }
        }

        private SafetensorsException wrong(String problem) {
            return new SafetensorsException(origin, problem);
        }
    }
}
