package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A class with a kernel in it, made when a graph is compiled: operands' places, strides and sizes are constants in its code, and an
 * element-wise expression is plain arithmetic. TornadoVM freezes a task's scalars when it compiles it anyway, and knows no fusion of its own.
 *
 * <p>The class is also the task object that TornadoVM is handed: from its {@code apply} it learns which method is meant.
 */
final class KernelClass {
    private static final int PUBLIC_STATIC = ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC;

    /** @param rooms that the kernel has parameters for */
    record Form(int rooms, Functions functions) {}

    private final Consumer<Code> body;
    private final Map<Form, Object> tasks = new HashMap<>();

    private KernelClass(Consumer<Code> body) {
        this.body = body;
    }

    /** A class whose kernel is written by {@code kernel}. */
    static KernelClass of(Consumer<Code> kernel) {
        return new KernelClass(kernel);
    }

    /** The task object, which {@code make} makes of the class file when it is first asked for. */
    synchronized Object task(Form form, Function<byte[], Object> make) {
        return tasks.computeIfAbsent(form, _ -> make.apply(bytes(GeneratedKernel.class.getName(), form)));
    }

    /** The class file under a name of one's choice. */
    byte[] bytes(String name, Form form) {
        ClassDesc self = ClassDesc.of(name);
        MethodTypeDesc type = Api.kernel(form.rooms);
        return ClassFile.of().build(self, builder -> {
            builder.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
            builder.withInterfaceSymbols(Api.task(type.parameterCount()));
            builder.withMethodBody(INIT_NAME, MTD_void, ClassFile.ACC_PUBLIC,
                    code -> code.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_());
            MethodTypeDesc erased = MethodTypeDesc.of(CD_void, type.parameterList().stream().map(_ -> CD_Object).toList());
            builder.withMethodBody("apply", erased, ClassFile.ACC_PUBLIC, code -> {
                for (int i = 0; i < type.parameterCount(); i++) {
                    code.aload(i + 1).checkcast(type.parameterType(i));
                }
                code.invokestatic(self, Kernel.METHOD, type).return_();
            });
            builder.withMethodBody(Kernel.METHOD, type, ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, code -> {
                Code writer = new Code(code, type, form.functions);
                body.accept(writer);
                writer.end();
            });
        });
    }
}
