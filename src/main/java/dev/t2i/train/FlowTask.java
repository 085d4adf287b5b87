package dev.t2i.train;

import dev.t2i.backend.Backend;
import dev.t2i.backend.Executable;
import dev.t2i.data.CaptionedImages;
import dev.t2i.nn.Parameters;
import dev.t2i.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training a generator's flow alone, all else staying as the start has it: {@link FlowProgram}'s graphs, fed with captioned
 * pictures. Nothing is painted, so that many times more pictures pass than in an autoencoder's training.
 */
public final class FlowTask extends PictureTask {
    private final AutoencoderSettings settings;
    private final ModelStart start;
    private final Adam adam = new Adam("generator", 0.9, 0.99);
    private final Adam discriminatorAdam = new Adam("discriminator", 0.5, 0.99);
    private final FlowProgram program;
    private final FlowProgram.Step declared;
    private Executable plain;
    private Executable penalized;

    /** For the parameters see {@link PictureTask.Materials}. */
    public FlowTask(AutoencoderSettings settings, TextSource source, ModelStart start, CaptionedImages data, String dataName, Backend backend) {
        super(settings, new Materials(source, Optional.of(start), data, dataName, backend));
        this.settings = settings;
        this.start = start;
        this.program = new FlowProgram(settings, conditioning.text(), adam, discriminatorAdam);
        this.declared = program.step(true);
        adam.allocateInputs(inputs, arena);
        discriminatorAdam.allocateInputs(inputs, arena);
    }

    private boolean plays() {
        return settings.game().weight() > 0;
    }

    @Override
    List<Parameters.Declaration> generatorDeclarations() {
        List<Parameters.Declaration> declarations = new ArrayList<>(declared.painter().declarations());
        declarations.addAll(declared.flow().declarations());
        return declarations;
    }

    @Override
    List<Parameters.Declaration> learningOfGenerator() {
        return declared.flow().declarations();
    }

    @Override
    Parameters adapterPlace() {
        return declared.adapter();
    }

    @Override
    Optional<Parameters> posteriorPlace() {
        return Optional.of(declared.posterior());
    }

    @Override
    List<Learned> learned() {
        List<Learned> networks = new ArrayList<>();
        networks.add(new Learned(GanProgram.GENERATOR, declared.flow().declarations(), adam));
        if (plays()) {
            networks.add(new Learned(GanProgram.DISCRIMINATOR, declared.discriminator().declarations(), discriminatorAdam));
        }
        return networks;
    }

    @Override
    public void compile() {
        conditioning.compile(session(), declared.adapter(), plays() ? 2 * settings.batch() : settings.batch(), arena);
        try (Arena scratch = Arena.ofConfined()) {
            Map<String, Tensor> painter = firstGenerator(declared.painter().declarations(), scratch);
            Learned.put(session(), GanProgram.GENERATOR, painter);
            Learned.put(session(), GanProgram.AVERAGE, painter);
            Learned.put(session(), GanProgram.POSTERIOR, start.posterior(declared.posterior().declarations(), scratch));
        }
        plain = session().compile(program.step(false).graph());
        penalized = plays() ? session().compile(program.step(true).graph()) : plain;
    }

    @Override
    protected Executable executable(long step) {
        return step % settings.game().penaltyInterval() == 0 ? penalized : plain;
    }

    @Override
    protected Map<String, Tensor> inputs(long step, Feed.Batch batch) {
        Map<String, List<String>> sentences = new LinkedHashMap<>();
        sentences.put(GanProgram.CAPTIONS, batch.captions());
        if (plays()) {
            sentences.put(GanProgram.WRONG_CAPTIONS, batch.wrongCaptions());
        }
        feed(step, batch, sentences);
        double factor = settings.factor(step * settings.batch());
        adam.feed(inputs, step + 1, settings.learningRate() * factor);
        discriminatorAdam.feed(inputs, step + 1, settings.game().learningRate() * factor);
        return inputs;
    }

    @Override
    public void close() {
        if (plain != null) {
            plain.close();
            if (penalized != plain) {
                penalized.close();
            }
        }
        super.close();
    }
}
