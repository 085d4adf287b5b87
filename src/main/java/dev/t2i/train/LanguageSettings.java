package dev.t2i.train;

import dev.t2i.config.Default;
import dev.t2i.config.Range;

/**
 * Everything that shapes the training of a small GPT-2 on texts.
 *
 * @param vocabSize tokens of the byte-pair vocabulary that is learned first, 257 at least
 * @param minFrequency how often a pair of tokens must occur to become one
 * @param positions longest sequence of the model, its end-of-text included
 * @param embedding width of the hidden states
 * @param normalise whether texts are brought into the form in which sentences condition pictures: lower case, single
 *                  blanks, no quotes and no closing punctuation
 * @param heldOut share of the texts that is only measured on
 */
public record LanguageSettings(
        @Default("1") long seed,
        @Range(min = 1, max = 4096) int batch,
        Schedule schedule,
        @Range(min = 257, max = 1_000_000) int vocabSize,
        @Range(min = 1) @Default("2") int minFrequency,
        @Range(min = 2, max = 4096) int positions,
        @Range(min = 1, max = 4096) int embedding,
        @Range(min = 1, max = 128) int layers,
        @Range(min = 1, max = 128) int heads,
        @Default("false") boolean normalise,
        @Range(min = 0, max = 0.5) @Default("0.01") double heldOut,
        Optimizer optimizer) {

    public LanguageSettings {
        if (embedding % heads != 0) {
            throw new IllegalArgumentException("embedding must be a multiple of heads, %d is none of %d".formatted(embedding, heads));
        }
    }

    /**
     * AdamW.
     *
     * @param warmup samples over which the learning rate rises from zero; then it follows half a cosine
     * @param floor what is left of the learning rate at the end
     */
    public record Optimizer(
            @Range(above = 0, max = 1) @Default("0.001") double learningRate,
            @Range(min = 0, below = 1) @Default("0.9") double beta1,
            @Range(min = 0, below = 1) @Default("0.98") double beta2,
            @Range(min = 0, max = 1) @Default("0.01") double weightDecay,
            @Range(min = 0) @Default("4000") long warmup,
            @Range(min = 0, max = 1) @Default("0.05") double floor) {

        /** The learning rate after {@code done} of {@code total} samples. */
        double rate(long done, long total) {
            double rise = warmup == 0 ? 1 : Math.min(1, (done + 1.0) / warmup);
            double progress = Math.min(1, done / (double) total);
            return learningRate * rise * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
        }
    }
}
