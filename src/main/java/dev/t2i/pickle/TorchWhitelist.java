package dev.t2i.pickle;

import dev.t2i.safetensors.StoredType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What PyTorch's dictionaries of weights are made of: ordered dictionaries, tensors, and the types of their storages. */
final class TorchWhitelist implements PickleWhitelist {
    private static final PickleName ORDERED = new PickleName("collections", "OrderedDict");
    private static final PickleName SIZE = new PickleName("torch", "Size");
    private static final PickleName EARLY_TENSOR = new PickleName("torch._utils", "_rebuild_tensor");
    private static final PickleName TENSOR = new PickleName("torch._utils", "_rebuild_tensor_v2");
    private static final PickleName LATER_TENSOR = new PickleName("torch._utils", "_rebuild_tensor_v3");
    private static final PickleName PARAMETER = new PickleName("torch._utils", "_rebuild_parameter");
    private static final PickleName UNTYPED = new PickleName("torch.storage", "UntypedStorage");
    private static final List<PickleName> PLAIN_NAMES = List.of(ORDERED, SIZE, EARLY_TENSOR, TENSOR, LATER_TENSOR, PARAMETER, UNTYPED);

    private static final Map<String, StoredType> STORAGES = Map.ofEntries(
            Map.entry("FloatStorage", StoredType.F32), Map.entry("DoubleStorage", StoredType.F64), Map.entry("HalfStorage", StoredType.F16),
            Map.entry("BFloat16Storage", StoredType.BF16), Map.entry("LongStorage", StoredType.I64), Map.entry("IntStorage", StoredType.I32),
            Map.entry("ShortStorage", StoredType.I16), Map.entry("CharStorage", StoredType.I8), Map.entry("ByteStorage", StoredType.U8),
            Map.entry("BoolStorage", StoredType.BOOL), Map.entry("ComplexFloatStorage", StoredType.C64));

    /** Element types that have no storage of their own: their tensors name them beside an untyped one. */
    private static final Map<String, StoredType> TYPES = Map.ofEntries(
            Map.entry("float8_e4m3fn", StoredType.F8_E4M3), Map.entry("float8_e5m2", StoredType.F8_E5M2),
            Map.entry("float8_e4m3fnuz", StoredType.F8_E4M3FNUZ), Map.entry("float8_e5m2fnuz", StoredType.F8_E5M2FNUZ),
            Map.entry("float8_e8m0fnu", StoredType.F8_E8M0),
            Map.entry("uint16", StoredType.U16), Map.entry("uint32", StoredType.U32), Map.entry("uint64", StoredType.U64),
            Map.entry("float32", StoredType.F32), Map.entry("float64", StoredType.F64), Map.entry("float16", StoredType.F16),
            Map.entry("bfloat16", StoredType.BF16), Map.entry("int64", StoredType.I64), Map.entry("int32", StoredType.I32),
            Map.entry("int16", StoredType.I16), Map.entry("int8", StoredType.I8), Map.entry("uint8", StoredType.U8),
            Map.entry("bool", StoredType.BOOL), Map.entry("complex64", StoredType.C64));

    private final Map<String, TorchTensor.Storage> storages = new HashMap<>();
    /** Lists that dictionaries were made of. Each list makes one, or a few bytes that name a long one again would copy all of it. */
    private final Set<Object> spent = Collections.newSetFromMap(new IdentityHashMap<>());

    /** The storages that were named so far, by their keys. */
    Map<String, TorchTensor.Storage> storages() {
        return storages;
    }

    @Override
    public boolean has(PickleName name) {
        return PLAIN_NAMES.contains(name) || name.module().equals("torch") && (STORAGES.containsKey(name.name()) || TYPES.containsKey(name.name()));
    }

    @Override
    public Optional<Object> call(PickleName callable, List<Object> arguments) {
        if (callable.equals(ORDERED)) {
            return ordered(arguments);
        }
        if (callable.equals(SIZE)) {
            return arguments.size() == 1 && arguments.getFirst() instanceof PickleTuple ? Optional.of(arguments.getFirst()) : Optional.empty();
        }
        if (callable.equals(PARAMETER)) {
            return !arguments.isEmpty() && arguments.getFirst() instanceof TorchTensor ? Optional.of(arguments.getFirst()) : Optional.empty();
        }
        if ((callable.equals(TENSOR) || callable.equals(EARLY_TENSOR)) && arguments.size() >= 4 && arguments.getFirst() instanceof TorchTensor.Storage storage && storage.type() != null) {
            return tensor(storage, storage.type(), arguments);
        }
        if (callable.equals(LATER_TENSOR) && arguments.size() >= 7 && arguments.getFirst() instanceof TorchTensor.Storage storage
                && arguments.get(6) instanceof PickleName type && TYPES.containsKey(type.name())) {
            return tensor(storage, TYPES.get(type.name()), arguments);
        }
        return Optional.empty();
    }

    /** {@code OrderedDict()} or, as Python 2 wrote it, {@code OrderedDict([[key, value], …])}. */
    private Optional<Object> ordered(List<Object> arguments) {
        Map<Object, Object> dictionary = new LinkedHashMap<>();
        if (arguments.size() == 1 && arguments.getFirst() instanceof List<?> pairs && spent.add(pairs)) {
            for (Object pair : pairs) {
                List<?> items = pair instanceof PickleTuple tuple ? tuple.items() : pair instanceof List<?> list ? list : List.of();
                if (items.size() != 2 || !(items.getFirst() instanceof String name)) {
                    return Optional.empty();
                }
                dictionary.put(name, items.getLast());
            }
        } else if (!arguments.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(dictionary);
    }

    private static Optional<Object> tensor(TorchTensor.Storage storage, StoredType type, List<Object> arguments) {
        if (arguments.get(1) instanceof Long offset && arguments.get(2) instanceof PickleTuple size && arguments.get(3) instanceof PickleTuple stride) {
            Optional<List<Long>> sizes = longs(size);
            Optional<List<Long>> strides = longs(stride);
            if (sizes.isPresent() && strides.isPresent()) {
                return Optional.of(new TorchTensor(storage, type, offset, sizes.get(), strides.get()));
            }
        }
        return Optional.empty();
    }

    private static Optional<List<Long>> longs(PickleTuple tuple) {
        if (tuple.items().size() > TorchTensor.HIGHEST_RANK) {
            return Optional.empty();
        }
        List<Long> longs = new ArrayList<>();
        for (Object item : tuple.items()) {
            if (!(item instanceof Long number)) {
                return Optional.empty();
            }
            longs.add(number);
        }
        return Optional.of(longs);
    }

    private static boolean isWhole(PickleTuple tuple) {
        return tuple.items().size() == 5 || tuple.items().size() == 6 && tuple.items().getLast() == null;
    }

    /** {@code ('storage', type, key, device, elements)}, and before PyTorch 1.6 a sixth part, which tells views of storages from storages. */
    @Override
    public Optional<Object> persistent(Object id) {
        if (id instanceof PickleTuple tuple && isWhole(tuple) && "storage".equals(tuple.items().getFirst())
                && tuple.items().get(1) instanceof PickleName type && tuple.items().get(2) instanceof String key && key.matches("\\w{1,20}")
                && tuple.items().get(4) instanceof Long elements && elements >= 0 && elements < 1L << 48) {
            StoredType stored = STORAGES.get(type.name());
            // An untyped storage is counted in bytes, and its tensors say what they make of them.
            long bytes = stored == null ? elements : elements * (stored.bits() / Byte.SIZE);
            if (stored == null && !type.equals(UNTYPED)) {
                return Optional.empty();
            }
            TorchTensor.Storage storage = new TorchTensor.Storage(key, stored, bytes);
            storages.putIfAbsent(key, storage);
            return Optional.of(storage);
        }
        return Optional.empty();
    }
}
