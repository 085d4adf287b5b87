package dev.t2i.train;

/** What a configuration file trains. */
public enum TaskKind {
    /** A text-to-image model. */
    GAN,
    /** A generator as the decoder of a conditional autoencoder, for a text-to-image model to start from. */
    AUTOENCODER,
    /** A text encoder and an image encoder that agree on which sentence fits which picture. */
    MATCHING,
    /** The network that measures obedience. */
    RECOGNISER
}
