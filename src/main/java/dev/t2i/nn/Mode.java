package dev.t2i.nn;

/** Whether a network is being trained or used, for layers in which pictures of a batch meet. */
public enum Mode {
    /** Batch normalisation goes by the batch's own statistics and moves its running ones toward them. */
    TRAINING,
    /** Batch normalisation goes by the running statistics, so that no picture depends on those beside it. */
    INFERENCE
}
