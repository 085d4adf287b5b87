package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A class with a kernel in it, made when a graph is compiled: operands' places, strides and sizes are constants in its code, and an
 * element-wise expression is plain arithmetic. TornadoVM freezes a task's scalars when it compiles it anyway, and knows no fusion of its own.
 *
 * <p>The class is also the task object that TornadoVM is handed: from its {@code apply} it learns which method is meant.
 */
final class KernelClass {
    private static final int PUBLIC_STATIC = ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC;

    private final BiConsumer<ClassBuilder, ClassDesc> body;
    private Object task;

    /** @param body adds methods to a class of the given name, {@link Kernel#METHOD} among them */
    KernelClass(BiConsumer<ClassBuilder, ClassDesc> body) {
        this.body = body;
    }

    /** The task object, which {@code make} makes of the class file when it is first asked for. */
    synchronized Object task(Function<byte[], Object> make) {
        if (task == null) {
            task = make.apply(bytes(GeneratedKernel.class.getName()));
        }
        return task;
    }

    /** The class file under a name of one's choice. */
    byte[] bytes(String name) {
        ClassDesc self = ClassDesc.of(name);
        return ClassFile.of().build(self, builder -> {
            builder.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
            builder.withInterfaceSymbols(Api.TASK);
            builder.withMethodBody(INIT_NAME, MTD_void, ClassFile.ACC_PUBLIC,
                    code -> code.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_());
            MethodTypeDesc erased = MethodTypeDesc.of(CD_void, Api.KERNEL.parameterList().stream().map(_ -> CD_Object).toList());
            builder.withMethodBody("apply", erased, ClassFile.ACC_PUBLIC, code -> {
                for (int i = 0; i < Api.KERNEL.parameterCount(); i++) {
                    code.aload(i + 1).checkcast(Api.KERNEL.parameterType(i));
                }
                code.invokestatic(self, Kernel.METHOD, Api.KERNEL).return_();
            });
            body.accept(builder, self);
        });
    }

    /** A class whose kernel is written by {@code kernel}. */
    static KernelClass of(java.util.function.Consumer<Code> kernel) {
        return new KernelClass((builder, self) -> method(builder, Kernel.METHOD, Api.KERNEL, 0, kernel));
    }

    /**
     * Adds a static method.
     *
     * @param firstRoom parameter that holds the array of the first room, less one: kernels have the context before it
     */
    static void method(ClassBuilder builder, String name, MethodTypeDesc type, int firstRoom, java.util.function.Consumer<Code> body) {
        builder.withMethodBody(name, type, PUBLIC_STATIC, code -> {
            Code writer = new Code(code, type, firstRoom + 1);
            body.accept(writer);
            writer.end();
        });
    }
}
