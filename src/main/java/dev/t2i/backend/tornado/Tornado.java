package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;
import dev.t2i.error.OneLine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TornadoVM's interface by reflection, as far as it is used here: so the program is built without TornadoVM, runs with whichever SDK it
 * is started with, and needs no other build for it. Names no driver.
 */
final class Tornado {
    static final String INSTALL = "install TornadoVM 5.2.0-jdk25 (an SDK with a backend for your device), set TORNADOVM_HOME to its folder, "
            + "and start t2i by its launcher: java -jar t2i.jar";
    /** What to do where TornadoVM is, but no device. */
    static final String DRIVER = "install the device's driver (for OpenCL on a processor: pocl-opencl-icd), or a TornadoVM SDK with a backend for your device";
    private static final Pattern WRAPPING = Pattern.compile("\u001b\\[[0-9;]*m|(?s)\\s*Stack ?trace:.*|Bailout is disabled\\.\\s*Reason:|\\[ERROR]"
            + "|The internal error is:|To increase the maximum device memory, use -Dtornado\\.device\\.memory=<X>GB");
    private static final int LONGEST = 300;
    private static final int ALIGNMENT = 64;
    private static final String ROOT = "uk.ac.manchester.tornado.";
    private static final String API = ROOT + "api.";
    /** A type of devices. */
    private static final String PROCESSOR = "CPU";
    /** Where the functions of {@link LibraryCall} are. */
    private static final String CUBLAS = "cublas.CuBlas";
    /** A number that no plan gets. */
    private static final long NO_PLAN = Long.MAX_VALUE;
    /** What TornadoVM throws in place of what a task has thrown. */
    private static final String SWALLOWED = "Recover option disabled";
    private static final Map<String, Method> METHODS = new ConcurrentHashMap<>();

    /** When an array travels, as TornadoVM counts. */
    enum Transfer { FIRST_EXECUTION, EVERY_EXECUTION, UNDER_DEMAND }

    /**
     * A device of a driver.
     *
     * @param driver TornadoVM's name for it in lower case, such as opencl
     * @param memory in bytes
     * @param largestArray in bytes, as the driver says; TornadoVM asks for none as large, even where the driver would give it
     * @param localMemory of a work group, in bytes
     * @param groupSize most items of a work group
     */
    record Device(String driver, int driverIndex, int index, String name, long memory, long largestArray, long localMemory, long groupSize, Object handle) {
        /** The name that {@code --backend} takes. */
        String address() {
            return "tornado:%s:%d".formatted(driver, index);
        }
    }

    private Tornado() {}

    /** Whether this JVM was started with TornadoVM. */
    static boolean isThere() {
        try {
            Class.forName(API + "TaskGraph", false, ClassLoader.getSystemClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** All devices of all drivers, in TornadoVM's order, but processors last: who has a GPU as well means that. */
    static List<Device> devices() {
        return DriverOutput.whileLooking(Tornado::find);
    }

    private static List<Device> find() {
        Drivers.start();
        Object runtime = runtime();
        int drivers = (int) call(runtime, "getNumBackends");
        List<Device> devices = new ArrayList<>();
        for (int driver = 0; driver < drivers; driver++) {
            devices.addAll(devicesOf(call(runtime, "getBackend", driver), call(runtime, "getBackendType", driver).toString().toLowerCase(Locale.ROOT), driver));
        }
        devices.sort(Comparator.comparing(device -> call(device.handle, "getDeviceType").toString().equals(PROCESSOR)));
        return devices;
    }

    /** A driver's devices. */
    static List<Device> devicesOf(Object backend, String name, int driver) {
        List<Device> devices = new ArrayList<>();
        int count = (int) call(backend, "getNumDevices");
        for (int i = 0; i < count; i++) {
            Object device = call(backend, "getDevice", i);
            String what = call(device, "getDescription").toString().trim().replaceAll("\\s+", " ");
            long[] group = (long[]) call(device, "getDeviceMaxWorkgroupDimensions");
            devices.add(new Device(name, driver, i, what, (long) call(device, "getMaxGlobalMemory"), (long) call(device, "getMaxAllocMemory"),
                    (long) call(device, "getDeviceLocalMemorySize"), group[0], device));
        }
        return devices;
    }

    /** TornadoVM itself, which starts when it is first asked for. */
    static Object runtime() {
        return callStatic("runtime.TornadoRuntimeProvider", "getTornadoRuntime");
    }

    static Object context() {
        return make("KernelContext");
    }

    /**
     * A float array that devices know, zeros at first. It lies in the arena's memory: arrays that TornadoVM makes itself count against the JVM's limit for direct
     * buffers, a quarter of the machine's memory at most times, and stay until somebody collects garbage.
     */
    static Object array(Arena arena, int size) {
        long header;
        try {
            header = (long) type("types.arrays.TornadoNativeArray").getField("ARRAY_HEADER").get(null);
        } catch (ReflectiveOperationException e) {
            throw failure(e);
        }
        return callStatic("types.arrays.FloatArray", "fromSegmentShallow", arena.allocate(header + (long) Float.BYTES * size, ALIGNMENT));
    }

    /** Its elements. */
    static MemorySegment segment(Object array) {
        return (MemorySegment) call(array, "getSegment");
    }

    static Object taskGraph(String name) {
        return make("TaskGraph", name);
    }

    static void toDevice(Object graph, Transfer when, Object... arrays) {
        call(graph, "transferToDevice", when.ordinal(), arrays);
    }

    static void toHost(Object graph, Transfer when, Object... arrays) {
        call(graph, "transferToHost", when.ordinal(), arrays);
    }

    static void consume(Object graph, String from, Object... arrays) {
        call(graph, "consumeFromDevice", from, arrays);
    }

    static void persist(Object graph, Object... arrays) {
        call(graph, "persistOnDevice", (Object) arrays);
    }

    /** @param arguments as many as a kernel has parameters */
    static void task(Object graph, String id, Object task, Object[] arguments) {
        Object[] all = new Object[arguments.length + 2];
        all[0] = id;
        all[1] = task;
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        DriverOutput.whileComputing(() -> call(graph, "task", all));
    }

    /** Adds a task that calls a function of a library, with what cuBLAS takes for it. */
    static void libraryTask(Object graph, String id, String function, List<Object> parameters) {
        Object[] all = new Object[parameters.size() + 2];
        all[0] = id;
        all[1] = factory(function, parameters);
        for (int i = 0; i < parameters.size(); i++) {
            all[i + 2] = parameters.get(i);
        }
        DriverOutput.whileComputing(() -> call(graph, "libraryTask", all));
    }

    /** The function that TornadoVM is to ask for what the task is, when it has taken its arguments apart. */
    private static Object factory(String function, List<Object> parameters) {
        Method method = method(List.of(rootType(CUBLAS)), function, parameters.toArray());
        Class<?> type = type("common.TornadoFunctions$LibraryTask" + parameters.size());
        return java.lang.reflect.Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (_, _, arguments) -> invoke(method, null, arguments));
    }

    /**
     * Why TornadoVM cannot run tasks of the library on the device; nothing if it can. TornadoVM has a library wherever it has a module for it, and finds out that what
     * that is linked to is missing when a task needs it, of which it then says nothing. So the library is started here for once.
     */
    static Optional<String> whyWithout(String library, Device device) {
        try {
            rootType(CUBLAS);
            Class<?> registry = rootType("runtime.library.LibraryRegistry");
            List<Class<?>> service = List.of(rootType("runtime.library.spi.TornadoLibraryProvider"));
            DriverOutput.whileLooking(() -> {
                Object provider = invokeFitting(List.of(registry), null, "findProvider", library, device.handle);
                Object context = invokeFitting(service, provider, "createContext", device.handle, NO_PLAN);
                return invokeFitting(service, provider, "destroyContext", context);
            });
            return Optional.empty();
        } catch (BackendException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static Object invokeFitting(List<Class<?>> types, Object target, String name, Object... arguments) {
        return invoke(method(types, name, arguments), target, arguments);
    }

    static Object snapshot(Object graph) {
        return call(graph, "snapshot");
    }

    static Object scheduler() {
        return make("GridScheduler");
    }

    static void schedule(Object scheduler, String task, Grid grid) {
        boolean flat = grid.globalY() == 1 && grid.globalZ() == 1 && grid.localY() == 1;
        Object worker = flat ? make("WorkerGrid1D", Math.toIntExact(grid.globalX()))
                : make("WorkerGrid3D", Math.toIntExact(grid.globalX()), Math.toIntExact(grid.globalY()), Math.toIntExact(grid.globalZ()));
        call(worker, "setLocalWork", (long) grid.localX(), (long) grid.localY(), 1L);
        call(scheduler, "addWorkerGrid", task, worker);
    }

    static Object plan(List<Object> snapshots, Device device) {
        Class<?> type = type("ImmutableTaskGraph");
        Object array = java.lang.reflect.Array.newInstance(type, snapshots.size());
        for (int i = 0; i < snapshots.size(); i++) {
            java.lang.reflect.Array.set(array, i, snapshots.get(i));
        }
        return DriverOutput.whileComputing(() -> {
            Object plan = make("TornadoExecutionPlan", array);
            call(plan, "withDevice", device.handle);
            return plan;
        });
    }

    /** Runs the plan's graph of that number. */
    static Object execute(Object plan, int graph, Object scheduler) {
        // Asked anew each time: a kept result of withGraph does not run the graph that it was asked for.
        return DriverOutput.whileComputing(() -> call(call(call(plan, "withGraph", graph), "withGridScheduler", scheduler), "execute"));
    }

    /** Switches the profiler of a plan on or off, from the next execution on. */
    static void profile(Object plan, boolean on) {
        if (on) {
            call(plan, "withProfiler", Enum.valueOf(type("enums.ProfilerMode").asSubclass(Enum.class), "SILENT"));
        } else {
            call(plan, "withoutProfiler");
        }
    }

    /** What the profiler saw in an execution, by the name of one of its methods. */
    static Object profiled(Object execution, String method) {
        return call(call(execution, "getProfilerResult"), method);
    }

    /**
     * Frees what graphs of a plan have on the device, which TornadoVM itself does for the one that ran last alone. What graphs hand on goes with
     * the first; each further one frees its own arrays and is then refused.
     *
     * @param graphs by their numbers; those that have not run have nothing
     */
    static void close(Object plan, List<Integer> graphs) {
        DriverOutput.whileLooking(() -> {
            for (int graph : graphs) {
                try {
                    call(call(plan, "withGraph", graph), "freeDeviceMemory");
                } catch (BackendException e) {
                    if (e.getCause() == null || !e.getCause().getClass().getSimpleName().equals("TornadoInternalError")) {
                        throw e;
                    }
                }
            }
            return null;
        });
    }

    // ---- reflection

    private static Class<?> type(String name) {
        return rootType("api." + name);
    }

    private static Class<?> rootType(String name) {
        try {
            return Class.forName(ROOT + name, true, ClassLoader.getSystemClassLoader());
        } catch (ClassNotFoundException e) {
            throw new BackendException("TornadoVM is not in this Java's class path: " + INSTALL);
        } catch (LinkageError e) {
            throw notStarted(e);
        }
    }

    /** A class of TornadoVM's that is not initialized by looking at it. */
    static Class<?> unstarted(String name) throws ClassNotFoundException {
        return Class.forName(ROOT + name, false, ClassLoader.getSystemClassLoader());
    }

    private static Object make(String name, Object... arguments) {
        Class<?> type = type(name);
        for (var constructor : type.getConstructors()) {
            if (fits(constructor.getParameterTypes(), arguments)) {
                try {
                    return constructor.newInstance(arguments);
                } catch (ReflectiveOperationException e) {
                    throw failure(e);
                }
            }
        }
        throw strange(name, arguments);
    }

    private static Object callStatic(String name, String method, Object... arguments) {
        return invoke(find(type(name), method, arguments), null, arguments);
    }

    static Object call(Object target, String method, Object... arguments) {
        return invoke(find(target.getClass(), method, arguments), target, arguments);
    }

    private static Method find(Class<?> type, String name, Object[] arguments) {
        StringBuilder key = new StringBuilder(type.getName()).append('.').append(name);
        for (Object argument : arguments) {
            key.append(',').append(argument.getClass().getName());
        }
        // The public declaration, for the class itself may be one that nobody may call.
        return METHODS.computeIfAbsent(key.toString(), _ -> method(publicTypes(type), name, arguments));
    }

    private static Method method(List<Class<?>> types, String name, Object[] arguments) {
        for (Class<?> each : types) {
            for (Method method : each.getMethods()) {
                if (method.getName().equals(name) && fits(method.getParameterTypes(), arguments)
                        && java.lang.reflect.Modifier.isPublic(method.getDeclaringClass().getModifiers())) {
                    return method;
                }
            }
        }
        throw strange((types.isEmpty() ? "method " : types.getFirst().getName() + ".") + name, arguments);
    }

    private static List<Class<?>> publicTypes(Class<?> type) {
        List<Class<?>> types = new ArrayList<>();
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            types.add(each);
            for (Class<?> part : each.getInterfaces()) {
                types.addAll(publicTypes(part));
            }
        }
        return types.stream().filter(each -> each.getName().startsWith(API)).toList();
    }

    private static boolean fits(Class<?>[] parameters, Object[] arguments) {
        if (parameters.length != arguments.length) {
            return false;
        }
        for (int i = 0; i < parameters.length; i++) {
            Class<?> given = arguments[i].getClass();
            Class<?> wanted = parameters[i];
            boolean same = wanted == int.class ? given == Integer.class : wanted == long.class ? given == Long.class
                    : wanted == float.class ? given == Float.class : wanted.isAssignableFrom(given);
            if (!same) {
                return false;
            }
        }
        return true;
    }

    private static Object invoke(Method method, Object target, Object[] arguments) {
        try {
            return method.invoke(target, arguments);
        } catch (ReflectiveOperationException e) {
            throw failure(e);
        }
    }

    private static BackendException strange(String what, Object[] arguments) {
        return new BackendException("this TornadoVM has no %s for %s; %s".formatted(what,
                java.util.Arrays.stream(arguments).map(a -> a.getClass().getSimpleName()).toList(), INSTALL));
    }

    /** What to throw for a failed call. */
    static RuntimeException failure(ReflectiveOperationException e) {
        Throwable cause = e instanceof InvocationTargetException target ? target.getCause() : e;
        if (cause instanceof LinkageError error) {
            return notStarted(error);
        }
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof OutOfMemoryError error) {
                // Of Java's own memory, whatever TornadoVM has put around it.
                throw error;
            }
            if (each.getClass().getName().startsWith(ROOT) && each.getClass().getSimpleName().contains("OutOfMemory")) {
                return new DeviceMemoryException(reason(cause), cause);
            }
        }
        return new BackendException("TornadoVM failed: " + reason(cause), cause);
    }

    /** Its classes are there, but something that they need is not: most often a driver. */
    private static BackendException notStarted(LinkageError e) {
        String reason = reason(e);
        Matcher none = Drivers.NONE.matcher(reason);
        if (none.find()) {
            return new BackendException("TornadoVM finds no %s device: %s".formatted(none.group(1), DRIVER), e);
        }
        if (reason.contains("Library not found") || reason.contains(".so") || reason.contains(".dll") || reason.contains(".dylib") || innermost(e) instanceof UnsatisfiedLinkError) {
            return new BackendException("TornadoVM cannot load its driver's library: %s; %s".formatted(reason, DRIVER), e);
        }
        return new BackendException("TornadoVM does not start: %s; %s".formatted(reason, INSTALL), e);
    }

    private static Throwable innermost(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** What is known of a failure, the innermost message in one line, without what TornadoVM wraps around it. */
    static String reason(Throwable e) {
        Throwable cause = innermost(e);
        String message = cause.getMessage() == null || cause.getMessage().isBlank() ? cause.getClass().getName() : cause.getMessage();
        if (message.contains(SWALLOWED)) {
            return "a task could not be run, and TornadoVM does not say why";
        }
        return OneLine.of(WRAPPING.matcher(message).replaceAll(" "), LONGEST).replaceAll(" {2,}", " ");
    }
}
