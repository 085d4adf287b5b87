package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_Integer;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** Names of TornadoVM's classes that kernels refer to: generated code needs no more of them, so that this package compiles without TornadoVM. */
final class Api {
    private static final String ROOT = "uk.ac.manchester.tornado.api.";
    static final ClassDesc CONTEXT = ClassDesc.of(ROOT + "KernelContext");
    static final ClassDesc ARRAY = ClassDesc.of(ROOT + "types.arrays.FloatArray");
    static final ClassDesc MATH = ClassDesc.of(ROOT + "math.TornadoMath");
    static final ClassDesc TASK = ClassDesc.of(ROOT + "common.TornadoFunctions$Task6");
    static final ClassDesc FLOATS = CD_float.arrayType();

    static final MethodTypeDesc GET = MethodTypeDesc.of(CD_float, CD_int);
    static final MethodTypeDesc SET = MethodTypeDesc.of(CD_void, CD_int, CD_float);
    static final MethodTypeDesc LOCAL_ARRAY = MethodTypeDesc.of(FLOATS, CD_int);
    static final MethodTypeDesc FUNCTION = MethodTypeDesc.of(CD_float, CD_float);
    /** A kernel's parameters: the context, then an array for each {@link Room}. */
    static final MethodTypeDesc KERNEL = MethodTypeDesc.of(CD_void, CONTEXT, ARRAY, ARRAY, ARRAY, ARRAY, ARRAY);
    /** Ids are boxed integers, which TornadoVM's compiler takes apart. */
    static final ClassDesc ID = CD_Integer;

    private Api() {}
}
