package dev.t2i.train;

import dev.t2i.backend.Session;
import dev.t2i.data.Example;
import dev.t2i.data.Sides;
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
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Pictures as discriminators are shown them: augmented alike at each size, real and drawn ones each by draws of their own. */
final class ShownPictures {
    private static final String KEYS = "augment_keys";
    /** 1 for each picture that still fits its captions in a mirror, else 0. */
    private static final String MIRRORED = "augment.mirrored";
    /** The same when turned. */
    private static final String TURNED = "augment.turned";

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

    /**
     * {@code pictures} at several sizes, {@code [n, size, size, 3]} each.
     *
     * @param rows takes their rows of what is there for the whole batch
     */
    List<Value> real(Graph graph, List<Value> pictures, UnaryOperator<Value> rows) {
        return shown(graph, pictures, rows, 0);
    }

    /** The same of the generator's pictures. */
    List<Value> drawn(Graph graph, List<Value> pictures, UnaryOperator<Value> rows) {
        return shown(graph, pictures, rows, 1);
    }

    private List<Value> shown(Graph graph, List<Value> pictures, UnaryOperator<Value> rows, int half) {
        if (settings.isEmpty()) {
            return pictures;
        }
        Value keys = input(graph, KEYS, DType.I32, Shape.of(batch, 4));
        Value draws = DiffAugment.draws(rows.apply(graph.uniform(keys, Shape.of(batch, 2 * DiffAugment.DRAWS))), half, 2);
        Value usual = adaptive.probability(graph).reshape(1, 1);
        DiffAugment.Chances chances = new DiffAugment.Chances(usual, limited(graph, usual, rows, MIRRORED, DiffAugment.Part::mirrors),
                limited(graph, usual, rows, TURNED, DiffAugment.Part::turns));
        return pictures.stream().map(some -> DiffAugment.apply(some, draws, chances, settings.set())).toList();
    }

    /** A probability for each picture where a part is asked for that not all of them may be changed by. */
    private Value limited(Graph graph, Value usual, UnaryOperator<Value> rows, String name, Predicate<DiffAugment.Part> concerned) {
        return settings.parts().stream().anyMatch(concerned) ? usual.mul(rows.apply(input(graph, name, DType.F32, Shape.of(batch, 1)))) : usual;
    }

    private static Value input(Graph graph, String name, DType dtype, Shape shape) {
        Value known = graph.inputs().get(name);
        return known != null ? known : graph.input(name, dtype, shape);
    }

    /** See {@link AdaptiveAugment#follow}. */
    void follow(Graph graph, Value realLogits, Value counting) {
        adaptive.follow(graph, realLogits, counting);
    }

    /** Makes room for what steps are fed with. */
    void allocateInputs(Map<String, Tensor> inputs, Arena arena) {
        inputs.put(KEYS, Tensor.allocate(arena, DType.I32, Shape.of(batch, 4)));
        inputs.put(AdaptiveAugment.ADJUST, Tensor.allocate(arena, DType.F32, Shape.SCALAR));
        inputs.put(MIRRORED, Tensor.allocate(arena, DType.F32, Shape.of(batch, 1)));
        inputs.put(TURNED, Tensor.allocate(arena, DType.F32, Shape.of(batch, 1)));
    }

    /**
     * Fills it in for step {@code step}.
     *
     * @param examples whose pictures are shown, or none of them for pictures without captions. A picture of which a caption, right or wrong,
     *                 tells left from right is not mirrored; one of which a caption tells above from below is not turned either
     */
    void feed(Map<String, Tensor> inputs, long seed, long step, List<Example> examples) {
        NoiseKeys.fill(inputs.get(KEYS), seed, NoiseKeys.AUGMENTATION, step);
        for (int i = 0; i < batch; i++) {
            List<String> captions = examples.isEmpty() ? List.of() : captions(examples.get(i));
            boolean sided = captions.stream().anyMatch(Sides::named);
            inputs.get(MIRRORED).set(i, sided ? 0 : 1);
            inputs.get(TURNED).set(i, sided || captions.stream().anyMatch(Sides::namedUpright) ? 0 : 1);
        }
        inputs.get(AdaptiveAugment.ADJUST).set(0, adaptive.adjusts(step) ? 1 : 0);
    }

    private static List<String> captions(Example example) {
        return example.wrongCaption().map(wrong -> List.of(example.caption(), wrong)).orElse(List.of(example.caption()));
    }
}
