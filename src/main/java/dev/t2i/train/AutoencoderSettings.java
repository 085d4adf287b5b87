package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.gan.Channels;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.Posterior;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that shapes the training of a generator as the decoder of a conditional variational autoencoder.
 *
 * @param size edge of the pictures in pixels
 * @param augment what is done to pictures before they are learnt
 * @param start a text-to-image model's folder whose generator and inference network to start from; without it, random weights
 * @param posterior channels of the inference network, from the picture down to 4x4; with fewer than the size needs it sees the
 *     picture averaged to the size that they need
 * @param divergence weight of a nat of Kullback-Leibler divergence against the mean difference of pixels in [-1, 1], at first
 * @param finalDivergence the same at the end; in between it grows by a constant factor. Cheap noise learns fast where things
 *     stand; dear noise then leaves to the text what the text says
 * @param contrast share of a pixel's weight in the difference that goes by how far it stands out from what is around it in the real
 *     picture; the rest is alike everywhere
 * @param learn what learns
 * @param recompute whether activations inside the blocks of generator, discriminator and inference network are computed again for
 *     gradients rather than kept: less memory for some time, with the same results
 * @param accumulate how many parts each batch is worked off in, one after another, for less memory: the gradient is that of the whole batch
 * @param truncation factor on the noise that the finished model draws with unless told otherwise
 * @param learningRate of generator and inference network
 * @param warmup samples over which learning rates rise from zero; then they follow half a cosine down to zero
 */
public record AutoencoderSettings(
        TaskKind task,
        @Default("1") long seed,
        @Range(min = 8, max = 1024) int size,
        @Range(min = 2, max = 4096) int batch,
        AugmentSettings augment,
        Schedule schedule,
        GanSettings.Text text,
        GeneratorSettings generator,
        List<Integer> posterior,
        @Range(above = 0) @Default("0.001") double divergence,
        @Range(above = 0) @Default("0.004") double finalDivergence,
        @Range(min = 0, max = 1) @Default("0") double contrast,
        @Range(min = 0, max = 1) @Default("0.001") double learningRate,
        @Range(min = 0) @Default("4000") long warmup,
        GanSettings.Average average,
        Optional<String> start,
        @Default("all") Learning learn,
        @Default("false") boolean recompute,
        @Range(min = 1, max = 4096) @Default("1") int accumulate,
        @Range(min = 0, max = 4) @Default("1") double truncation) implements PictureSettings {

    /** What learns: everything; or the generator's prior alone, all else staying as {@code start} has it, many times faster. */
    public enum Learning { ALL, PRIOR }

    public AutoencoderSettings {
        if (learn == Learning.PRIOR) {
            if (generator.priorBlocks() == 0) {
                throw new IllegalArgumentException("learn is prior, but generator.prior_blocks is 0; set it to the start's");
            }
            if (start.isEmpty()) {
                throw new IllegalArgumentException("learn is prior, so all else must come from a model; name its folder as start");
            }
            if (text.train() != GanSettings.TextTraining.NONE) {
                throw new IllegalArgumentException("learn is prior, but text.train is %s; set it to none".formatted(text.train().name().toLowerCase(Locale.ROOT)));
            }
        }
        if (batch % accumulate != 0) {
            throw new IllegalArgumentException("accumulate is %d, which does not divide the batch of %d into equal parts".formatted(accumulate, batch));
        }
        posterior = Channels.check("posterior", posterior);
        Channels.requireAtMost("posterior", posterior, size);
        generator.requireSize("generator", size);
        if (generator.kind() != GeneratorSettings.Kind.MAPPED && generator.kind() != GeneratorSettings.Kind.DF_GAN) {
            throw new IllegalArgumentException("generator.kind is %s; an autoencoder's decoder is mapped or df_gan".formatted(generator.kind().name().toLowerCase(Locale.ROOT)));
        }
    }

    /** One line for people where they ask for what a prior's training by itself does not have. */
    Optional<String> remark() {
        List<String> asked = new ArrayList<>();
        if (accumulate > 1) {
            asked.add("accumulate");
        }
        if (recompute) {
            asked.add("recompute");
        }
        if (contrast > 0) {
            asked.add("contrast");
        }
        return learn == Learning.ALL || asked.isEmpty() ? Optional.empty()
                : Optional.of("learn is prior, whose steps paint nothing and are not parted: they go without " + String.join(", ", asked));
    }

    Posterior buildPosterior() {
        return new Posterior(generator.noiseWidth(), text.adapter().width(), generator.spatialNoise(), posterior);
    }

    /** The weight of a nat after {@code done} samples. */
    double divergence(long done) {
        return divergence * Math.pow(finalDivergence / divergence, Math.min(1, done / (double) schedule.samples()));
    }

    /** The factor on learning rates after {@code done} samples. */
    double factor(long done) {
        return MatchingSettings.factor(done, warmup, schedule.samples());
    }
}
