package dev.t2i.graph;

import java.util.List;

/**
 * A chain of element-wise instructions that a backend runs in one pass over memory. Registers {@code 0..inputs-1} hold
 * the inputs' elements; instruction {@code i} fills register {@code inputs + i}; the last register is the result.
 */
public record Expression(int inputs, List<Instruction> instructions) {
    public Expression {
        instructions = List.copyOf(instructions);
    }

    /** One step; operands are register numbers. */
    public sealed interface Instruction {
        record Immediate(float value) implements Instruction {}

        record Unary(Op.UnaryKind kind, float parameter, int a) implements Instruction {}

        record Binary(Op.BinaryKind kind, int a, int b) implements Instruction {}

        /** {@code condition != 0 ? a : b} */
        record Select(int condition, int a, int b) implements Instruction {}
    }

    /** Hands its first input on unchanged. */
    public static final Expression IDENTITY = new Expression(1, List.of());

    public boolean isIdentity() {
        return inputs == 1 && instructions.isEmpty();
    }

    /** The register that holds the result. */
    public int result() {
        return inputs + instructions.size() - 1;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("(");
        for (int i = 0; i < instructions.size(); i++) {
            text.append(i == 0 ? "" : "; ").append('r').append(inputs + i).append('=');
            switch (instructions.get(i)) {
                case Instruction.Immediate(float value) -> text.append(value);
                case Instruction.Unary(var kind, float parameter, int a) -> {
                    text.append(kind.name().toLowerCase()).append(" r").append(a);
                    if (kind.hasParameter()) {
                        text.append(' ').append(parameter);
                    }
                }
                case Instruction.Binary(var kind, int a, int b) ->
                        text.append(kind.name().toLowerCase()).append(" r").append(a).append(" r").append(b);
                case Instruction.Select(int condition, int a, int b) ->
                        text.append("select r").append(condition).append(" r").append(a).append(" r").append(b);
            }
        }
        return text.append(')').toString();
    }
}
