package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Stands in for cuBLAS among TornadoVM's libraries while it is open, on any OpenCL device: brings the arrays home, multiplies in plain loops
 * ({@link ColumnMajor}), and sends the result back. TornadoVM's own code runs around it as it would around cuBLAS; cuBLAS itself does not.
 */
final class StandInLibrary implements AutoCloseable {
    private static final String ROOT = "uk.ac.manchester.tornado.";
    private final Field providers;
    private final UnaryOperator<float[]> spoil;
    private int calls;

    /** @param spoil what is done to a result before it goes back */
    StandInLibrary(UnaryOperator<float[]> spoil) {
        this(spoil, Optional.empty());
    }

    /** @param trouble what it throws when it is started */
    StandInLibrary(UnaryOperator<float[]> spoil, Optional<String> trouble) {
        this.spoil = spoil;
        try {
            providers = type("runtime.library.LibraryRegistry").getDeclaredField("providers");
            providers.setAccessible(true);
            Class<?> type = type("runtime.library.spi.TornadoLibraryProvider");
            Class<?> context = type("runtime.library.spi.LibraryContext");
            Object ours = Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> switch (method.getName()) {
                case "libraryName" -> LibraryCall.LIBRARY;
                case "canHandle" -> true;
                case "createContext" -> trouble.isPresent() ? fail(trouble.get()) : Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {context}, (_, _, _) -> null);
                case "dispatch" -> dispatch((String) arguments[0], arguments[1]);
                default -> null;
            });
            providers.set(null, List.of(ours));
        } catch (ClassNotFoundException | NoSuchFieldException | InaccessibleObjectException e) {
            assumeTrue(false, "this TornadoVM's list of libraries cannot be written to (--add-opens), so no library can be stood in for: " + e);
            throw new AssertionError(e);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    /** Library tasks that have run. */
    int calls() {
        return calls;
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(ROOT + name, true, ClassLoader.getSystemClassLoader());
    }

    /** In the way of TornadoVM's own libraries. */
    private static Object fail(String message) {
        try {
            throw (RuntimeException) type("api.exceptions.TornadoRuntimeException").getConstructor(String.class).newInstance(message);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private Object dispatch(String function, Object invocation) {
        calls++;
        Object device = call(invocation, "getDevice");
        Object context = call(device, "getDeviceContext");
        long plan = (long) call(invocation, "getExecutionPlanId");
        List<Object> parameters = new ArrayList<>();
        Map<Object, Integer> sizes = new HashMap<>();
        for (int i = 0; i < (int) call(invocation, "getNumArgs"); i++) {
            Object argument = call(invocation, "getArg", i);
            if ((boolean) call(invocation, "isReference", i)) {
                // OpenCL's arrays have no addresses but handles, to which TornadoVM adds the header all the same.
                long handle = (long) call(invocation, "getDevicePointer", i) - header();
                sizes.put(handle, (int) call(argument, "getSize"));
                parameters.add(handle);
            } else {
                parameters.add(argument);
            }
        }
        float[] result = ColumnMajor.product(function, parameters, handle -> carry(context, "readBuffer", plan, (long) handle, new float[sizes.get(handle)]));
        Object last = parameters.stream().filter(Long.class::isInstance).filter(sizes::containsKey).reduce((_, b) -> b).orElseThrow();
        try {
            result = spoil.apply(result);
        } catch (IllegalStateException e) {
            return fail(e.getMessage());
        }
        carry(context, "writeBuffer", plan, (long) last, result);
        return null;
    }

    private static long header() {
        try {
            return ((Number) type("api.types.arrays.TornadoNativeArray").getField("ARRAY_HEADER").get(null)).longValue();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static float[] carry(Object context, String method, long plan, long handle, float[] numbers) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers);
            long bytes = memory.byteSize();
            call(context, method, plan, handle, header(), bytes, memory.address(), 0L, null);
            return memory.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static Object call(Object target, String name, Object... arguments) {
        for (Method method : target.getClass().getMethods()) {
            Class<?>[] types = method.getParameterTypes();
            // Several carry arrays of one type each, one a plain address.
            if (method.getName().equals(name) && types.length == arguments.length && (types.length < 7 || types[4] == long.class)) {
                try {
                    return method.invoke(target, arguments);
                } catch (InvocationTargetException e) {
                    throw new AssertionError(e.getCause());
                } catch (IllegalAccessException e) {
                    throw new AssertionError(e);
                }
            }
        }
        throw new AssertionError("%s has no %s of %s".formatted(target.getClass(), name, Arrays.toString(arguments)));
    }

    @Override
    public void close() {
        try {
            // TornadoVM looks for its libraries again when it needs one.
            providers.set(null, null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
