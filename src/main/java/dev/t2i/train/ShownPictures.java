package dev.t2i.train;

import dev.t2i.backend.Session;
import dev.t2i.gan.AdaptiveAugment;
import dev.t2i.gan.DiffAugment;
import dev.t2i.gan.DiffAugmentSettings;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/** Pictures as discriminators are shown them: augmented alike at each size, real and drawn ones each by draws of their own. */
final class ShownPictures {
    private static final String KEYS = "augment_keys";

    private final DiffAugmentSettings settings;
    private final AdaptiveAugment adaptive;
    private final int batch;

    ShownPictures(DiffAugmentSettings settings, int batch) {
        this.settings = settings;
        this.adaptive = new AdaptiveAugment(settings, batch);
        this.batch = batch;
    }

    /** Scalar states with their first values, which steps change. */
    Map<String, Double> states() {
        return adaptive.firstValues();
    }

    /** Puts the first values of its states. */
    void initialize(Session session, Arena scratch) {
        states().forEach((name, value) -> session.put(name, Tensor.of(scratch, Shape.SCALAR, value.floatValue())));
    }

    /** {@code pictures} at several sizes, {@code [batch, size, size, 3]} each. */
    List<Value> real(Graph graph, List<Value> pictures) {
        return shown(graph, pictures, 0);
    }

    /** The same of the generator's pictures. */
    List<Value> drawn(Graph graph, List<Value> pictures) {
        return shown(graph, pictures, 1);
    }

    private List<Value> shown(Graph graph, List<Value> pictures, int half) {
        if (settings.isEmpty()) {
            return pictures;
        }
        Value known = graph.inputs().get(KEYS);
        Value keys = known != null ? known : graph.input(KEYS, DType.I32, Shape.of(batch, 4));
        Value draws = graph.uniform(keys, Shape.of(batch, 2 * DiffAugment.DRAWS)).slice(1, half * DiffAugment.DRAWS, (half + 1) * DiffAugment.DRAWS);
        return pictures.stream().map(some -> DiffAugment.apply(some, draws, adaptive.probability(graph), settings.set())).toList();
    }

    /** See {@link AdaptiveAugment#follow}. */
    void follow(Graph graph, Value realLogits, Value counting) {
        adaptive.follow(graph, realLogits, counting);
    }

    /** Makes room for what steps are fed with. */
    void allocateInputs(Map<String, Tensor> inputs, Arena arena) {
        inputs.put(KEYS, Tensor.allocate(arena, DType.I32, Shape.of(batch, 4)));
        inputs.put(AdaptiveAugment.ADJUST, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
    }

    /** Fills it in for step {@code step}. */
    void feed(Map<String, Tensor> inputs, long seed, long step) {
        NoiseKeys.fill(inputs.get(KEYS), seed, NoiseKeys.AUGMENTATION, step);
        inputs.get(AdaptiveAugment.ADJUST).set(0, adaptive.adjusts(step) ? 1 : 0);
    }
}
