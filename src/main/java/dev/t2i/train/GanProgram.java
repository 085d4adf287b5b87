package dev.t2i.train;

import dev.t2i.gan.Generator;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.Posterior;
import dev.t2i.gan.TextAdapter;
import dev.t2i.gan.TextCondition;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The graphs of adversarial training. One graph is one whole step, traced by {@link GanStep}: the generator draws once; the
 * discriminator learns from real, mismatched and drawn pictures and is updated; the generator learns from the updated
 * discriminator's scores of the same drawings; the moving averages follow. Between generator updates there may be steps of the
 * critic alone.
 *
 * <pre>
 *   captions ─ pooled features ─ adapter ─ text ──┬──────────────┐
 *   noise keys ─ noise ─ generator ───────────────┴─ fake ─┐     │
 *   pictures ──────────────────────── discriminator ───────┴─ scores ─ losses ─ Adam
 * </pre>
 */
final class GanProgram {
    static final String GENERATOR = "generator";
    static final String AVERAGE = "average";
    static final String AVERAGED_ADAPTER = "average.adapter";
    static final String AVERAGED_ENCODER = "average.encoder";
    static final String DISCRIMINATOR = "discriminator";
    static final String ADAPTER = "adapter";
    static final String MATCHING = "matching";
    static final String POSTERIOR = "posterior";

    static final String PICTURES = "pictures";
    static final String CAPTIONS = "captions";
    static final String WRONG_CAPTIONS = "wrong_captions";
    static final String NOISE_KEYS = "noise_keys";
    /** Of what penalties draw by chance. */
    static final String PENALTY_KEYS = "penalty_keys";
    /** What the generator paints from where it has a prior, drawn beforehand, for it takes several runs. */
    static final String LATENT = "latent";
    static final String AVERAGE_DECAY = "average.decay";

    /** Traces the way from a batch of captions, given as inputs whose names start with {@code name}, to pooled features. */
    interface TextInput {
        /** {@code [rows, features]} */
        Value pooled(Graph graph, String name, int rows);

        /** The same texts word by word. */
        TextCondition.Words words(Graph graph, String name, int rows);

        /** The encoder's parameters in that graph, where they are trained along. */
        Optional<Parameters> trained(Graph graph);
    }

    final GanSettings settings;
    final Generator generator;
    final Judges judges;
    final TextAdapter adapter;
    final TextInput text;
    final Optional<Matcher> guide;
    final Optional<Posterior> posterior;
    private final ShownPictures shown;
    private final Adam generatorAdam;
    private final Adam discriminatorAdam;
    private final Adam textAdam;

    GanProgram(GanSettings settings, TextInput text, Optional<Matcher> guide) {
        this.settings = settings;
        this.generator = settings.buildGenerator();
        this.judges = new Judges(settings.loss(), settings.buildDiscriminators());
        this.shown = new ShownPictures(settings.diffAugment(), settings.batch());
        this.adapter = settings.text().adapter().build();
        this.text = text;
        this.guide = guide;
        this.posterior = settings.buildPosterior();
        GanSettings.Optimizer optimizer = settings.optimizer();
        this.generatorAdam = new Adam("generator", optimizer.beta1(), optimizer.beta2());
        this.discriminatorAdam = new Adam("discriminator", optimizer.beta1(), optimizer.beta2());
        this.textAdam = new Adam("text", optimizer.beta1(), optimizer.beta2());
    }

    ShownPictures shown() {
        return shown;
    }

    Adam generatorAdam() {
        return generatorAdam;
    }

    Adam discriminatorAdam() {
        return discriminatorAdam;
    }

    Adam textAdam() {
        return textAdam;
    }

    /** A traced step and the parameter trees that it declared. */
    record Step(Graph graph, Parameters generator, Parameters discriminator, Parameters adapter,
            Optional<Parameters> encoder, Optional<Parameters> guide, Optional<Parameters> posterior) {}

    /**
     * One step.
     *
     * @param penalized whether the gradient penalty is due
     * @param drawing whether the generator learns too
     */
    Step step(boolean penalized, boolean drawing) {
        return new GanStep(this, settings.newGraph()).trace(penalized, drawing);
    }

    /** The network that holds the averages of a text side's network that learns along. */
    static String averaged(String network) {
        return switch (network) {
            case ADAPTER -> AVERAGED_ADAPTER;
            case TextSide.ENCODER -> AVERAGED_ENCODER;
            default -> throw new IllegalArgumentException(network);
        };
    }

    /** Moves the average of each parameter, in the network {@code averages}, toward its new value, if {@code updating} is 1. */
    static void follow(Graph graph, String averages, Map<String, Value> updated, Value updating) {
        Value known = graph.inputs().get(AVERAGE_DECAY);
        Value decay = known != null ? known : graph.input(AVERAGE_DECAY, DType.F32, Shape.SCALAR);
        graph.scoped(averages, () -> {
            updated.forEach((name, value) -> {
                Value average = graph.state(averages + "/" + name, DType.F32, value.shape());
                graph.assign(average, updating.select(average.mul(decay).add(value.sub(value.mul(decay))), average));
            });
            return null;
        });
    }

    /** The same for a text side that learns along: {@code updated} are the adapter's and, where it learns, the encoder's updates. */
    static void followText(Graph graph, List<Adam.Update> updated, Value updating) {
        follow(graph, AVERAGED_ADAPTER, updated.getFirst().values(), updating);
        updated.stream().skip(1).forEach(encoder -> follow(graph, AVERAGED_ENCODER, encoder.values(), updating));
    }

    /** The average has the generator's running statistics, until it is used. */
    static void copyBuffers(Graph graph, Parameters place, Value updating) {
        place.updates().forEach((name, value) -> {
            Value copy = graph.state(AVERAGE + "/" + name, DType.F32, value.shape());
            graph.assign(copy, updating.select(value, copy));
        });
    }

    /** What the generator hears of the captions whose features are {@code texts}. */
    static TextCondition condition(Graph graph, Value texts, int rows, Generator generator, TextInput text) {
        return condition(graph, CAPTIONS, texts, rows, generator, text);
    }

    /** The same for captions whose inputs start with {@code name}. */
    static TextCondition condition(Graph graph, String name, Value texts, int rows, Generator generator, TextInput text) {
        return new TextCondition(texts, generator.usesWords() ? Optional.of(text.words(graph, name, rows)) : Optional.empty());
    }

    /** The last row, then all others. */
    static Value rolled(Value rows) {
        int n = rows.dim(0);
        return Value.concat(0, rows.slice(0, n - 1, n), rows.slice(0, 0, n - 1));
    }

    /** All rows but the first, then that. */
    static Value shifted(Value rows) {
        int n = rows.dim(0);
        return Value.concat(0, rows.slice(0, 1, n), rows.slice(0, 0, 1));
    }
}
