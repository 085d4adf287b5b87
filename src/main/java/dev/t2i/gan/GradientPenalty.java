package dev.t2i.gan;

import dev.t2i.graph.Gradients;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;

/** Penalties on the slope of the discriminator's score, by true second-order gradients unless said otherwise. */
public enum GradientPenalty {
    NONE {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            return shown.real.graph().scalar(0);
        }
    },
    /** Mescheder et al. 2018, on real pictures: {@code weight / 2 * E ‖∇x‖²}. */
    R1 {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            return mean(squaredSlope(shown.realScores, shown.real)).mul(weight / 2);
        }
    },
    /** The same on drawn pictures. */
    R2 {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            return mean(squaredSlope(shown.fakeScores, shown.fake)).mul(weight / 2);
        }
    },
    /** Both, as R3GAN (Huang et al. 2024) has them. */
    R1_R2 {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            return R1.of(shown, weight, noise).add(R2.of(shown, weight, noise));
        }
    },
    /** R1 on picture and matching text together: {@code weight / 2 * E ‖∇(x,e)‖²}. */
    MATCHING_AWARE_R1 {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            return mean(squaredSlope(shown.realScores, shown.real, shown.text)).mul(weight / 2);
        }
    },
    /** DF-GAN's matching-aware penalty (Tao et al. 2022): {@code weight * E ‖∇(x,e)‖⁶}; the paper's weight is 2. */
    MATCHING_AWARE {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            Value squared = squaredSlope(shown.realScores, shown.real, shown.text);
            return mean(squared.mul(squared).mul(squared)).mul(weight);
        }
    },
    /**
     * WGAN-GP (Gulrajani et al. 2017): {@code weight * E (‖∇x‖ - 1)²} at pictures somewhere between a real one and a drawn one, with
     * the real one's text; the paper's weight is 10.
     */
    WGAN_GP {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            Value between = between(shown.real, shown.fake, share(shown, 0));
            return distanceFromOne(squaredSlope(shown.score.apply(between, shown.text), between)).mul(weight);
        }
    },
    /**
     * The same of the picture and of the text, each by itself, at texts somewhere between a picture's own and another's:
     * {@code weight * E [(‖∇x‖ - 1)² + (‖∇e‖ - 1)²]}, which holds the score's slope to one where distances of pictures and of texts add up. Where the slope is held
     * at pictures alone, or at fitting texts alone, a critic that is shown mismatched ones is free to set them apart ever further; where both share one norm, the
     * text takes all of it and nothing is left to tell a drawing from a picture.
     */
    MATCHING_AWARE_GP {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            Value pictures = between(shown.real, shown.fake, share(shown, 0));
            Value texts = between(shown.text, shown.others, share(shown, 1));
            List<Value> slopes = squaredSlopes(shown.score.apply(pictures, texts), pictures, texts);
            return distanceFromOne(slopes.get(0)).add(distanceFromOne(slopes.get(1))).mul(weight);
        }
    },
    /**
     * Lin et al. 2025 (APT), R1 without a gradient of a gradient: {@code weight * E (D(x) - D(x + n))²} for normal noise {@code n} of
     * deviation {@code noise}; the paper has weight 100 and deviation 0.01.
     */
    NOISE_R1 {
        @Override
        public Value of(Shown shown, double weight, double noise) {
            Value shaken = shown.real.add(shown.real.graph().normal(shown.keys.get(), shown.real.shape()).mul(noise));
            return mean(shown.realScores.sub(shown.score.apply(shaken, shown.text)).square()).mul(weight);
        }
    };

    /**
     * What a discriminator was shown in a step. Pictures and text are the values that the scores were traced from.
     *
     * @param real pictures {@code [n, size, size, 3]}
     * @param realScores theirs with the matching text, {@code [n]}
     * @param fake drawn pictures, behind which no gradient passes
     * @param fakeScores theirs with the same text
     * @param text {@code [n, textWidth]}
     * @param others texts of other pictures in the same rows
     * @param score gives the scores of other pictures with that or other texts
     * @param keys gives keys for random numbers, I32 {@code [n, 4]}
     */
    public record Shown(Value real, Value realScores, Value fake, Value fakeScores, Value text, Value others, BinaryOperator<Value> score,
            Supplier<Value> keys) {}

    /**
     * The penalty, a scalar.
     *
     * @param noise of {@link #NOISE_R1}: the noise's deviation
     */
    public abstract Value of(Shown shown, double weight, double noise);

    /** Squared norm of each row's gradient with respect to all of {@code leaves} together, {@code [n]}. */
    static Value squaredSlope(Value scores, Value... leaves) {
        return squaredSlopes(scores, leaves).stream().reduce(Value::add).orElseThrow();
    }

    /** The same of each leaf by itself. */
    private static List<Value> squaredSlopes(Value scores, Value... leaves) {
        int n = scores.dim(0);
        return Gradients.of(scores.sum(), List.of(leaves)).stream()
                .map(slope -> slope.reshape(n, (int) (slope.shape().size() / n)).square().sum(1).reshape(n)).toList();
    }

    /** One of two uniform numbers a picture, {@code [n, 1]}. */
    private static Value share(Shown shown, int which) {
        return shown.real.graph().uniform(shown.keys.get(), Shape.of(shown.real.dim(0), 2)).slice(1, which, which + 1);
    }

    /** What lies somewhere on the way from the first to the second in the same row. */
    private static Value between(Value first, Value second, Value share) {
        int[] ones = new int[first.shape().rank()];
        Arrays.fill(ones, 1);
        ones[0] = first.dim(0);
        Value shares = share.reshape(ones);
        return first.mul(shares).add(second.mul(shares.neg().add(1))).stopGradient();
    }

    private static Value distanceFromOne(Value squaredSlope) {
        // Under the root, so that a flat place has a derivative.
        return mean(squaredSlope.add(1e-12).sqrt().sub(1).square());
    }

    private static Value mean(Value perPicture) {
        return perPicture.mean().reshape(Shape.SCALAR);
    }
}
