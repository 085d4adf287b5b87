package dev.t2i.backend.tornado;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What a kernel context is to one work-item of {@link JvmDevice}. Public, with TornadoVM's names, for the class that bears TornadoVM's own name inherits them. */
public class FakeContext {
    public Integer globalIdx;
    public Integer globalIdy;
    public Integer globalIdz;
    public Integer localIdx;
    public Integer localIdy;
    public Integer groupIdx;
    public Integer groupIdy;
    public Integer groupIdz;

    private CyclicBarrier barrier;
    private List<float[]> shared;
    private int allocations;

    /** @param shared of the group: arrays in the order in which every item asks for them */
    void enter(Grid grid, long groupX, long groupY, long groupZ, int localX, int localY, CyclicBarrier barrier, List<float[]> shared) {
        localIdx = localX;
        localIdy = localY;
        groupIdx = (int) groupX;
        groupIdy = (int) groupY;
        groupIdz = (int) groupZ;
        globalIdx = (int) groupX * grid.localX() + localX;
        globalIdy = (int) groupY * grid.localY() + localY;
        globalIdz = groupIdz;
        this.barrier = barrier;
        this.shared = shared;
        allocations = 0;
    }

    public void localBarrier() {
        try {
            // Items that do not all come here would wait for ever.
            barrier.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    public void globalBarrier() {
        localBarrier();
    }

    public float[] allocateFloatLocalArray(int size) {
        synchronized (shared) {
            if (allocations == shared.size()) {
                shared.add(new float[size]);
            }
            return shared.get(allocations++);
        }
    }
}
