package dev.t2i.backend.tornado;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.t2i.backend.Profiled.KernelTime;
import dev.t2i.backend.Profiled.RunProfile;
import dev.t2i.error.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Adds up what TornadoVM's profiler says of the task graphs of a run. */
final class ProfileSum {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KERNEL_TIME = "TASK_KERNEL_TIME";

    private final long bytesHome;
    private long bytesToDevice;
    private long bytesFromDevice;
    private long transferNanos;
    private long dispatchNanos;
    private final List<KernelTime> times = new ArrayList<>();

    /**
     * @param bytesHome of the one array that comes home, for a profiler that saw nothing come: TornadoVM's driver for CUDA C keeps no event of a copy that is
     *     waited for
     */
    ProfileSum(long bytesHome) {
        this.bytesHome = bytesHome;
    }

    /** @param known what the graph's tasks are, in order; none to leave them out */
    void add(Object execution, List<Task> known) {
        bytesToDevice += number(execution, "getTotalBytesCopyIn");
        bytesFromDevice += number(execution, "getTotalBytesCopyOut");
        transferNanos += number(execution, "getDataTransfersTime");
        dispatchNanos += number(execution, "getKernelDispatchTime") + number(execution, "getDataTransferDispatchTime");
        if (!known.isEmpty()) {
            addTasks((String) Tornado.profiled(execution, "getProfileLog"), known);
        }
    }

    private static long number(Object execution, String method) {
        return (long) Tornado.profiled(execution, method);
    }

    private void addTasks(String log, List<Task> known) {
        List<Map.Entry<Integer, Long>> tasks = new ArrayList<>();
        try {
            JsonNode graph = JSON.readTree(log).elements().next();
            graph.properties().forEach(entry -> {
                if (entry.getValue().has(KERNEL_TIME)) {
                    tasks.add(Map.entry(Integer.parseInt(entry.getKey().substring(entry.getKey().lastIndexOf(DevicePlan.TASK) + 1)),
                            entry.getValue().get(KERNEL_TIME).asLong()));
                }
            });
        } catch (JsonProcessingException e) {
            throw new BackendException("TornadoVM's profiler wrote something else than JSON: " + e.getOriginalMessage(), e);
        }
        tasks.sort(Map.Entry.comparingByKey());
        for (int i = 0; i < Math.min(tasks.size(), known.size()); i++) {
            Task task = known.get(i);
            times.add(new KernelTime(task.what(), tasks.get(i).getValue() * 1e-9, task.work().operations(), task.work().bytes()));
        }
    }

    RunProfile profile(int graphs, double firstRunSeconds, double wallSeconds) {
        return new RunProfile(graphs, bytesToDevice, bytesFromDevice == 0 ? bytesHome : bytesFromDevice, firstRunSeconds, wallSeconds, transferNanos * 1e-9, dispatchNanos * 1e-9, times);
    }
}
