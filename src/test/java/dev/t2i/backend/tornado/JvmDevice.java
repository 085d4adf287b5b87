package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs a device's program as Java, item by item, with classes of TornadoVM's names that are made here: kernels are tested without TornadoVM and without a device.
 * What TornadoVM's compiler and a driver make of them is not.
 */
final class JvmDevice extends ClassLoader {
    private static final String ROOT = "uk.ac.manchester.tornado.api.";
    private static final String KERNEL = "dev.t2i.Kernel";
    private static final List<String> FUNCTIONS = List.of("exp", "log", "sin", "cos", "tanh", "sqrt", "abs", "floor", "ceil", "tan", "atan");

    private final Map<Room, FakeArray> rooms = new EnumMap<>(Room.class);
    private final Map<LibraryArray, FakeArray> libraryArrays = new EnumMap<>(LibraryArray.class);
    private final DeviceProgram program;

    JvmDevice(DeviceProgram program, int stateSize) {
        super(JvmDevice.class.getClassLoader());
        this.program = program;
        for (Room room : Room.values()) {
            rooms.put(room, array(room == Room.STATES ? stateSize : program.size(room)));
        }
        for (LibraryArray each : LibraryArray.values()) {
            // Too large by a few, as the largest of several products makes it, and full of what nobody may count on.
            libraryArrays.put(each, array(program.size(each) + 5));
            java.util.Arrays.fill(libraryArrays.get(each).numbers, Float.NaN);
        }
        float[] constants = program.constants();
        System.arraycopy(constants, 0, room(Room.CONSTANTS), 0, constants.length);
    }

    private FakeArray array(int size) {
        try {
            FakeArray array = (FakeArray) loadClass(ROOT + "types.arrays.FloatArray").getConstructor().newInstance();
            array.numbers = new float[size];
            return array;
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    float[] room(Room room) {
        return rooms.get(room).numbers;
    }

    void run() {
        for (Task task : program.tasks()) {
            switch (task) {
                case LibraryCall call -> libraryArrays.get(LibraryArray.RESULT).numbers =
                        ColumnMajor.product(call.function(), call.parameters(libraryArrays::get), array -> ((FakeArray) array).numbers);
                case Kernel kernel -> run(kernel);
            }
        }
    }

    private void run(Kernel kernel) {
        byte[] bytes = kernel.code().bytes(KERNEL);
        Object[] arrays = new Object[1 + Room.values().length];
        rooms.forEach((room, array) -> arrays[1 + room.ordinal()] = array);
        kernel.stands().forEach((room, array) -> arrays[1 + room.ordinal()] = libraryArrays.get(array));
        boolean together = new String(bytes, StandardCharsets.ISO_8859_1).contains("Barrier");
        try {
            Class<?> type = new KernelClasses(this).define(bytes);
            Method method = java.util.Arrays.stream(type.getMethods()).filter(each -> each.getName().equals(Kernel.METHOD)).findFirst().orElseThrow();
            Grid grid = kernel.grid();
            for (long z = 0; z < grid.globalZ(); z++) {
                for (long y = 0; y < grid.globalY() / grid.localY(); y++) {
                    for (long x = 0; x < grid.globalX() / grid.localX(); x++) {
                        group(method, arrays, grid, x, y, z, together);
                    }
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(kernel.what(), e);
        }
    }

    private static final class KernelClasses extends ClassLoader {
        KernelClasses(ClassLoader parent) {
            super(parent);
        }

        Class<?> define(byte[] bytes) {
            return defineClass(KERNEL, bytes, 0, bytes.length);
        }
    }

    private void group(Method kernel, Object[] arrays, Grid grid, long x, long y, long z, boolean together) throws ReflectiveOperationException {
        CyclicBarrier barrier = new CyclicBarrier(grid.localX() * grid.localY());
        List<float[]> shared = new ArrayList<>();
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int localY = 0; localY < grid.localY(); localY++) {
            for (int localX = 0; localX < grid.localX(); localX++) {
                FakeContext context = (FakeContext) loadClass(ROOT + "KernelContext").getConstructor().newInstance();
                context.enter(grid, x, y, z, localX, localY, barrier, shared);
                Object[] arguments = arrays.clone();
                arguments[0] = context;
                if (together) {
                    threads.add(Thread.startVirtualThread(() -> {
                        try {
                            kernel.invoke(null, arguments);
                        } catch (ReflectiveOperationException e) {
                            trouble.set(e);
                            barrier.reset();
                        }
                    }));
                } else {
                    kernel.invoke(null, arguments);
                }
            }
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (trouble.get() != null) {
            throw new AssertionError(trouble.get());
        }
    }

    /** TornadoVM's names mean the classes made here, even where TornadoVM is. */
    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(ROOT)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            byte[] bytes = switch (name.substring(ROOT.length())) {
                case "KernelContext" -> heir(name, FakeContext.class);
                case "types.arrays.FloatArray" -> heir(name, FakeArray.class);
                case "math.TornadoMath" -> functions(name);
                case "common.TornadoFunctions$Task6" -> ClassFile.of().build(ClassDesc.of(name),
                        type -> type.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_INTERFACE | ClassFile.ACC_ABSTRACT));
                default -> throw new ClassNotFoundException(name);
            };
            return defineClass(name, bytes, 0, bytes.length);
        }
    }

    private static byte[] heir(String name, Class<?> of) {
        ClassDesc above = ClassDesc.of(of.getName());
        return ClassFile.of().build(ClassDesc.of(name), type -> type.withFlags(ClassFile.ACC_PUBLIC).withSuperclass(above)
                .withMethodBody(INIT_NAME, MTD_void, ClassFile.ACC_PUBLIC, code -> code.aload(0).invokespecial(above, INIT_NAME, MTD_void).return_()));
    }

    private static byte[] functions(String name) {
        ClassDesc math = ClassDesc.of("java.lang.Math");
        MethodTypeDesc wide = MethodTypeDesc.ofDescriptor("(D)D");
        return ClassFile.of().build(ClassDesc.of(name), type -> {
            type.withFlags(ClassFile.ACC_PUBLIC);
            FUNCTIONS.forEach(function -> type.withMethodBody(function, MethodTypeDesc.of(CD_float, CD_float), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, code -> {
                code.fload(0);
                if (function.equals("abs")) {
                    code.invokestatic(math, function, MethodTypeDesc.of(CD_float, CD_float));
                } else {
                    code.f2d().invokestatic(math, function, wide).d2f();
                }
                code.freturn();
            }));
        });
    }
}
