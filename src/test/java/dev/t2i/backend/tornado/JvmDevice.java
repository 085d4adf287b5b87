package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import dev.t2i.backend.Profiled.RunProfile;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs a session's programs as Java, item by item, with classes of TornadoVM's names that are made here: kernels are tested without TornadoVM and without a device.
 * What TornadoVM's compiler and a driver make of them is not.
 */
final class JvmDevice extends ClassLoader implements DevicePrograms {
    private static final String ROOT = "uk.ac.manchester.tornado.api.";
    private static final String KERNEL = "dev.t2i.Kernel";
    private static final List<String> FUNCTIONS = List.of("exp", "log", "sin", "cos", "tanh", "sqrt", "abs", "floor", "ceil", "tan", "atan");

    /** @param together whether items of a group wait for each other, so that each needs a thread */
    private record Compiled(Method method, boolean together) {}

    /** A program's own arrays, and those that all share. */
    private record Arrays(DeviceProgram program, Map<Room, FakeArray> rooms) {}

    private final List<Arrays> all = new ArrayList<>();
    private final Map<LibraryArray, FakeArray> libraryArrays = new EnumMap<>(LibraryArray.class);
    private final Map<Kernel, Compiled> compiled = new IdentityHashMap<>();
    private final FakeArray states;
    private final int rooms;
    private final Functions functions;

    JvmDevice(int stateSize, List<DeviceProgram> programs) {
        this(stateSize, programs, Functions.DRIVER);
    }

    /** @param functions what kernels compute functions with; the driver's are Java's here */
    JvmDevice(int stateSize, List<DeviceProgram> programs, Functions functions) {
        super(JvmDevice.class.getClassLoader());
        this.functions = functions;
        states = array(Math.ceilDiv(stateSize, DevicePlan.BLOCK) * DevicePlan.BLOCK);
        this.rooms = DeviceMemory.rooms(programs);
        Map<Room, FakeArray> shared = new EnumMap<>(Map.of(Room.STATES, states));
        for (Room room : Room.OF_TEMPORARIES.subList(0, this.rooms - Room.ALWAYS.size() + 1)) {
            shared.put(room, array(DeviceMemory.size(room, programs)));
            // What no kernel has written nobody may count on.
            java.util.Arrays.fill(shared.get(room).numbers, Float.NaN);
        }
        for (DeviceProgram program : programs) {
            Map<Room, FakeArray> rooms = new EnumMap<>(shared);
            for (Room room : List.of(Room.INPUTS, Room.CONSTANTS, Room.OUTPUTS)) {
                rooms.put(room, array(program.size(room)));
            }
            rooms.get(Room.CONSTANTS).numbers = program.constants();
            all.add(new Arrays(program, rooms));
        }
        for (LibraryArray each : LibraryArray.values()) {
            // Too large by a few, as the largest of several products makes it.
            libraryArrays.put(each, array(DeviceMemory.librarySize(each, programs) + 5));
            java.util.Arrays.fill(libraryArrays.get(each).numbers, Float.NaN);
        }
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

    @Override
    public MemorySegment inputs(int program) {
        return MemorySegment.ofArray(all.get(program).rooms.get(Room.INPUTS).numbers);
    }

    @Override
    public MemorySegment outputs(int program) {
        return MemorySegment.ofArray(all.get(program).rooms.get(Room.OUTPUTS).numbers);
    }

    @Override
    public void write(long from, long to, Cargo cargo) {
        cargo.move(MemorySegment.ofArray(states.numbers), from, from, to);
    }

    @Override
    public void read(long from, long to, Cargo cargo) {
        cargo.move(MemorySegment.ofArray(states.numbers), 0, 0, states.numbers.length);
    }

    @Override
    public long deviceBytes() {
        return 0;
    }

    @Override
    public RunProfile profile(int program) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    @Override
    public void run(int program) {
        Arrays arrays = all.get(program);
        for (Task task : arrays.program.tasks()) {
            switch (task) {
                case LibraryCall call -> libraryArrays.get(LibraryArray.RESULT).numbers =
                        ColumnMajor.product(call.function(), call.parameters(libraryArrays::get), array -> ((FakeArray) array).numbers);
                case Kernel kernel -> run(kernel, arrays.rooms);
            }
        }
    }

    private Compiled compiled(Kernel kernel) {
        byte[] bytes = kernel.code().bytes(KERNEL, new KernelClass.Form(rooms, functions));
        Class<?> type = new KernelClasses(this).define(bytes);
        Method method = java.util.Arrays.stream(type.getMethods()).filter(each -> each.getName().equals(Kernel.METHOD)).findFirst().orElseThrow();
        return new Compiled(method, new String(bytes, StandardCharsets.ISO_8859_1).contains("Barrier"));
    }

    private void run(Kernel kernel, Map<Room, FakeArray> rooms) {
        Object[] arrays = new Object[1 + this.rooms];
        rooms.forEach((room, array) -> arrays[1 + room.ordinal()] = array);
        kernel.stands().forEach((room, array) -> arrays[1 + room.ordinal()] = libraryArrays.get(array));
        Compiled ready = compiled.computeIfAbsent(kernel, this::compiled);
        Grid grid = kernel.grid();
        try {
            List<FakeContext> contexts = new ArrayList<>();
            for (int i = 0; i < grid.localX() * grid.localY(); i++) {
                contexts.add((FakeContext) loadClass(ROOT + "KernelContext").getConstructor().newInstance());
            }
            for (long z = 0; z < grid.globalZ(); z++) {
                for (long y = 0; y < grid.globalY() / grid.localY(); y++) {
                    for (long x = 0; x < grid.globalX() / grid.localX(); x++) {
                        group(ready, contexts, arrays, grid, x, y, z);
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

    private static void group(Compiled kernel, List<FakeContext> contexts, Object[] arrays, Grid grid, long x, long y, long z) throws ReflectiveOperationException {
        CyclicBarrier barrier = new CyclicBarrier(contexts.size());
        List<float[]> shared = new ArrayList<>();
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < contexts.size(); i++) {
            FakeContext context = contexts.get(i);
            context.enter(grid, x, y, z, i % grid.localX(), i / grid.localX(), barrier, shared);
            Object[] arguments = arrays.clone();
            arguments[0] = context;
            if (kernel.together) {
                threads.add(Thread.startVirtualThread(() -> {
                    try {
                        kernel.method.invoke(null, arguments);
                    } catch (ReflectiveOperationException e) {
                        trouble.set(e);
                        barrier.reset();
                    }
                }));
            } else {
                kernel.method.invoke(null, arguments);
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
                case String task when task.startsWith("common.TornadoFunctions$Task") -> ClassFile.of().build(ClassDesc.of(name),
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
