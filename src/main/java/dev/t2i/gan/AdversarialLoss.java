package dev.t2i.gan;

import dev.t2i.graph.Value;
import dev.t2i.nn.Functions;
import dev.t2i.tensor.Shape;

/** What the two networks play for. Scores are unbounded, one a picture, {@code [n]}; every loss is a scalar. */
public enum AdversarialLoss {
    /** Lim and Ye 2017: margins of one on both sides. */
    HINGE {
        @Override
        public Value real(Value scores) {
            return mean(scores.neg().add(1).relu());
        }

        @Override
        public Value fake(Value scores) {
            return mean(scores.add(1).relu());
        }

        @Override
        public Value generator(Value scores) {
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
        public Value fake(Value scores) {
            return mean(Functions.softplus(scores));
        }

        @Override
        public Value generator(Value scores) {
            return mean(Functions.softplus(scores.neg()));
        }
    },
    /** Goodfellow et al. 2014, the game's own value for both players. */
    MINIMAX {
        @Override
        public Value real(Value scores) {
            return NONSATURATING.real(scores);
        }

        @Override
        public Value fake(Value scores) {
            return NONSATURATING.fake(scores);
        }

        @Override
        public Value generator(Value scores) {
            return mean(Functions.softplus(scores)).neg();
        }
    },
    /** Arjovsky et al. 2017: the critic estimates an earth mover's distance, if a penalty keeps its slope near one. */
    WASSERSTEIN {
        @Override
        public Value real(Value scores) {
            return mean(scores).neg();
        }

        @Override
        public Value fake(Value scores) {
            return mean(scores);
        }

        @Override
        public Value generator(Value scores) {
            return mean(scores).neg();
        }
    };

    /** The discriminator's loss on pictures that are real and fit. */
    public abstract Value real(Value scores);

    /** The discriminator's loss on pictures that are drawn or do not fit. */
    public abstract Value fake(Value scores);

    /** The generator's loss on the discriminator's scores of its pictures. */
    public abstract Value generator(Value scores);

    private static Value mean(Value scores) {
        return scores.mean().reshape(Shape.SCALAR);
    }
}
