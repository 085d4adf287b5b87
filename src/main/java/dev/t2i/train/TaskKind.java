package dev.t2i.train;

/** What a configuration file trains. */
public enum TaskKind {
    /** A text-to-image model. */
    GAN,
    /** A text encoder and an image encoder that agree on which sentence fits which picture. */
    MATCHING,
    /** The network that measures obedience. */
    RECOGNISER
}
