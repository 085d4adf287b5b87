package dev.t2i.backend.tornado;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the body of a kernel: locals, reads and writes of rooms, loops and guards. What it writes keeps to what TornadoVM's compilers take:
 * one exit, no returns inside, barriers outside of branches, a name for every local.
 */
final class Code {
    private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");

    private record Local(int slot, String name, ClassDesc type, Label from) {}

    private final CodeBuilder code;
    private final Functions functions;
    private final List<Local> locals = new ArrayList<>();
    private int next;

    /** @param type of a {@link Api#kernel} */
    Code(CodeBuilder code, MethodTypeDesc type, Functions functions) {
        this.code = code;
        this.functions = functions;
        Label start = code.startLabel();
        for (int i = 0; i < type.parameterCount(); i++) {
            locals.add(new Local(i, "p" + i, type.parameterType(i), start)); // no long or double among them
        }
        next = type.parameterCount();
    }

    CodeBuilder raw() {
        return code;
    }

    /** Takes the float or int on the stack as a result, or ends a void method. */
    void end() {
        if (!returned) {
            code.return_();
        }
        // TornadoVM's compiler reads this table, and fails without it.
        for (Local local : locals) {
            code.localVariable(local.slot, local.name, local.type, local.from, code.endLabel());
        }
    }

    private boolean returned;

    void returnFloat() {
        code.freturn();
        returned = true;
    }

    void returnInt() {
        code.ireturn();
        returned = true;
    }

    /** A new local that holds what is on the stack. */
    int newInt() {
        return local(CD_int, TypeKind.INT);
    }

    int newFloat() {
        return local(CD_float, TypeKind.FLOAT);
    }

    int newFloats() {
        return local(Api.FLOATS, TypeKind.REFERENCE);
    }

    private int local(ClassDesc type, TypeKind kind) {
        int slot = next++;
        code.storeLocal(kind, slot);
        locals.add(new Local(slot, "v" + slot, type, code.newBoundLabel()));
        return slot;
    }

    void integer(int value) {
        code.loadConstant(value);
    }

    void number(float value) {
        code.loadConstant(value);
    }

    void loadInt(int slot) {
        code.iload(slot);
    }

    void loadFloat(int slot) {
        code.fload(slot);
    }

    void storeInt(int slot) {
        code.istore(slot);
    }

    void storeFloat(int slot) {
        code.fstore(slot);
    }

    /** An id of the kernel context, such as {@code globalIdx}. */
    void id(String name) {
        code.aload(0).getfield(Api.CONTEXT, name, Api.ID).invokevirtual(Api.ID, "intValue", MethodTypeDesc.of(CD_int));
    }

    void barrier() {
        code.aload(0).invokevirtual(Api.CONTEXT, "localBarrier", MTD_void);
    }

    /** A barrier after which the items of a group see what the others have written to rooms, too. */
    void globalBarrier() {
        code.aload(0).invokevirtual(Api.CONTEXT, "globalBarrier", MTD_void);
    }

    /** An array that the items of a group share. */
    void sharedFloats(int size) {
        code.aload(0);
        integer(size);
        code.invokevirtual(Api.CONTEXT, "allocateFloatLocalArray", Api.LOCAL_ARRAY);
    }

    /** {@code room[offset + index]}; {@code index} puts an int on the stack. */
    void get(Spot spot, Runnable index) {
        loadArray(spot);
        at(spot, index);
        code.invokevirtual(Api.ARRAY, "get", Api.GET);
    }

    /** {@code room[offset + index] = value} */
    void set(Spot spot, Runnable index, Runnable value) {
        loadArray(spot);
        at(spot, index);
        value.run();
        code.invokevirtual(Api.ARRAY, "set", Api.SET);
    }

    /** Behind the context. */
    private void loadArray(Spot spot) {
        code.aload(1 + spot.room().ordinal());
    }

    private void at(Spot spot, Runnable index) {
        index.run();
        if (spot.offset() != 0) {
            integer(spot.offset());
            code.iadd();
        }
    }

    /** {@code start + sum of indices[i] * strides[i]}, on the stack. */
    void dot(int start, int[] indices, long[] strides) {
        boolean first = true;
        for (int i = 0; i < indices.length; i++) {
            if (strides[i] == 0) {
                continue;
            }
            loadInt(indices[i]);
            if (strides[i] != 1) {
                integer(Math.toIntExact(strides[i]));
                code.imul();
            }
            if (!first) {
                code.iadd();
            }
            first = false;
        }
        if (first) {
            integer(start);
        } else if (start != 0) {
            integer(start);
            code.iadd();
        }
    }

    /** Locals with the indices along axes of {@code dims} of the element whose number is in local {@code number}. */
    int[] coordinates(int number, int[] dims) {
        int[] indices = new int[dims.length];
        loadInt(number);
        int rest = newInt();
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            loadInt(rest);
            if (axis > 0) {
                integer(dims[axis]);
                code.irem();
            }
            indices[axis] = newInt();
            if (axis > 0) {
                loadInt(rest);
                integer(dims[axis]);
                code.idiv();
                storeInt(rest);
            }
        }
        return indices;
    }

    /** Locals with the quotient and the remainder of a local that is not negative. */
    int[] divided(int local, int divisor) {
        loadInt(local);
        integer(divisor);
        code.idiv();
        int quotient = newInt();
        loadInt(local);
        integer(divisor);
        code.irem();
        return new int[] {quotient, newInt()};
    }

    /** A local with the lesser of the two on the stack. */
    int newLesserInt() {
        code.invokestatic(MATH, "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
        return newInt();
    }

    /** Runs {@code body} where the local is less than {@code limit}. */
    void ifLess(int local, int limit, Runnable body) {
        Label after = code.newLabel();
        loadInt(local);
        integer(limit);
        code.if_icmpge(after);
        body.run();
        code.labelBinding(after);
    }

    /**
     * Jumps to {@code no} unless each local is at least 0 and less than its limit. By signs alone: where TornadoVM's compiler sees that a number is
     * negative, it compares it with negative ones as if they had no sign, and writes that for OpenCL in a way that is never true.
     */
    void requireWithin(int[] locals, int[] limits, Label no) {
        for (int i = 0; i < locals.length; i++) {
            loadInt(locals[i]);
            if (i > 0) {
                code.ior();
            }
            integer(limits[i] - 1);
            loadInt(locals[i]);
            code.isub().ior();
        }
        code.iflt(no);
    }

    /** For {@code local} from its present value, in steps, while less than the limit, which {@code limit} puts on the stack. */
    void loop(int local, Runnable limit, int step, Runnable body) {
        Label test = code.newBoundLabel();
        Label after = code.newLabel();
        loadInt(local);
        limit.run();
        code.if_icmpge(after);
        body.run();
        code.iinc(local, step);
        code.goto_(test);
        code.labelBinding(after);
    }

    /** One of two floats; {@code jumpIfFalse} is given where to go. */
    void choose(java.util.function.Consumer<Label> jumpIfFalse, Runnable yes, Runnable no) {
        Label otherwise = code.newLabel();
        Label after = code.newLabel();
        jumpIfFalse.accept(otherwise);
        yes.run();
        code.goto_(after);
        code.labelBinding(otherwise);
        no.run();
        code.labelBinding(after);
    }

    /** A function, by its name in TornadoMath, of the float on the stack. */
    void math(String name) {
        functions.put(this, name);
    }

    /** A function of TornadoMath itself. */
    void driverMath(String name) {
        code.invokestatic(Api.MATH, name, Api.FUNCTION);
    }
}
