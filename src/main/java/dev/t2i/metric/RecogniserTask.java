package dev.t2i.metric;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.image.ContactSheet;
import dev.t2i.image.Picture;
import dev.t2i.image.Png;
import dev.t2i.nn.Functions;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import dev.t2i.train.Adam;
import dev.t2i.train.Checkpoint;
import dev.t2i.train.FedTask;
import dev.t2i.train.Learned;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Training a {@link Recogniser} on lessons ({@link LessonMaker}): cross-entropies of presence over all slots, of colour and
 * size over the slots that show a thing, of time and ground.
 */
public final class RecogniserTask extends FedTask<LessonFeed.Batch> {
    private static final int SHOWN = 48;
    private static final long EXAM_SEED = 1_000_003;

    private final RecogniserSettings settings;
    private final Backend backend;
    private final Arena arena = Arena.ofShared();
    private final Adam adam;
    private final Graph graph = new Graph();
    private final Learned learned;
    private final Map<String, Tensor> rates = new HashMap<>();
    private Executable executable;

    public RecogniserTask(RecogniserSettings settings, Backend backend) {
        super(backend.open(), new LessonFeed(settings.seed(), settings.batch(), settings.network().size()));
        this.settings = settings;
        this.backend = backend;
        RecogniserSettings.Optimizer optimizer = settings.optimizer();
        this.adam = new Adam(Recogniser.NETWORK, optimizer.beta1(), optimizer.beta2(), 1e-8, optimizer.weightDecay());
        this.learned = new Learned(Recogniser.NETWORK, trace(), adam);
        adam.allocateInputs(rates, arena);
    }

    private List<Parameters.Declaration> trace() {
        int batch = settings.batch();
        Map<String, Value> in = new HashMap<>();
        LessonFeed.shapes(batch, settings.network().size()).forEach((name, shape) -> in.put(name, graph.input(name, DType.F32, shape)));
        Parameters parameters = Parameters.of(graph, Recogniser.NETWORK);
        RecogniserNetwork.Answers answers = new RecogniserNetwork(settings.network()).read(parameters, in.get(LessonFeed.PICTURES));
        Value logits = answers.presence();
        // Binary cross-entropy with logits: softplus(x) - x * target.
        Value presence = Functions.softplus(logits).sub(logits.mul(in.get(LessonFeed.PRESENCE))).mul(in.get(LessonFeed.PRESENCE_WEIGHT));
        Map<String, Value> losses = new LinkedHashMap<>();
        losses.put("presence", presence.sum().mul(1.0 / batch).reshape(Shape.SCALAR));
        losses.put("colour", crossEntropy(answers.colour(), in.get(LessonFeed.COLOUR)));
        losses.put("size", crossEntropy(answers.size(), in.get(LessonFeed.SIZE)));
        losses.put("time", crossEntropy(answers.time(), in.get(LessonFeed.TIME)));
        losses.put("ground", crossEntropy(answers.ground(), in.get(LessonFeed.GROUND)));
        Value loss = losses.values().stream().reduce(Value::add).orElseThrow();
        graph.output("loss", loss);
        losses.forEach(graph::output);
        Adam.Update update = adam.minimize(loss, parameters);
        Adam.Update.makeAll(List.of(update));
        graph.output("norm", update.gradientNorm());
        return parameters.declarations();
    }

    /** Summed over the answers, averaged over the pictures; targets of zeros ask for nothing. */
    private static Value crossEntropy(Value logits, Value targets) {
        return Functions.logSoftmax(logits, -1).mul(targets).sum().mul(-1.0 / logits.dim(0)).reshape(Shape.SCALAR);
    }

    @Override
    public int batch() {
        return settings.batch();
    }

    @Override
    public List<Checkpoint.StateType> states() {
        return learned.states();
    }

    @Override
    public void initialize() {
        learned.initialize(session(), settings.seed());
    }

    @Override
    public void compile() {
        executable = session().compile(graph);
    }

    @Override
    protected Executable executable(long step) {
        return executable;
    }

    @Override
    protected Map<String, Tensor> inputs(long step, LessonFeed.Batch batch) {
        adam.feed(rates, step + 1, settings.optimizer().rate(step * settings.batch(), settings.schedule().samples()));
        Map<String, Tensor> inputs = new HashMap<>(rates);
        inputs.putAll(batch.inputs());
        return inputs;
    }

    /** A sheet of lessons, once: what is damaged and what must still be named is worth a look before a long run. */
    @Override
    public void snapshot(Path folder, long step) {
        if (step > 0) {
            return;
        }
        int size = settings.network().size();
        LessonMaker maker = new LessonMaker(settings.seed(), size);
        Lesson lesson = new Lesson(size);
        List<Picture> pictures = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        for (int i = 0; i < SHOWN; i++) {
            maker.make(i, lesson);
            pictures.add(Picture.fromFloats(size, size, lesson.picture, 0));
            captions.add(lesson.describe());
        }
        Png.write(new ContactSheet(8, 2 * size).draw(pictures, ContactSheet.hasFonts() ? captions : List.of()), Map.of(),
                folder.resolve("lessons.png"), true);
    }

    @Override
    public void export(Path folder, String name, long samples) {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> weights = new LinkedHashMap<>();
            for (Parameters.Declaration declaration : learned.declarations()) {
                Tensor home = Tensor.allocate(scratch, DType.F32, declaration.shape());
                session().get(Recogniser.NETWORK + "/" + declaration.name(), home);
                weights.put(declaration.name(), home);
            }
            RecogniserFiles.write(folder, new RecogniserFiles.Config(1, name, settings.network(), samples, settings.seed()), weights);
        }
        try (Recogniser finished = Recogniser.open(folder, backend)) {
            RecogniserExam exam = RecogniserExam.of(finished, settings.seed() + EXAM_SEED, settings.exam());
            RecogniserFiles.writeCard(folder, name, settings, samples, exam);
        }
    }

    @Override
    public void close() {
        if (executable != null) {
            executable.close();
        }
        super.close();
        arena.close();
    }
}
