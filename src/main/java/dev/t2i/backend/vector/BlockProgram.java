package dev.t2i.backend.vector;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An {@link Expression} compiled to run over blocks of elements: each instruction is one pass of an {@link ElementLoops}
 * loop over operands that fit the first-level cache.
 *
 * <p>Operands are <em>slots</em>, places in a {@link Workspace} that the caller points at memory: first the expression's
 * inputs, then its constants, then scratch rows (a row is used again once its value is dead), last the result.
 * Products that are only added to something become fused multiply-adds.
 */
final class BlockProgram {
    /** What an instruction does; for the last three see {@link ElementLoops}. */
    enum Opcode {
        NEG, ABS, SIGN, RECIPROCAL, SQRT, RSQRT, EXP, LOG, TANH, ERF, SIN, COS, FLOOR, LEAKY_RELU, LEAKY_SLOPE,
        ADD, SUB, MUL, DIV, MAX, MIN, GREATER, GREATER_EQUAL, EQUAL,
        SELECT, MULTIPLY_ADD, MULTIPLY_SUBTRACT, SUBTRACT_PRODUCT
    }

    /** Operands are registers of the expression while compiling, slots afterwards; unused ones are -1. */
    private record Step(Opcode opcode, float parameter, int result, int a, int b, int c) {
        int[] operands() {
            return Arrays.stream(new int[] {a, b, c}).filter(operand -> operand >= 0).toArray();
        }
    }

    private final int inputs;
    private final float[] constants;
    private final int slots;
    private final int resultSlot;
    private final Opcode[] opcodes;
    private final float[] parameters;
    /** Result and three operand slots of each instruction. */
    private final int[] code;

    private BlockProgram(int inputs, float[] constants, int slots, int resultSlot, List<Step> steps) {
        this.inputs = inputs;
        this.constants = constants;
        this.slots = slots;
        this.resultSlot = resultSlot;
        opcodes = new Opcode[steps.size()];
        parameters = new float[steps.size()];
        code = new int[steps.size() * 4];
        for (int i = 0; i < opcodes.length; i++) {
            Step step = steps.get(i);
            opcodes[i] = step.opcode;
            parameters[i] = step.parameter;
            code[i * 4] = step.result;
            code[i * 4 + 1] = step.a;
            code[i * 4 + 2] = step.b;
            code[i * 4 + 3] = step.c;
        }
    }

    static BlockProgram compile(Expression expression) {
        return new Compiler(expression).compile();
    }

    /** Inputs of the expression, which fill slots 0 and up. */
    int inputs() {
        return inputs;
    }

    /** Values of the slots that follow the inputs; each must hold its value in every element. */
    float[] constants() {
        return constants;
    }

    /** All slots. */
    int slots() {
        return slots;
    }

    /** Where the result is found after {@link #run}: a slot of its own, or an input or constant that is handed through. */
    int resultSlot() {
        return resultSlot;
    }

    /** Whether the last instruction writes into a slot that the caller may point at the result's final place. */
    boolean writesResult() {
        return opcodes.length > 0;
    }

    /** Instructions for each element. */
    int length() {
        return opcodes.length;
    }

    /** Computes {@code n} elements, a multiple of {@link ElementLoops#GRAIN}, of the places that the slots point at. */
    void run(MemorySegment[] segments, long[] offsets, int n) {
        boolean plain = PlainTiles.take((long) n * opcodes.length);
        for (int i = 0; i < opcodes.length; i++) {
            int r = code[i * 4];
            int ia = code[i * 4 + 1];
            int ib = code[i * 4 + 2];
            if (plain && PlainElements.knows(opcodes[i])) {
                PlainElements.run(opcodes[i], parameters[i], segments, offsets, r, ia, ib, code[i * 4 + 3], n);
                continue;
            }
            MemorySegment out = segments[r];
            long oo = offsets[r];
            MemorySegment a = segments[ia];
            long ao = offsets[ia];
            switch (opcodes[i]) {
                case NEG -> ElementLoops.negate(a, ao, out, oo, n);
                case ABS -> ElementLoops.abs(a, ao, out, oo, n);
                case SIGN -> ElementLoops.sign(a, ao, out, oo, n);
                case RECIPROCAL -> ElementLoops.reciprocal(a, ao, out, oo, n);
                case SQRT -> ElementLoops.sqrt(a, ao, out, oo, n);
                case RSQRT -> ElementLoops.rsqrt(a, ao, out, oo, n);
                case EXP -> VectorMath.exp(a, ao, out, oo, n);
                case LOG -> VectorMath.log(a, ao, out, oo, n);
                case TANH -> VectorMath.tanh(a, ao, out, oo, n);
                case ERF -> VectorMath.erf(a, ao, out, oo, n);
                case SIN -> VectorMath.sin(a, ao, out, oo, n);
                case COS -> VectorMath.cos(a, ao, out, oo, n);
                case FLOOR -> ElementLoops.floor(a, ao, out, oo, n);
                case LEAKY_RELU -> ElementLoops.leakyRelu(parameters[i], a, ao, out, oo, n);
                case LEAKY_SLOPE -> ElementLoops.leakySlope(parameters[i], a, ao, out, oo, n);
                case ADD -> ElementLoops.add(a, ao, segments[ib], offsets[ib], out, oo, n);
                case SUB -> ElementLoops.subtract(a, ao, segments[ib], offsets[ib], out, oo, n);
                case MUL -> ElementLoops.multiply(a, ao, segments[ib], offsets[ib], out, oo, n);
                case DIV -> ElementLoops.divide(a, ao, segments[ib], offsets[ib], out, oo, n);
                case MAX -> ElementLoops.max(a, ao, segments[ib], offsets[ib], out, oo, n);
                case MIN -> ElementLoops.min(a, ao, segments[ib], offsets[ib], out, oo, n);
                case GREATER -> ElementLoops.greater(a, ao, segments[ib], offsets[ib], out, oo, n);
                case GREATER_EQUAL -> ElementLoops.greaterEqual(a, ao, segments[ib], offsets[ib], out, oo, n);
                case EQUAL -> ElementLoops.equal(a, ao, segments[ib], offsets[ib], out, oo, n);
                case SELECT -> {
                    int ic = code[i * 4 + 3];
                    ElementLoops.select(a, ao, segments[ib], offsets[ib], segments[ic], offsets[ic], out, oo, n);
                }
                case MULTIPLY_ADD -> {
                    int ic = code[i * 4 + 3];
                    ElementLoops.multiplyAdd(a, ao, segments[ib], offsets[ib], segments[ic], offsets[ic], out, oo, n);
                }
                case MULTIPLY_SUBTRACT -> {
                    int ic = code[i * 4 + 3];
                    ElementLoops.multiplySubtract(a, ao, segments[ib], offsets[ib], segments[ic], offsets[ic], out, oo, n);
                }
                case SUBTRACT_PRODUCT -> {
                    int ic = code[i * 4 + 3];
                    ElementLoops.subtractProduct(a, ao, segments[ib], offsets[ib], segments[ic], offsets[ic], out, oo, n);
                }
            }
        }
    }

    /** From registers to slots, in the order of the methods. */
    private static final class Compiler {
        private final Expression expression;
        /** By register, null for inputs and immediates. */
        private final Step[] steps;
        private final Float[] immediates;

        Compiler(Expression expression) {
            this.expression = expression;
            int registers = expression.inputs() + expression.instructions().size();
            steps = new Step[registers];
            immediates = new Float[registers];
        }

        BlockProgram compile() {
            translate();
            fuseMultiplyAdds();
            return allocate();
        }

        private void translate() {
            for (int i = 0; i < expression.instructions().size(); i++) {
                int register = expression.inputs() + i;
                switch (expression.instructions().get(i)) {
                    case Instruction.Immediate immediate -> immediates[register] = immediate.value();
                    case Instruction.Unary unary -> steps[register] = new Step(
                            Opcode.valueOf(unary.kind().name()), unary.parameter(), register, unary.a(), -1, -1);
                    case Instruction.Binary binary -> steps[register] = new Step(
                            Opcode.valueOf(binary.kind().name()), 0, register, binary.a(), binary.b(), -1);
                    case Instruction.Select select -> steps[register] = new Step(
                            Opcode.SELECT, 0, register, select.condition(), select.a(), select.b());
                }
            }
        }

        private int[] countUses() {
            int[] uses = new int[steps.length];
            if (uses.length > 0) {
                uses[expression.result()]++;
            }
            for (int register = steps.length - 1; register >= 0; register--) {
                if (steps[register] != null && uses[register] > 0) {
                    for (int operand : steps[register].operands()) {
                        uses[operand]++;
                    }
                }
            }
            return uses;
        }

        private void fuseMultiplyAdds() {
            int[] uses = countUses();
            for (int register = 0; register < steps.length; register++) {
                Step step = steps[register];
                if (step == null || (step.opcode != Opcode.ADD && step.opcode != Opcode.SUB)) {
                    continue;
                }
                boolean add = step.opcode == Opcode.ADD;
                if (isLoneProduct(step.b, uses)) {
                    Step product = steps[step.b];
                    steps[register] = new Step(add ? Opcode.MULTIPLY_ADD : Opcode.SUBTRACT_PRODUCT, 0, register,
                            product.a, product.b, step.a);
                } else if (isLoneProduct(step.a, uses)) {
                    Step product = steps[step.a];
                    steps[register] = new Step(add ? Opcode.MULTIPLY_ADD : Opcode.MULTIPLY_SUBTRACT, 0, register,
                            product.a, product.b, step.b);
                }
            }
        }

        private boolean isLoneProduct(int register, int[] uses) {
            return steps[register] != null && steps[register].opcode == Opcode.MUL && uses[register] == 1;
        }

        private BlockProgram allocate() {
            int[] uses = countUses();
            int[] slotOf = new int[steps.length];
            List<Float> constants = new ArrayList<>();
            for (int register = 0; register < steps.length; register++) {
                slotOf[register] = register < expression.inputs() ? register : -1;
                if (immediates[register] != null && uses[register] > 0) {
                    int known = indexOf(constants, immediates[register]);
                    slotOf[register] = expression.inputs() + known;
                }
            }
            int firstRow = expression.inputs() + constants.size();
            int result = expression.result();
            List<Step> done = new ArrayList<>();
            List<Integer> free = new ArrayList<>();
            int rows = 0;
            for (int register = 0; register < steps.length; register++) {
                Step step = steps[register];
                if (step == null || uses[register] == 0) {
                    continue;
                }
                for (int operand : step.operands()) {
                    if (--uses[operand] == 0 && steps[operand] != null) {
                        free.add(slotOf[operand]);
                    }
                }
                if (register != result) {
                    slotOf[register] = free.isEmpty() ? firstRow + rows++ : free.removeLast();
                }
                done.add(step);
            }
            int resultSlot = firstRow + rows;
            if (steps[result] != null) {
                slotOf[result] = resultSlot;
            } else {
                resultSlot = slotOf[result];
            }
            List<Step> placed = done.stream().map(step -> new Step(step.opcode, step.parameter, slotOf[step.result],
                    slotOf[step.a], step.b < 0 ? -1 : slotOf[step.b], step.c < 0 ? -1 : slotOf[step.c])).toList();
            float[] values = new float[constants.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = constants.get(i);
            }
            return new BlockProgram(expression.inputs(), values, firstRow + rows + 1, resultSlot, placed);
        }

        /** The place of a constant by its bits, since -0 is not 0. */
        private static int indexOf(List<Float> constants, Float value) {
            int known = constants.indexOf(value); // Float.equals compares bits
            if (known < 0) {
                constants.add(value);
                return constants.size() - 1;
            }
            return known;
        }
    }
}
