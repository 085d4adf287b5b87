package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.gan.AdapterSettings;
import dev.t2i.gan.AdversarialLoss;
import dev.t2i.gan.Channels;
import dev.t2i.gan.Discriminator;
import dev.t2i.gan.DiffAugmentSettings;
import dev.t2i.gan.DiscriminatorSettings;
import dev.t2i.gan.GradientPenalty;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.Posterior;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that shapes the training of a text-to-image model.
 *
 * @param size edge of the pictures in pixels
 * @param augment what is done to real pictures before both networks see them
 * @param diffAugment what real and drawn pictures are changed by before the discriminator sees them
 * @param criticIterations discriminator updates for each generator update
 * @param truncation factor on the noise that the finished model draws with unless told otherwise
 * @param recompute whether activations inside the blocks of generator, discriminator and inference network are computed again for
 *     gradients rather than kept: less memory for some time, with the same results
 * @param accumulate how many parts each batch is worked off in, one after another, for less memory: the update is that of the whole batch,
 *     but batch normalisation goes by parts
 * @param start a text-to-image model's folder whose generator to start from; without it, random weights
 */
public record GanSettings(
        TaskKind task,
        @Default("1") long seed,
        @Range(min = 8, max = 1024) int size,
        @Range(min = 2, max = 4096) int batch,
        AugmentSettings augment,
        DiffAugmentSettings diffAugment,
        @Range(min = 1, max = 100) @Default("1") int criticIterations,
        Schedule schedule,
        Text text,
        GeneratorSettings generator,
        DiscriminatorSettings discriminator,
        Loss loss,
        Optimizer optimizer,
        Average average,
        Optional<String> start,
        Reconstruction reconstruction,
        @Default("false") boolean recompute,
        @Range(min = 1, max = 4096) @Default("1") int accumulate,
        @Range(min = 0, max = 4) @Default("1") double truncation) implements PictureSettings {

    public GanSettings {
        generator.requireSize("generator", size);
        discriminator.requireSizes(generator.sizes());
        requireFitting(generator, discriminator, loss);
        requireParts(accumulate, batch, generator, discriminator);
        if (generator.needsStart() && start.isEmpty()) {
            throw new IllegalArgumentException("generator.stages is 2, and Stage II is built upon a Stage I that stays as it is; name its model folder as start");
        }
        if (reconstruction.weight > 0 && generator.kind() != GeneratorSettings.Kind.MAPPED && generator.kind() != GeneratorSettings.Kind.DF_GAN) {
            throw new IllegalArgumentException("reconstruction.weight is %s, which needs generator.kind mapped or df_gan".formatted(reconstruction.weight));
        }
        if (reconstruction.weight > 0) {
            Channels.requireAtMost("reconstruction.channels", Channels.check("reconstruction.channels", reconstruction.channels), size);
        } else if (generator.priorBlocks() > 0) {
            throw new IllegalArgumentException("generator.prior_blocks is %d, but a prior learns from reconstructions; set reconstruction.weight above 0"
                    .formatted(generator.priorBlocks()));
        }
    }

    /** Refuses parts of a batch that its networks could not take for the batch. */
    private static void requireParts(int accumulate, int batch, GeneratorSettings generator, DiscriminatorSettings discriminator) {
        if (batch % accumulate != 0) {
            throw new IllegalArgumentException("accumulate is %d, which does not divide the batch of %d into equal parts".formatted(accumulate, batch));
        }
        int rows = batch / accumulate;
        if (rows % discriminator.groups(batch) != 0) {
            throw new IllegalArgumentException(("accumulate is %d, which leaves %d pictures to a part, but discriminator.batch_deviation looks at groups of %d; "
                    + "choose parts of a multiple of that").formatted(accumulate, rows, discriminator.groups(batch)));
        }
        if (rows == 1 && (generator.normalisesBatches() || discriminator.normalisesBatches())) {
            throw new IllegalArgumentException("accumulate is %d, which leaves 1 picture to a part, but batch normalisation needs more; choose fewer parts"
                    .formatted(accumulate));
        }
    }

    /** Refuses losses of what these networks do not have. */
    private static void requireFitting(GeneratorSettings generator, DiscriminatorSettings discriminator, Loss loss) {
        Terms terms = loss.terms;
        if (!discriminator.judgesAlone() && terms.realAlone + terms.fakeAlone + terms.generatorAlone > 0) {
            throw new IllegalArgumentException("loss.terms weigh judgements of pictures alone, which need discriminator.kind stacked and discriminator.alone");
        }
        if (generator.kind() != GeneratorSettings.Kind.ATTNGAN && generator.augments() && loss.oneWrong > 0) {
            throw new IllegalArgumentException("loss.one_wrong is %s, but discriminators of %s hear of texts only what the generator made of its own; set it to 0"
                    .formatted(loss.oneWrong, generator.kind().name().toLowerCase(Locale.ROOT)));
        }
        if (loss.augmentation > 0 && !generator.augments()) {
            throw new IllegalArgumentException("loss.augmentation is %s, but the generator has no conditioning augmentation".formatted(loss.augmentation));
        }
        if (loss.colours > 0 && generator.sizes().size() == 1) {
            throw new IllegalArgumentException("loss.colours is %s, but the generator paints pictures of one size".formatted(loss.colours));
        }
    }

    /** Which networks the text side trains together with the GAN. */
    public enum TextTraining { NONE, ADAPTER, ALL }

    /**
     * Where text features come from.
     *
     * @param encoder an encoder's folder, such as a GPT-2, a matching model's folder, or {@code default} for the model that ships
     * @param train what is trained along: nothing, the adapter, or the encoder too
     * @param learningRate of whatever is trained along
     */
    public record Text(
            @Default("default") String encoder,
            AdapterSettings adapter,
            @Default("none") TextTraining train,
            @Range(min = 0, max = 1) @Default("0.0001") double learningRate) {}

    /**
     * What the networks are trained for.
     *
     * @param oneWrong share of captions with one attribute wrong among the mismatched pairs; the rest are other pictures' captions
     * @param penaltyInterval steps from one penalty to the next; its weight grows by as much
     * @param matching weight of the matching loss in the generator's loss; needs an encoder folder with a matching model
     * @param matchingSharpness factor on the cosines in that loss
     * @param mismatches how pictures come to other pictures' captions
     * @param terms weights of the parts of the adversarial loss
     * @param penaltyNoise of penalty {@code noise_r1}: deviation of the noise
     * @param clip limit on each of the discriminator's parameters, 0 for none
     * @param augmentation weight of the conditioning augmentation's divergence, mean over its components
     * @param colours weight of the colours' consistency over sizes
     */
    public record Loss(
            @Default("hinge") AdversarialLoss adversarial,
            @Range(min = 0, max = 1) @Default("0.5") double oneWrong,
            @Default("matching_aware_r1") GradientPenalty penalty,
            @Range(min = 0) @Default("0.2") double penaltyWeight,
            @Range(min = 1) @Default("8") int penaltyInterval,
            @Range(min = 0) @Default("0") double matching,
            @Range(min = 0) @Default("10") double matchingSharpness,
            @Default("shifted") Mismatches mismatches,
            Terms terms,
            @Range(min = 0) @Default("0.01") double penaltyNoise,
            @Range(min = 0) @Default("0") double clip,
            @Range(min = 0) @Default("0") double augmentation,
            @Range(min = 0) @Default("0") double colours) {}

    /** Which pairs of pictures and captions of a batch do not match. */
    public enum Mismatches {
        /** Each picture but the last with the next one's caption, as StackGAN and AttnGAN have it. */
        SHIFTED,
        /** Each caption with the next picture, the last with the first one, as DF-GAN has it. */
        ROLLED
    }

    /**
     * Weights of the adversarial loss's parts, at each size. Those of pictures alone count where the discriminators judge without
     * text too. A relativistic loss has no part of real pictures by themselves.
     *
     * @param real pictures with their captions
     * @param mismatched real pictures with captions that do not fit
     * @param fake drawn pictures with the captions that they were drawn for
     * @param realAlone real pictures without captions
     * @param fakeAlone drawn pictures without captions
     * @param generatorAlone the generator's loss on its pictures without captions, beside 1 for those with captions
     */
    public record Terms(
            @Range(min = 0) @Default("1") double real,
            @Range(min = 0) @Default("0.5") double mismatched,
            @Range(min = 0) @Default("0.5") double fake,
            @Range(min = 0) @Default("0") double realAlone,
            @Range(min = 0) @Default("0") double fakeAlone,
            @Range(min = 0) @Default("0") double generatorAlone) {}

    /**
     * Adam for both networks.
     *
     * @param warmup samples over which learning rates rise from zero
     * @param decay share of the run, at its end, over which learning rates fall linearly to {@code floor} of themselves
     */
    public record Optimizer(
            @Range(min = 0, max = 1) @Default("0.0002") double generatorRate,
            @Range(min = 0, max = 1) @Default("0.0004") double discriminatorRate,
            @Range(min = 0, below = 1) @Default("0") double beta1,
            @Range(min = 0, below = 1) @Default("0.99") double beta2,
            @Range(min = 0) @Default("2000") long warmup,
            @Range(min = 0, max = 1) @Default("0") double decay,
            @Range(min = 0, max = 1) @Default("0.05") double floor) {

        /** The factor on learning rates after {@code done} of {@code total} samples. */
        public double factor(long done, long total) {
            double rise = warmup == 0 ? 1 : Math.min(1, (done + 1.0) / warmup);
            double start = total * (1 - decay);
            double fall = decay == 0 || done <= start ? 1 : 1 - (1 - floor) * (done - start) / (total - start);
            return rise * Math.max(floor, fall);
        }
    }

    /**
     * The exponential moving average of the generator, and of a text side that learns along, which is what draws.
     *
     * @param halfLife in samples; 0 for none, and then what draws is as it stands
     * @param ramp the half-life is at most this share of the samples so far
     */
    public record Average(
            @Range(min = 0) @Default("10000") double halfLife,
            @Range(min = 0) @Default("0.05") double ramp) {

        /** How much of the average stays in step {@code step}, counted from 0, where it moves once in {@code interval} of them. */
        public double decay(long step, int batch, int interval) {
            double life = Math.max(1e-8, Math.min(halfLife, ramp * ((step + 1) * batch)));
            return Math.pow(0.5, (double) interval * batch / life);
        }
    }

    /**
     * Drawing real pictures again from what an inference network makes of them (cVAE-GAN, Bao et al. 2017; BicycleGAN,
     * Zhu et al. 2017), beside the pictures drawn from plain noise.
     *
     * @param weight of the difference of pixels in the generator's loss; 0 for none of it
     * @param divergence weight of a nat of Kullback-Leibler divergence against the mean difference of pixels
     * @param share of each batch that is drawn so
     * @param channels of the inference network, from the picture, averaged to the size that they need, down to 4x4
     */
    public record Reconstruction(
            @Range(min = 0) @Default("0") double weight,
            @Range(min = 0) @Default("0.001") double divergence,
            @Range(above = 0, max = 1) @Default("0.5") double share,
            @Default("[]") List<Integer> channels) {}

    /** The inference network, where reconstruction is asked for. */
    public Optional<Posterior> buildPosterior() {
        if (reconstruction.weight == 0) {
            return Optional.empty();
        }
        return Optional.of(new Posterior(generator.noiseWidth(), text.adapter().width(), generator.spatialNoise(), reconstruction.channels));
    }

    /** How a batch is worked off. */
    Parts parts() {
        return new Parts(batch, accumulate, discriminator.groups(batch));
    }

    /** One line for people where parts of a batch are not quite the whole: PyTorch's batch normalisation, too, goes by what passes at a time. */
    Optional<String> remark() {
        if (accumulate == 1 || !generator.normalisesBatches() && !discriminator.normalisesBatches()) {
            return Optional.empty();
        }
        return Optional.of("accumulate is %d: batch normalisation goes by parts of %d pictures, not by the batch of %d".formatted(accumulate, batch / accumulate, batch));
    }

    /** One for each size that the generator paints, the smallest first. */
    public List<Discriminator> buildDiscriminators() {
        return discriminator.build(buildGenerator().toldWidth(), buildGenerator().sizes());
    }
}
