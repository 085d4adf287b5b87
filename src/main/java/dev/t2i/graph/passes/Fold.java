package dev.t2i.graph.passes;

import dev.t2i.graph.Op;
import java.util.OptionalDouble;

/** Arithmetic on numbers known when tracing. Functions that backends approximate are left to them, so that all agree. */
final class Fold {
    private Fold() {}

    static OptionalDouble unary(Op.Unary op, double x) {
        return switch (op.kind()) {
            case NEG -> OptionalDouble.of(-x);
            case ABS -> OptionalDouble.of(Math.abs(x));
            case SIGN -> OptionalDouble.of(Math.signum(x));
            case RECIPROCAL -> OptionalDouble.of(1 / x);
            case SQRT -> OptionalDouble.of(Math.sqrt(x));
            case RSQRT -> OptionalDouble.of(1 / Math.sqrt(x));
            case FLOOR -> OptionalDouble.of(Math.floor(x));
            case LEAKY_RELU -> OptionalDouble.of(x > 0 ? x : op.parameter() * x);
            case LEAKY_SLOPE -> OptionalDouble.of(x > 0 ? 1 : op.parameter());
            case EXP, LOG, TANH, ERF, SIN, COS -> OptionalDouble.empty();
        };
    }

    static double binary(Op.BinaryKind kind, double a, double b) {
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
}
