package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_Integer;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Names of TornadoVM's classes that kernels refer to: generated code needs no more of them, so that this package compiles without TornadoVM. */
final class Api {
    private static final String ROOT = "uk.ac.manchester.tornado.api.";
    static final ClassDesc CONTEXT = ClassDesc.of(ROOT + "KernelContext");
    static final ClassDesc ARRAY = ClassDesc.of(ROOT + "types.arrays.FloatArray");
    static final ClassDesc MATH = ClassDesc.of(ROOT + "math.TornadoMath");
    static final ClassDesc FLOATS = CD_float.arrayType();

    static final MethodTypeDesc GET = MethodTypeDesc.of(CD_float, CD_int);
    static final MethodTypeDesc SET = MethodTypeDesc.of(CD_void, CD_int, CD_float);
    static final MethodTypeDesc LOCAL_ARRAY = MethodTypeDesc.of(FLOATS, CD_int);
    static final MethodTypeDesc FUNCTION = MethodTypeDesc.of(CD_float, CD_float);
    /** Ids are boxed integers, which TornadoVM's compiler takes apart. */
    static final ClassDesc ID = CD_Integer;

    private Api() {}

    /** A kernel's parameters: the context, then an array for each of so many {@link Room}s. */
    static MethodTypeDesc kernel(int rooms) {
        List<ClassDesc> parameters = new ArrayList<>(Collections.nCopies(rooms, ARRAY));
        parameters.addFirst(CONTEXT);
        return MethodTypeDesc.of(CD_void, parameters);
    }

    /** What a task with so many parameters is for TornadoVM. */
    static ClassDesc task(int parameters) {
        return ClassDesc.of(ROOT + "common.TornadoFunctions$Task" + parameters);
    }
}
