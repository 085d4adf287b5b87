package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.gan.Channels;
import dev.t2i.gan.GeneratorSettings;
import dev.t2i.gan.GradientPenalty;
import dev.t2i.gan.LatentDiscriminator;
import dev.t2i.gan.Posterior;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that shapes the training of a generator as the decoder of a conditional variational autoencoder.
 *
 * @param size edge of the pictures in pixels
 * @param start a text-to-image model's folder whose generator and inference network to start from; without it, random weights
 * @param posterior channels of the inference network, from the full picture down to 4x4
 * @param divergence weight of a nat of Kullback-Leibler divergence against the mean difference of pixels in [-1, 1], at first
 * @param finalDivergence the same at the end; in between it grows by a constant factor. Cheap noise learns fast where things
 *     stand; dear noise then leaves to the text what the text says
 * @param learn what learns
 * @param game what the flow plays where it learns alone
 * @param truncation factor on the noise that the finished model draws with unless told otherwise
 * @param learningRate of generator and inference network
 * @param warmup samples over which learning rates rise from zero; then they follow half a cosine down to zero
 */
public record AutoencoderSettings(
        TaskKind task,
        @Default("1") long seed,
        @Range(min = 8, max = 1024) int size,
        @Range(min = 2, max = 4096) int batch,
        Schedule schedule,
        GanSettings.Text text,
        GeneratorSettings generator,
        List<Integer> posterior,
        @Range(above = 0) @Default("0.001") double divergence,
        @Range(above = 0) @Default("0.004") double finalDivergence,
        @Range(min = 0, max = 1) @Default("0.001") double learningRate,
        @Range(min = 0) @Default("4000") long warmup,
        GanSettings.Average average,
        Optional<String> start,
        @Default("all") Learning learn,
        Game game,
        @Range(min = 0, max = 4) @Default("1") double truncation) implements PictureSettings {

    /** What learns: everything; or the generator's flow alone, all else staying as {@code start} has it, many times faster. */
    public enum Learning { ALL, FLOW }

    /**
     * A game for the flow that learns alone: a discriminator of latent variables ({@link LatentDiscriminator}) beside the likelihood.
     *
     * @param weight of the discriminator's score in the flow's loss, beside its divergence in nats; 0 for no game
     * @param oneWrong share of captions with one attribute wrong among the mismatched pairs; the rest are other pictures' captions
     * @param penaltyWeight of {@link GradientPenalty#MATCHING_AWARE_R1}
     * @param penaltyInterval steps from one penalty to the next; its weight grows by as much
     * @param blocks of the discriminator's transformer
     * @param width of its tokens
     * @param learningRate of the discriminator
     */
    public record Game(
            @Range(min = 0) @Default("0") double weight,
            @Range(min = 0, max = 1) @Default("0.5") double oneWrong,
            @Range(min = 0) @Default("0.5") double penaltyWeight,
            @Range(min = 1) @Default("4") int penaltyInterval,
            @Range(min = 1, max = 16) @Default("3") int blocks,
            @Range(min = 1, max = 1024) @Default("96") int width,
            @Range(min = 0, max = 1) @Default("0.0004") double learningRate) {}

    public AutoencoderSettings {
        if (game.weight > 0 && learn != Learning.FLOW) {
            throw new IllegalArgumentException("game.weight is %s, but a game is played by the flow alone; set learn to flow, or the weight to 0".formatted(game.weight));
        }
        if (learn == Learning.FLOW) {
            if (generator.flowLayers() == 0) {
                throw new IllegalArgumentException("learn is flow, but generator.flow_layers is 0; set it to the start's");
            }
            if (start.isEmpty()) {
                throw new IllegalArgumentException("learn is flow, so all else must come from a model; name its folder as start");
            }
            if (text.train() != GanSettings.TextTraining.NONE) {
                throw new IllegalArgumentException("learn is flow, but text.train is %s; set it to none".formatted(text.train().name().toLowerCase(Locale.ROOT)));
            }
        }
        posterior = Channels.check("posterior", posterior);
        Channels.requireSize("posterior", posterior, size);
        Channels.requireSize("generator.channels", generator.channels(), size);
    }

    Posterior buildPosterior() {
        return new Posterior(generator.noiseWidth(), text.adapter().width(), generator.spatialNoise(), posterior);
    }

    LatentDiscriminator buildLatentDiscriminator() {
        return LatentDiscriminator.of(buildGenerator(), game.blocks, game.width);
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
