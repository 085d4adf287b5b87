package dev.t2i.train;

import dev.t2i.backend.Executable;
import dev.t2i.backend.FiniteCheck;
import dev.t2i.backend.Session;
import dev.t2i.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A task each of whose steps runs one compiled graph on one batch of a feed; the graph's outputs, all scalars, are the figures,
 * behind them the time that the step waited for its batch.
 *
 * @param <B> a batch
 */
public abstract class FedTask<B> implements Task {
    /** Seconds that a step waited for its batch. */
    static final String FEED_WAIT = "feed.wait";

    private final Session session;
    private final BatchFeed<?, B> feed;
    private final Map<String, Double> statistics = new LinkedHashMap<>();

    /** Both are closed with the task. */
    protected FedTask(Session session, BatchFeed<?, B> feed) {
        this.session = session;
        this.feed = feed;
    }

    /** What step {@code step} runs. */
    protected abstract Executable executable(long step);

    /** Everything that a step's graph may ask for, given its batch; more is ignored. */
    protected abstract Map<String, Tensor> inputs(long step, B batch);

    @Override
    public final Session session() {
        return session;
    }

    @Override
    public final void step(long step) {
        B batch = feed.take(step);
        Executable executable = executable(step);
        executable.run(wanted(executable, inputs(step, batch)));
        feed.recycle(batch);
        executable.graph().outputs().keySet().forEach(name -> statistics.put(name, (double) executable.output(name).getFloat(0)));
        statistics.put(FEED_WAIT, feed.waited());
    }

    /** Of {@code inputs}, those that the executable's graph has. */
    static Map<String, Tensor> wanted(Executable executable, Map<String, Tensor> inputs) {
        Map<String, Tensor> wanted = new HashMap<>(inputs);
        wanted.keySet().retainAll(executable.graph().inputs().keySet());
        return wanted;
    }

    @Override
    public final Map<String, Double> statistics() {
        return statistics;
    }

    @Override
    public final Optional<String> firstBadValue(long step) {
        if (!(executable(step) instanceof FiniteCheck check)) {
            return Optional.empty();
        }
        B batch = feed.take(step);
        Optional<String> bad = check.firstNonFinite(wanted(executable(step), inputs(step, batch))).map(FiniteCheck.NonFinite::toString);
        feed.recycle(batch);
        return bad;
    }

    /** Closes feed and session; executables before it. */
    @Override
    public void close() {
        feed.close();
        session.close();
    }
}
