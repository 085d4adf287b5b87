package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.DamsmSettings;
import dev.t2i.gan.InceptionV3;
import dev.t2i.gan.InceptionWeights;
import dev.t2i.gan.MatchingConfig;
import dev.t2i.gan.Matcher;
import dev.t2i.gan.ModelFolder;
import dev.t2i.gan.RegionEncoder;
import dev.t2i.gan.TextCondition;
import dev.t2i.text.CaptionEncoder;
import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.nn.Parameters;
import dev.t2i.safetensors.SafetensorsWriter;
import dev.t2i.safetensors.Weights;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Training a matching model contrastively, encoder included, see {@link Matcher}. */
public final class MatchingTask extends FedTask<Feed.Batch> {
    private static final String PICTURES = "pictures";
    /** The captions of a batch, then the wrong ones: as one batch, for an unrolled encoder's graph is long. */
    private static final String CAPTIONS = "captions";

    private final MatchingSettings settings;
    private final CaptionedImages data;
    private final Backend backend;
    private final TextSide text;
    private final Arena arena = Arena.ofShared();
    private final Adam adam = new Adam("matching", 0.9, 0.99);
    private final Adam encoderAdam = new Adam("encoder", 0.9, 0.99);
    private final Graph graph = new Graph();
    private final Learned adapter;
    private final Learned image;
    private final Learned encoder;
    private final Map<String, Tensor> inputs = new HashMap<>();
    private Executable executable;

    public MatchingTask(MatchingSettings settings, Path encoderFolder, CaptionedImages data, Backend backend) {
        super(backend.open(), new Feed(data, settings.seed(), settings.batch(), settings.size()));
        this.settings = settings;
        this.data = data;
        this.backend = backend;
        CaptionEncoder source = CaptionEncoder.open(encoderFolder);
        CaptionEncoder chosen = settings.recurrent().map(r -> source.recurrent(r.embedding(), r.hidden(), settings.seed())).orElse(source);
        settings.text().requireFits("text", chosen);
        this.text = new TextSide(settings.text().heard(chosen), settings.text().tokens(), true, settings.recurrent().map(MatchingSettings.Recurrent::dropout).orElse(0.0));
        inputs.put(SameCaptions.INPUT, Tensor.allocate(arena, DType.F32, Shape.of(settings.batch(), 2 * settings.batch())));
        Parameters adapterPlace = Parameters.of(graph, GanProgram.ADAPTER);
        Parameters imagePlace = Parameters.of(graph, GanProgram.MATCHING);
        trace(adapterPlace, imagePlace);
        this.adapter = new Learned(GanProgram.ADAPTER, adapterPlace.declarations(), adam);
        this.image = new Learned(GanProgram.MATCHING, imagePlace.declarations(), adam);
        this.encoder = new Learned(TextSide.ENCODER, text.trained(graph).orElseThrow().declarations(), encoderAdam);
        adam.allocateInputs(inputs, arena);
        encoderAdam.allocateInputs(inputs, arena);
    }

    private void trace(Parameters adapterPlace, Parameters imagePlace) {
        int n = settings.batch();
        Value pictures = graph.input(PICTURES, DType.F32, Shape.of(n, settings.size(), settings.size(), 3));
        Matcher matcher = settings.config(0).buildMatcher(settings.sharpness());
        TextCondition texts = texts(adapterPlace, matcher);
        Matcher.Match match = matcher.match(imagePlace, matcher.look(imagePlace, pictures), new Matcher.Texts(texts.slice(0, n), texts.slice(n, 2 * n), () -> graph.input(SameCaptions.INPUT, DType.F32, Shape.of(n, 2 * n))));
        graph.output("loss", match.loss());
        graph.output("matched", match.matched());
        graph.output("over_wrong", match.overWrong());
        Adam.Update update = adam.minimize(match.loss(), imagePlace);
        graph.output("norm", update.gradientNorm());
        List<Adam.Update> updates = new ArrayList<>(List.of(update, encoderAdam.minimize(match.loss(), text.trained(graph).orElseThrow(),
                settings.recurrent().map(MatchingSettings.Recurrent::clip).orElse(0.0))));
        if (!adapterPlace.declarations().isEmpty()) {
            updates.add(1, adam.minimize(match.loss(), adapterPlace));
        }
        Adam.Update.makeAll(updates);
    }

    private TextCondition texts(Parameters adapterPlace, Matcher matcher) {
        int rows = 2 * settings.batch();
        Value sentences = settings.text().build().adapt(adapterPlace, text.pooled(graph, CAPTIONS, rows));
        return new TextCondition(sentences, matcher.usesWords() ? Optional.of(text.words(graph, CAPTIONS, rows)) : Optional.empty());
    }

    @Override
    public int batch() {
        return settings.batch();
    }

    @Override
    public List<Checkpoint.StateType> states() {
        List<Checkpoint.StateType> states = new ArrayList<>(adapter.states());
        states.addAll(image.states());
        states.addAll(encoder.states());
        return states;
    }

    @Override
    public void initialize() {
        try (Arena scratch = Arena.ofShared()) {
            adapter.initialize(session(), TextSource.freshAdapter(text.encoder(), settings.text(), adapter.declarations(), settings.seed(), data, backend, scratch));
        }
        image.initialize(session(), settings.seed());
        settings.damsm().flatMap(DamsmSettings::inception).ifPresent(this::putInception);
        encoder.initialize(session(), text.initialWeights());
    }

    private void putInception(String file) {
        try (Arena scratch = Arena.ofShared()) {
            Map<String, Tensor> named = new LinkedHashMap<>();
            InceptionWeights.load(Path.of(file), InceptionV3.Variant.TORCHVISION, scratch)
                    .forEach((name, tensor) -> named.put(RegionEncoder.INCEPTION + "." + name, tensor));
            Learned.put(session(), GanProgram.MATCHING, named);
        }
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
    protected Map<String, Tensor> inputs(long step, Feed.Batch batch) {
        inputs.put(PICTURES, batch.pictures());
        List<String> sentences = new ArrayList<>(batch.captions());
        sentences.addAll(batch.wrongCaptions());
        text.feed(inputs, Map.of(CAPTIONS, sentences), settings.seed(), step);
        SameCaptions.fill(inputs.get(SameCaptions.INPUT), batch.captions(), batch.wrongCaptions());
        double factor = settings.factor(step * settings.batch());
        adam.feed(inputs, step + 1, settings.learningRate() * factor);
        encoderAdam.feed(inputs, step + 1, settings.encoderRate() * factor);
        return inputs;
    }

    @Override
    public void snapshot(Path folder, long step) {
        // Two encoders draw nothing; their progress is in the figures.
    }

    @Override
    public void export(Path folder, String name, long samples) {
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            ModelExport.collect(session(), GanProgram.ADAPTER, adapter.declarations(), ModelFolder.ADAPTER, tensors, scratch);
            ModelExport.collect(session(), GanProgram.MATCHING, image.declarations(), MatchingConfig.IMAGE, tensors, scratch);
            settings.config(samples).write(folder);
            SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt").metadata("model", name);
            Set<String> exact = adapter.declarations().stream().filter(d -> !d.learned()).map(d -> ModelFolder.ADAPTER + "." + d.name()).collect(Collectors.toSet());
            tensors.forEach((tensor, value) -> writer.add(tensor, value, exact.contains(tensor) ? DType.F32 : DType.F16));
            writer.write(folder.resolve(Weights.SINGLE));
            ModelExport.encoder(folder, text, Optional.of(TextSide.ENCODER), session(), scratch);
        }
    }

    @Override
    public void close() {
        if (executable != null) {
            executable.close();
        }
        super.close();
        text.close();
        arena.close();
    }
}
