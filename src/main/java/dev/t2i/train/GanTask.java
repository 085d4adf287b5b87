package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.data.CaptionedImages;
import dev.t2i.gan.Matcher;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Training a text-to-image model as a game of two networks: {@link GanProgram}'s graphs, fed with captioned pictures. */
public final class GanTask extends PictureTask {
    private record StepKind(boolean penalized, boolean drawing) {}

    private final GanSettings settings;
    private final TextSource source;
    private final GanProgram program;
    private final GanProgram.Step declared;
    private final Map<StepKind, Executable> steps = new HashMap<>();
    /** Draws latent variables for a step, where the generator has a prior. */
    private Drawing dreaming;

    /** For the parameters see {@link PictureTask.Materials}. */
    public GanTask(GanSettings settings, TextSource source, Optional<ModelStart> start, CaptionedImages data, String dataName, Backend backend) {
        super(settings, new Materials(source, start, data, dataName, backend));
        this.settings = settings;
        this.source = source;
        Optional<Matcher> guide = settings.loss().matching() > 0
                ? Optional.of(source.requireGuide(settings.size(), settings.text().adapter(), settings.loss().matchingSharpness())) : Optional.empty();
        inputs.put(SameCaptions.INPUT, Tensor.allocate(arena, DType.F32, Shape.of(settings.batch(), 2 * settings.batch())));
        this.program = new GanProgram(settings, conditioning.text(), guide);
        this.declared = program.step(true, true);
        inputs.put(GanProgram.PENALTY_KEYS, Tensor.allocate(arena, DType.I32, Shape.of(settings.batch(), 4)));
        program.shown().allocateInputs(inputs, arena);
        program.generatorAdam().allocateInputs(inputs, arena);
        program.discriminatorAdam().allocateInputs(inputs, arena);
        program.textAdam().allocateInputs(inputs, arena);
    }

    @Override
    List<Parameters.Declaration> generatorDeclarations() {
        return declared.generator().declarations();
    }

    @Override
    int generatorInterval() {
        return settings.criticIterations();
    }

    @Override
    Parameters adapterPlace() {
        return declared.adapter();
    }

    @Override
    Optional<Parameters> posteriorPlace() {
        return declared.posterior();
    }

    @Override
    Optional<Parameters> discriminatorPlace() {
        return Optional.of(declared.discriminator());
    }

    @Override
    List<Learned> learned() {
        List<Learned> networks = new ArrayList<>();
        networks.add(new Learned(GanProgram.GENERATOR, generatorDeclarations(), program.generatorAdam()));
        networks.add(new Learned(GanProgram.DISCRIMINATOR, declared.discriminator().declarations(), program.discriminatorAdam()));
        networks.addAll(conditioning.learned(declared.adapter(), declared.encoder(), program.textAdam()));
        declared.posterior().ifPresent(place -> networks.add(new Learned(GanProgram.POSTERIOR, place.declarations(), program.generatorAdam())));
        return networks;
    }

    @Override
    Map<String, Double> scalars() {
        return program.shown().states();
    }

    @Override
    public Optional<String> remark() {
        return settings.remark();
    }

    @Override
    public void compile() {
        declared.guide().ifPresent(guide -> Learned.put(session(), GanProgram.MATCHING, source.guideWeights(guide.declarations(), arena)));
        conditioning.compile(session(), declared.adapter(), 2 * settings.batch(), arena);
        if (settings.buildGenerator().prior().isPresent()) {
            dreaming = draws(settings.batch(), conditioning.learning(), false);
        }
        int interval = settings.loss().penaltyInterval();
        compileStep(true, true);
        if (interval > 1) {
            compileStep(false, true);
        }
        if (settings.criticIterations() > 1) {
            compileStep(true, false);
            if (interval > 1) {
                compileStep(false, false);
            }
        }
    }

    private void compileStep(boolean penalized, boolean draws) {
        steps.put(new StepKind(penalized, draws), session().compile(program.step(penalized, draws).graph()));
    }

    @Override
    protected Executable executable(long step) {
        boolean penalized = step % settings.loss().penaltyInterval() == 0;
        boolean draws = step % settings.criticIterations() == settings.criticIterations() - 1;
        return steps.get(new StepKind(penalized, draws));
    }

    @Override
    protected Map<String, Tensor> inputs(long step, Feed.Batch batch) {
        Map<String, List<String>> sentences = new LinkedHashMap<>();
        sentences.put(GanProgram.CAPTIONS, batch.captions());
        sentences.put(GanProgram.WRONG_CAPTIONS, batch.wrongCaptions());
        feed(step, batch, sentences);
        SameCaptions.fill(inputs.get(SameCaptions.INPUT), sentences.get(GanProgram.CAPTIONS), sentences.get(GanProgram.WRONG_CAPTIONS));
        NoiseKeys.fill(inputs.get(GanProgram.PENALTY_KEYS), settings.seed(), NoiseKeys.PENALTIES, step);
        program.shown().feed(inputs, settings.seed(), step, batch.examples());
        if (dreaming != null) {
            inputs.put(GanProgram.LATENT, dreaming.latent(inputs, inputs.get(GanProgram.NOISE_KEYS)));
        }
        double factor = settings.optimizer().factor(step * settings.batch(), settings.schedule().samples());
        long generatorUpdates = step / settings.criticIterations() + 1;
        program.discriminatorAdam().feed(inputs, step + 1, settings.optimizer().discriminatorRate() * factor);
        program.generatorAdam().feed(inputs, generatorUpdates, settings.optimizer().generatorRate() * factor);
        program.textAdam().feed(inputs, generatorUpdates, settings.text().learningRate() * factor);
        return inputs;
    }

    @Override
    public void close() {
        steps.values().forEach(Executable::close);
        if (dreaming != null) {
            dreaming.close();
        }
        super.close();
    }
}
