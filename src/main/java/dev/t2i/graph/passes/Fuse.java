package dev.t2i.graph.passes;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gathers element-wise operations and movements into kernels that pass over memory once.
 *
 * <p>Each value is either stored or inlined into the kernels that read it. A value is inlined when exactly one kernel
 * reads it, or when recomputing it costs less than reading it back. A kernel that consumes a product in the product's
 * own order becomes that product's epilogue.
 */
final class Fuse {
    private final Graph graph;
    private final Set<Value> live;
    private final Map<Value, List<Value>> users = new HashMap<>();
    private final Set<Value> mustStore = new HashSet<>();
    private final Set<Value> stored = new HashSet<>();
    private final Map<Value, Set<Value>> kernels = new HashMap<>();
    private final Map<Value, Region> regions = new HashMap<>();

    private Fuse(Graph graph) {
        this.graph = graph;
        this.live = Rewrite.live(graph);
        for (Value value : graph.values()) {
            if (live.contains(value)) {
                value.inputs().forEach(input -> users.computeIfAbsent(input, _ -> new ArrayList<>()).add(value));
            }
        }
    }

    static Graph run(Graph graph) {
        Fuse pass = new Fuse(graph);
        pass.storeWhatMustBe();
        boolean settled;
        do {
            pass.assignKernels();
            settled = pass.buildRegions();
        } while (!settled);
        Graph fused = pass.emit();
        Verifier.verify(fused);
        return fused;
    }

    /** Results that leave the graph, and whatever an operation outside kernels reads or makes. */
    private void storeWhatMustBe() {
        mustStore.addAll(graph.outputs().values());
        mustStore.addAll(graph.assignments().values());
        for (Value value : graph.values()) {
            if (!live.contains(value) || Region.isElementwise(value) || Region.isMovement(value)) {
                if (value.op() instanceof Op.Cast cast && cast.dtype() != DType.F32) {
                    mustStore.add(value);
                }
                continue;
            }
            if (!(value.op() instanceof Op.Fill)) {
                mustStore.add(value);
            }
            if (!(value.op() instanceof Op.Reduce)) {
                for (int i = 0; i < value.inputs().size(); i++) {
                    mustStore.add(operand(value, i));
                }
            }
        }
    }

    /** What an operation outside kernels reads: products widen half-precision weights themselves. */
    private static Value operand(Value user, int index) {
        Value input = user.input(index);
        boolean widens = user.op() instanceof Op.MatMul && index == 1 && input.op() instanceof Op.Cast
                && (input.input(0).dtype() == DType.F16 || input.input(0).dtype() == DType.BF16);
        return widens ? input.input(0) : input;
    }

    /** From the end backward: which kernels read each value, and whether it is stored for them. */
    private void assignKernels() {
        stored.clear();
        stored.addAll(mustStore);
        kernels.clear();
        List<Value> values = graph.values();
        for (int id = values.size() - 1; id >= 0; id--) {
            Value value = values.get(id);
            if (!live.contains(value) || stored.contains(value) || value.op() instanceof Op.Fill) {
                continue;
            }
            Set<Value> readers = new HashSet<>();
            boolean repeated = false;
            for (Value user : users.getOrDefault(value, List.of())) {
                readers.addAll(stored.contains(user) ? Set.of(user) : kernels.getOrDefault(user, Set.of()));
                repeated |= isRepeated(user);
            }
            boolean inline = Region.isMovement(value) || (!repeated && (readers.size() <= 1 || isCheap(value)));
            if (inline) {
                kernels.put(value, readers);
            } else {
                stored.add(value);
            }
        }
    }

    /** Whether a reader goes through a broadcast, so that inlining would compute the same number again and again. */
    private boolean isRepeated(Value user) {
        if (user.op() instanceof Op.Broadcast) {
            return true;
        }
        if (!Region.isMovement(user) || stored.contains(user)) {
            return false;
        }
        return users.getOrDefault(user, List.of()).stream().anyMatch(this::isRepeated);
    }

    /** One quick instruction on at most one large operand that is in memory anyway. */
    private boolean isCheap(Value value) {
        boolean quick = switch (value.op()) {
            case Op.Unary unary -> switch (unary.kind()) {
                case NEG, ABS, SIGN, LEAKY_RELU, LEAKY_SLOPE -> true;
                default -> false;
            };
            case Op.Binary binary -> binary.kind() != Op.BinaryKind.DIV;
            case Op.Cast _ -> true;
            default -> false;
        };
        if (!quick) {
            return false;
        }
        int large = 0;
        for (Value input : value.inputs()) {
            Value source = input;
            boolean small = false;
            while (Region.isMovement(source) && !mustStore.contains(source)) {
                small |= source.op() instanceof Op.Broadcast;
                source = source.input(0);
            }
            if (source.op() instanceof Op.Fill || small) {
                continue;
            }
            if (!mustStore.contains(source)) {
                return false;
            }
            large++;
        }
        return large <= 1;
    }

    private boolean isRegionRoot(Value value) {
        return stored.contains(value) && (Region.isElementwise(value) || value.op() instanceof Op.Reduce
                || (Region.isMovement(value) && !isAlias(value)));
    }

    /** A reshape of something that lies in memory is that memory under another shape. */
    private boolean isAlias(Value value) {
        return value.op() instanceof Op.Reshape && stored.contains(value.input(0));
    }

    /** Builds every kernel; what turns out unreachable is stored, and then the plan is made anew. */
    private boolean buildRegions() {
        regions.clear();
        boolean settled = true;
        for (Value value : graph.values()) {
            if (live.contains(value) && isRegionRoot(value)) {
                try {
                    regions.put(value, new Region(value, stored::contains));
                } catch (Region.MustStore e) {
                    mustStore.add(e.value);
                    settled = false;
                }
            }
        }
        return settled;
    }

    private Graph emit() {
        Map<Value, Value> endings = new HashMap<>();
        Set<Value> absorbed = new HashSet<>();
        for (Region region : regions.values()) {
            Value product = productToEnd(region);
            if (product != null) {
                endings.put(region.root(), product);
                absorbed.add(product);
            }
        }
        Rewrite rewrite = new Rewrite(graph);
        for (Value value : graph.values()) {
            if (!live.contains(value) || !stored.contains(value) || absorbed.contains(value)) {
                continue;
            }
            Region region = regions.get(value);
            Value made;
            if (region == null) {
                List<Value> operands = new ArrayList<>();
                for (int i = 0; i < value.inputs().size(); i++) {
                    operands.add(rewrite.get(operand(value, i)));
                }
                made = rewrite.add(value.scope(), value.op(), operands);
            } else if (endings.containsKey(value)) {
                made = emitProduct(rewrite, region, endings.get(value));
            } else {
                made = emitKernel(rewrite, region);
            }
            rewrite.put(value, made);
        }
        return rewrite.finish();
    }

    private Value emitKernel(Rewrite rewrite, Region region) {
        Value root = region.root();
        Op op = root.op() instanceof Op.Reduce reduce
                ? new Op.FusedReduce(reduce.kind(), reduce.axes(), region.expression(), region.views(), root.shape())
                : new Op.Fused(region.expression(), region.views(), root.type());
        return rewrite.add(root.scope(), op, rewrite.get(region.inputs()));
    }

    private Value emitProduct(Rewrite rewrite, Region region, Value product) {
        Op.Epilogue epilogue = region.epilogue(product);
        Op op = switch (product.op()) {
            case Op.MatMul p -> new Op.MatMul(p.transposeA(), p.transposeB(), epilogue);
            case Op.Conv2d p -> new Op.Conv2d(p.window(), epilogue);
            case Op.Conv2dInputGradient p -> new Op.Conv2dInputGradient(p.window(), p.height(), p.width(), epilogue);
            default -> throw new IllegalStateException("no epilogue for " + product);
        };
        List<Value> operands = new ArrayList<>();
        operands.add(rewrite.get(operand(product, 0)));
        operands.add(rewrite.get(operand(product, 1)));
        operands.addAll(rewrite.get(region.inputsWithout(product)));
        return rewrite.add(product.scope(), op, operands);
    }

    /** The last product that this kernel alone consumes, element for element; null if there is none. */
    private Value productToEnd(Region region) {
        Value root = region.root();
        if (!Region.isElementwise(root) || root.dtype() != DType.F32) {
            return null;
        }
        Value last = null;
        for (Value leaf : region.inputs()) {
            boolean product = leaf.op() instanceof Op.MatMul || leaf.op() instanceof Op.Conv2d
                    || leaf.op() instanceof Op.Conv2dInputGradient;
            if (product && leaf.shape().equals(root.shape()) && region.readsPlainly(leaf) && onlyReader(leaf, root)
                    && (last == null || leaf.id() > last.id())) {
                last = leaf;
            }
        }
        return last;
    }

    private boolean onlyReader(Value product, Value root) {
        if (graph.outputs().containsValue(product) || graph.assignments().containsValue(product)) {
            return false;
        }
        for (Value user : users.get(product)) {
            boolean here = user == root || (!stored.contains(user) && kernels.getOrDefault(user, Set.of()).equals(Set.of(root)));
            if (!here) {
                return false;
            }
        }
        return true;
    }
}
