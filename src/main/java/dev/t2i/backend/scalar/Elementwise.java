package dev.t2i.backend.scalar;

import dev.t2i.graph.Op;

/** Operations on one element at a time. */
final class Elementwise {
    private Elementwise() {}

    static double apply(Op.UnaryKind kind, double parameter, double x) {
        return switch (kind) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case RECIPROCAL -> 1 / x;
            case SQRT -> Math.sqrt(x);
            case RSQRT -> 1 / Math.sqrt(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case TANH -> Math.tanh(x);
            case ERF -> ErrorFunction.erf(x);
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
            case FLOOR -> Math.floor(x);
            case LEAKY_RELU -> x > 0 ? x : parameter * x;
            case LEAKY_SLOPE -> x > 0 ? 1 : parameter;
        };
    }

    static double apply(Op.BinaryKind kind, double a, double b) {
        return switch (kind) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case GREATER -> a > b ? 1 : 0;
            case GREATER_EQUAL -> a >= b ? 1 : 0;
            case EQUAL -> a == b ? 1 : 0;
        };
    }

    static double select(double condition, double a, double b) {
        return condition != 0 ? a : b;
    }

    static void unary(Op.Unary op, Buffer x, Buffer out) {
        for (int i = 0; i < out.values().length; i++) {
            out.values()[i] = apply(op.kind(), op.parameter(), x.values()[i]);
        }
    }

    static void binary(Op.Binary op, Buffer a, Buffer b, Buffer out) {
        for (int i = 0; i < out.values().length; i++) {
            out.values()[i] = apply(op.kind(), a.values()[i], b.values()[i]);
        }
    }

    static void select(Buffer condition, Buffer a, Buffer b, Buffer out) {
        for (int i = 0; i < out.values().length; i++) {
            out.values()[i] = select(condition.values()[i], a.values()[i], b.values()[i]);
        }
    }
}
