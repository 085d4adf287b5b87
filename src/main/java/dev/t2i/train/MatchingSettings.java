package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;
import dev.t2i.gan.AdapterSettings;
import dev.t2i.gan.DamsmSettings;
import dev.t2i.gan.MatchingConfig;
import java.util.List;
import java.util.Optional;

/**
 * Everything that shapes the training of a matching model: a text encoder and an image encoder that agree on which
 * sentence fits which picture.
 *
 * @param size edge of the pictures in pixels
 * @param encoder the encoder's folder to start from; it is trained along
 * @param recurrent a new bidirectional LSTM with that folder's vocabulary instead
 * @param text the adapter behind it
 * @param image channels of the image encoder, from the full picture down to 4x4; none with damsm.inception
 * @param damsm also words and regions, rather than only wholes; then its gammas are in the place of {@code sharpness}
 * @param sharpness factor on the cosines
 * @param learningRate of adapter and image encoder
 * @param encoderRate of the encoder
 * @param warmup samples over which learning rates rise from zero; then they follow half a cosine down to zero
 */
public record MatchingSettings(
        TaskKind task,
        @Default("1") long seed,
        @Range(min = 8, max = 1024) int size,
        @Range(min = 2, max = 4096) int batch,
        Schedule schedule,
        String encoder,
        Optional<Recurrent> recurrent,
        AdapterSettings text,
        @Default("[]") List<Integer> image,
        Optional<DamsmSettings> damsm,
        @Range(min = 0) @Default("10") double sharpness,
        @Range(min = 0, max = 1) @Default("0.001") double learningRate,
        @Range(min = 0, max = 1) @Default("0.0003") double encoderRate,
        @Range(min = 0) @Default("4000") long warmup) {

    public MatchingSettings {
        image = MatchingConfig.checkImage(image, size, damsm);
    }

    /**
     * AttnGAN's encoder (Xu et al. 2018).
     *
     * @param embedding its width
     * @param hidden width of the state of each direction
     * @param dropout share of the embeddings that falls out in training
     * @param clip limit on the norm of the encoder's gradient, 0 for none
     */
    public record Recurrent(
            @Range(min = 1, max = 8192) @Default("300") int embedding,
            @Range(min = 1, max = 8192) @Default("128") int hidden,
            @Range(min = 0, below = 1) @Default("0.5") double dropout,
            @Range(min = 0) @Default("0.25") double clip) {}

    /** What a model made with these settings says of itself. */
    public MatchingConfig config(long samples) {
        return new MatchingConfig(1, size, text, image, samples, damsm.map(DamsmSettings::inFolder));
    }

    /** The factor on learning rates after {@code done} samples. */
    double factor(long done) {
        return factor(done, warmup, schedule.samples());
    }

    /** Rises from zero to one over {@code warmup} samples and follows half a cosine down to zero at {@code total}. */
    static double factor(long done, long warmup, long total) {
        double rise = warmup == 0 ? 1 : Math.min(1, (done + 1.0) / warmup);
        double progress = Math.min(1, done / (double) total);
        return rise * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
}
