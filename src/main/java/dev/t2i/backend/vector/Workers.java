package dev.t2i.backend.vector;

/** The session's threads, and the executable's workspace for each of them. */
record Workers(WorkerPool pool, Workspace[] spaces) {
    /** Vector operations that make waking another thread worth its while. */
    private static final long WORTH_A_TASK = 1 << 12;
    private static final int TASKS_PER_WORKER = 4;

    Workspace space(int worker) {
        return spaces[worker];
    }

    /**
     * Into how many tasks to split {@code pieces} equal pieces of work.
     *
     * @param operations a rough count of vector-sized operations in all of them
     */
    int tasks(long pieces, long operations) {
        if (pool.size() == 1) {
            return (int) Math.min(1, pieces);
        }
        long worthwhile = Math.min(operations / WORTH_A_TASK, (long) TASKS_PER_WORKER * pool.size());
        return (int) Math.min(pieces, Math.max(1, worthwhile));
    }
}
