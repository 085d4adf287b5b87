package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TornadoVM's drivers: those that start, and why others do not. TornadoVM itself starts all that an SDK has or does not start at all, so one whose device
 * is not there would keep us from every other. Here TornadoVM is started without any, and then given those that work.
 */
final class Drivers {
    private static final String RUNTIME = "runtime.TornadoCoreRuntime";
    private static final String PROVIDER = "runtime.TornadoBackendProvider";
    /** What TornadoVM says where a driver finds nothing to drive. */
    static final Pattern NONE = Pattern.compile("No (\\S+) (?:platforms|devices) found");
    private static final Pattern LIBRARY = Pattern.compile("([\\w.+-]+): cannot open shared object file");
    /** What the JVM says of a class that another driver has failed with before. */
    private static final Pattern AGAIN = Pattern.compile("Exception [\\w.$]+: (.*) \\[in thread \".*\"]");

    /**
     * A driver that the SDK has but that does not work here.
     *
     * @param name as in the devices' names
     * @param reason in a few words
     */
    record Idle(String name, String reason, String remedy, Throwable cause) {
        /** The beginning of its devices' names. */
        String address() {
            return "tornado:" + name;
        }

        /** Why it does not work and what to do, in one line. */
        String why() {
            return reason + "; " + remedy;
        }
    }

    /**
     * A driver that nobody has tried.
     *
     * @param module of TornadoVM that it is in
     * @param create starts it; null if it has nothing to offer
     */
    record Candidate(String name, String module, Callable<Object> create) {}

    /**
     * Where TornadoVM keeps those that work, by their numbers.
     *
     * @param count takes how many there are
     */
    record Slots(Object[] drivers, IntConsumer count) {}

    private static boolean started;
    private static List<Idle> idle = List.of();

    private Drivers() {}

    /** Those that do not work, once {@link #start} has found out. */
    static synchronized List<Idle> idle() {
        return idle;
    }

    /** Starts TornadoVM with all drivers that work, unless it has been started. */
    static synchronized void start() {
        if (started) {
            return;
        }
        started = true;
        DriverChecks.beforeTornado();
        Start start;
        try {
            start = new Start();
        } catch (ReflectiveOperationException | RuntimeException | LinkageError | ServiceConfigurationError e) {
            // Another TornadoVM than this is written for: it shall start its drivers in its own way.
            return;
        }
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        // By this thread's class loader TornadoVM looks for drivers when its class is initialized, and the platform has none.
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        Object runtime;
        try {
            runtime = Tornado.runtime();
        } finally {
            thread.setContextClassLoader(loader);
        }
        if ((int) Tornado.call(runtime, "getNumBackends") == 0 && start.runtime.isInstance(runtime)) {
            idle = sortOut(start.candidates(), start.slots(runtime), Drivers::devices, each -> DriverOutput.whileLooking(() -> {
                each.run();
                return null;
            }));
        }
    }

    /** All of TornadoVM's own that has to be as expected, found before anything of it is started. */
    private static final class Start {
        private final Class<?> runtime = Tornado.unstarted(RUNTIME);
        private final Class<?> service = Tornado.unstarted(PROVIDER);
        private final Field drivers = runtime.getDeclaredField("tornadoVMBackends");
        private final Field count = runtime.getDeclaredField("backendCount");
        private final List<Method> arguments = List.of(runtime.getMethod("getOptions"), runtime.getMethod("getVMRuntime"), runtime.getMethod("getVMConfig"));
        private final Method create = service.getMethod("createBackend", arguments.stream().map(Method::getReturnType).toArray(Class<?>[]::new));
        private final Method priority = service.getMethod("getDevicePriority");
        private final List<? extends ServiceLoader.Provider<?>> providers = ServiceLoader.load(service, ClassLoader.getSystemClassLoader()).stream().toList();

        Start() throws ReflectiveOperationException {
            drivers.setAccessible(true);
            count.setAccessible(true);
            if (!Comparable.class.isAssignableFrom(service) || drivers.getType().componentType() != create.getReturnType() || count.getType() != int.class) {
                throw new NoSuchFieldException("fields of other types");
            }
        }

        /** In TornadoVM's order, and last those that cannot even be made. */
        List<Candidate> candidates() {
            List<Object> made = new ArrayList<>();
            List<Candidate> broken = new ArrayList<>();
            for (ServiceLoader.Provider<?> provider : providers) {
                try {
                    made.add(provider.get());
                } catch (ServiceConfigurationError | LinkageError e) {
                    broken.add(new Candidate(provider.type().getSimpleName(), provider.type().getModule().getName(), () -> {
                        throw new BackendException(Tornado.reason(e), e);
                    }));
                }
            }
            made.sort(null);
            List<Candidate> candidates = new ArrayList<>();
            made.forEach(each -> candidates.add(new Candidate(name(each), String.valueOf(each.getClass().getModule().getName()), () -> create(each))));
            candidates.addAll(broken);
            return candidates;
        }

        private String name(Object provider) {
            try {
                return priority.invoke(provider).toString().toLowerCase(Locale.ROOT);
            } catch (ReflectiveOperationException e) {
                throw Tornado.failure(e);
            }
        }

        private Object create(Object provider) throws ReflectiveOperationException {
            List<Object> values = new ArrayList<>();
            for (Method argument : arguments) {
                values.add(argument.invoke(null));
            }
            return create.invoke(provider, values.toArray());
        }

        Slots slots(Object runtime) {
            try {
                return new Slots((Object[]) drivers.get(runtime), number -> {
                    try {
                        count.setInt(runtime, number);
                    } catch (IllegalAccessException e) {
                        throw Tornado.failure(e);
                    }
                });
            } catch (IllegalAccessException e) {
                throw Tornado.failure(e);
            }
        }
    }

    private static int devices(Object driver) {
        return Tornado.devicesOf(driver, "", 0).size();
    }

    /**
     * Starts one after another.
     *
     * @param devices asks a driver that is in its slot for all its devices, and throws if it does not know them
     * @param watch runs a start and keeps what it prints
     * @return those that do not work; the others are in slots
     */
    static List<Idle> sortOut(List<Candidate> candidates, Slots slots, ToIntFunction<Object> devices, Consumer<Runnable> watch) {
        List<Idle> idle = new ArrayList<>();
        int working = 0;
        for (Candidate each : candidates) {
            int slot = working;
            try {
                watch.accept(() -> start(each, slots, slot, devices));
                working++;
            } catch (BackendException e) {
                slots.drivers[slot] = null;
                slots.count.accept(slot);
                idle.add(idle(each, e));
            }
        }
        return List.copyOf(idle);
    }

    private static void start(Candidate candidate, Slots slots, int slot, ToIntFunction<Object> devices) {
        DriverChecks.against(candidate.module).ifPresent(reason -> {
            throw new BackendException(reason);
        });
        try {
            Object driver = candidate.create.call();
            if (driver == null) {
                throw new BackendException("no device found");
            }
            slots.drivers[slot] = driver;
            // Devices look for their driver there.
            slots.count.accept(slot + 1);
            if (devices.applyAsInt(driver) == 0) {
                throw new BackendException("no device found");
            }
        } catch (BackendException e) {
            throw e;
        } catch (Throwable e) {
            // Anything at all: most drivers fail with errors of linking, some with TornadoVM's own errors.
            throw new BackendException(Tornado.reason(e), e);
        }
    }

    private static Idle idle(Candidate candidate, BackendException failure) {
        String reason = AGAIN.matcher(failure.getMessage()).replaceAll("$1");
        Matcher library = LIBRARY.matcher(reason);
        Matcher none = NONE.matcher(reason);
        String remedy = "install the device's driver, or a newer one";
        if (library.find()) {
            reason = library.group(1) + " is missing";
            remedy = "install the device's driver, which has it";
        } else if (none.find()) {
            reason = "no %s device found".formatted(none.group(1));
            remedy = "install the driver of such a device";
        }
        return new Idle(candidate.name, reason + DriverChecks.addition(candidate.module), remedy, failure);
    }
}
