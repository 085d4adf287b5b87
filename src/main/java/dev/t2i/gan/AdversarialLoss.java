package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.Shape;

/**
 * What the two networks play for. Scores are unbounded, one a picture, {@code [n]}; every loss is a scalar. Beside the scores of
 * drawn or mismatched pictures stand those of the real, fitting ones in the same rows, which relativistic losses compare them with.
 */
public enum AdversarialLoss {
    /** Lim and Ye 2017: margins of one on both sides. */
    HINGE {
        @Override
        public Value real(Value scores) {
            return mean(scores.neg().add(1).relu());
        }

        @Override
        public Value fake(Value scores, Value real) {
            return mean(scores.add(1).relu());
        }

        @Override
        public Value generator(Value scores, Value real) {
            return mean(scores).neg();
        }
    },
    /** Goodfellow et al. 2014, the generator's loss replaced by the one that does not saturate. */
    NONSATURATING {
        @Override
        public Value real(Value scores) {
            return mean(Functions.softplus(scores.neg()));
        }

        @Override
        public Value fake(Value scores, Value real) {
            return mean(Functions.softplus(scores));
        }

        @Override
        public Value generator(Value scores, Value real) {
            return mean(Functions.softplus(scores.neg()));
        }
    },
    /** Goodfellow et al. 2014, the game's own value for both players: the generator lessens log(1 - D). */
    MINIMAX {
        @Override
        public Value real(Value scores) {
            return NONSATURATING.real(scores);
        }

        @Override
        public Value fake(Value scores, Value real) {
            return NONSATURATING.fake(scores, real);
        }

        @Override
        public Value generator(Value scores, Value real) {
            return mean(Functions.softplus(scores)).neg();
        }
    },
    /** Arjovsky et al. 2017: the critic estimates an earth mover's distance, if clipping or a penalty bounds its slope. */
    WASSERSTEIN {
        @Override
        public Value real(Value scores) {
            return mean(scores).neg();
        }

        @Override
        public Value fake(Value scores, Value real) {
            return mean(scores);
        }

        @Override
        public Value generator(Value scores, Value real) {
            return mean(scores).neg();
        }
    },
    /** Jolicoeur-Martineau 2019, Huang et al. 2024 (R3GAN): only how much better the one scores than the other counts. */
    RELATIVISTIC {
        @Override
        public Value real(Value scores) {
            return scores.graph().scalar(0);
        }

        @Override
        public Value fake(Value scores, Value real) {
            return mean(Functions.softplus(scores.sub(real)));
        }

        @Override
        public Value generator(Value scores, Value real) {
            return mean(Functions.softplus(real.sub(scores)));
        }

        @Override
        public boolean compares() {
            return true;
        }
    };

    /** The discriminator's loss on pictures that are real and fit, by themselves. */
    public abstract Value real(Value scores);

    /** The discriminator's loss on pictures that are drawn or do not fit. */
    public abstract Value fake(Value scores, Value real);

    /** The generator's loss on the discriminator's scores of its pictures. */
    public abstract Value generator(Value scores, Value real);

    /** Whether the scores of real pictures count in {@link #fake} and {@link #generator}. */
    public boolean compares() {
        return false;
    }

    private static Value mean(Value scores) {
        return scores.mean().reshape(Shape.SCALAR);
    }
}
