package dev.t2i.backend.vector;

/** One prepared operation of an executable: everything is decided and bound, running it allocates nothing. */
interface Step {
    void run(Workers workers);

    /** Adds what this step needs of each worker's workspace. */
    default void demand(Workspace.Demand demand) {}
}
