package dev.t2i.backend.tornado;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import dev.t2i.graph.Op;
import java.lang.classfile.CodeBuilder;

/** Element-wise expressions as kernel code. */
final class Arithmetic {
    private static final float[] ERF = {-1.26551223f, 1.00002368f, 0.37409196f, 0.09678418f, -0.18628806f, 0.27886807f, -1.13520398f,
        1.48851587f, -0.82215223f, 0.17087277f};

    private final Code code;
    private final CodeBuilder raw;
    /** The local of each register. */
    private final int[] registers;

    private Arithmetic(Code code, int[] registers) {
        this.code = code;
        this.raw = code.raw();
        this.registers = registers;
    }

    /** Computes {@code expression}; returns the local with its result. */
    static int compute(Code code, Expression expression, int[] inputs) {
        int[] registers = java.util.Arrays.copyOf(inputs, inputs.length + expression.instructions().size());
        Arithmetic arithmetic = new Arithmetic(code, registers);
        for (int i = 0; i < expression.instructions().size(); i++) {
            arithmetic.put(expression.instructions().get(i));
            registers[inputs.length + i] = code.newFloat();
        }
        return registers[registers.length - 1];
    }

    private void load(int register) {
        code.loadFloat(registers[register]);
    }

    private void put(Instruction instruction) {
        switch (instruction) {
            case Instruction.Immediate(float value) -> code.number(value);
            case Instruction.Unary(Op.UnaryKind kind, float parameter, int a) -> unary(kind, parameter, a);
            case Instruction.Binary(Op.BinaryKind kind, int a, int b) -> binary(kind, a, b);
            case Instruction.Select(int condition, int a, int b) -> code.choose(no -> {
                load(condition);
                code.number(0);
                raw.fcmpl().ifeq(no);
            }, () -> load(a), () -> load(b));
        }
    }

    private void unary(Op.UnaryKind kind, float parameter, int a) {
        switch (kind) {
            case NEG -> {
                load(a);
                raw.fneg();
            }
            case ABS -> function("abs", a);
            case SIGN -> code.choose(no -> ifPositive(a, no), () -> code.number(1), () -> code.choose(no -> {
                code.number(0);
                load(a);
                raw.fcmpl().ifle(no);
            }, () -> code.number(-1), () -> load(a)));
            case RECIPROCAL -> {
                code.number(1);
                load(a);
                raw.fdiv();
            }
            case SQRT -> function("sqrt", a);
            case RSQRT -> {
                code.number(1);
                function("sqrt", a);
                raw.fdiv();
            }
            case EXP -> function("exp", a);
            case LOG -> function("log", a);
            case TANH -> function("tanh", a);
            case ERF -> erf(a);
            case SIN -> function("sin", a);
            case COS -> function("cos", a);
            case FLOOR -> function("floor", a);
            case LEAKY_RELU -> code.choose(no -> ifPositive(a, no), () -> load(a), () -> {
                load(a);
                code.number(parameter);
                raw.fmul();
            });
            case LEAKY_SLOPE -> code.choose(no -> ifPositive(a, no), () -> code.number(1), () -> code.number(parameter));
        }
    }

    private void ifPositive(int a, java.lang.classfile.Label no) {
        load(a);
        code.number(0);
        raw.fcmpl().ifle(no);
    }

    private void function(String name, int a) {
        load(a);
        code.math(name);
    }

    private void binary(Op.BinaryKind kind, int a, int b) {
        switch (kind) {
            case MAX -> one(code, registers[a], registers[b], true);
            case MIN -> one(code, registers[a], registers[b], false);
            case GREATER -> code.choose(no -> ifGreater(code, registers[a], registers[b], no), () -> code.number(1), () -> code.number(0));
            // Two questions, for drivers take "not less" for an answer, which NaN is too.
            case GREATER_EQUAL -> code.choose(no -> ifGreater(code, registers[a], registers[b], no), () -> code.number(1), () -> equal(a, b));
            case EQUAL -> equal(a, b);
            case ADD -> sum(a, b);
            case SUB -> difference(a, b);
            default -> {
                load(a);
                load(b);
                switch (kind) {
                    case MUL -> raw.fmul();
                    case DIV -> raw.fdiv();
                    default -> throw new IllegalArgumentException("no instruction for " + kind);
                }
            }
        }
    }

    private void sum(int a, int b) {
        load(a);
        if (DriverChecks.joinsProductsAndSums()) {
            // As a difference: of a product that is added to itself TornadoVM would lose the other operand.
            code.number(0);
            load(b);
            raw.fsub().fsub();
        } else {
            load(b);
            raw.fadd();
        }
    }

    private void difference(int a, int b) {
        load(a);
        if (DriverChecks.joinsProductsAndSums()) {
            // Else TornadoVM makes a sum of a difference from what was negated.
            code.number(0);
            load(b);
            raw.fadd();
        } else {
            load(b);
        }
        raw.fsub();
    }

    private void equal(int a, int b) {
        code.choose(no -> {
            load(a);
            load(b);
            raw.fcmpl().ifne(no);
        }, () -> code.number(1), () -> code.number(0));
    }

    private static void ifGreater(Code code, int a, int b, java.lang.classfile.Label no) {
        code.loadFloat(a);
        code.loadFloat(b);
        code.raw().fcmpl().ifle(no);
    }

    /** The larger or the smaller of two locals; NaN wins, which drivers' own functions drop. */
    static void one(Code code, int a, int b, boolean larger) {
        code.choose(no -> ifGreater(code, larger ? a : b, larger ? b : a, no), () -> code.loadFloat(a), () -> code.choose(no -> {
            code.loadFloat(a);
            code.loadFloat(a);
            code.raw().fcmpl().ifeq(no);
        }, () -> code.loadFloat(a), () -> code.loadFloat(b)));
    }

    /**
     * No device has it under one name. Near 0 the Maclaurin series, further out Chebyshev's fit of erfc as exp(-x^2 + p(t)), t = 1 / (1 + x/2)
     * (Press et al., Numerical Recipes, 6.2), with an error of 1.2e-7.
     */
    private void erf(int a) {
        function("abs", a);
        int u = code.newFloat();
        code.number(1);
        code.number(1);
        code.loadFloat(u);
        code.number(0.5f);
        raw.fmul().fadd().fdiv();
        int t = code.newFloat();
        code.number(ERF[ERF.length - 1]);
        for (int i = ERF.length - 2; i >= 0; i--) {
            code.loadFloat(t);
            raw.fmul();
            code.number(ERF[i]);
            raw.fadd();
        }
        code.loadFloat(u);
        code.loadFloat(u);
        raw.fmul().fsub();
        code.math("exp");
        code.loadFloat(t);
        raw.fmul();
        int rest = code.newFloat();
        load(a);
        load(a);
        raw.fmul();
        int square = code.newFloat();
        code.number(1 / 216f);
        for (float coefficient : new float[] {-1 / 42f, 0.1f, -1 / 3f, 1}) {
            code.loadFloat(square);
            raw.fmul();
            code.number(coefficient);
            raw.fadd();
        }
        load(a);
        raw.fmul();
        code.number((float) (2 / Math.sqrt(Math.PI)));
        raw.fmul();
        int near = code.newFloat();
        code.number(1);
        code.loadFloat(rest);
        raw.fsub();
        int far = code.newFloat();
        code.choose(no -> {
            code.loadFloat(u);
            code.number(0.35f);
            raw.fcmpg().ifge(no);
        }, () -> code.loadFloat(near), () -> code.choose(no -> ifPositive(a, no), () -> code.loadFloat(far), () -> {
            code.loadFloat(far);
            raw.fneg();
        }));
    }
}
