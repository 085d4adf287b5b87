package dev.t2i.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import dev.t2i.graph.Op;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Loops with and without vectors, bit for bit. */
class PlainElementsTest {
    private static final int N = 4096;
    private static final float[] SPECIAL = {0f, -0f, 1, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE, -Float.MIN_NORMAL, 88.8f, -103.5f, 0.925f, -4.1f, 1e30f};

    @AfterEach
    void useVectors() {
        PlainTiles.allow(0);
    }

    private static float[] run(Expression expression, float[][] inputs, long allowance) {
        PlainTiles.allow(allowance);
        BlockProgram program = BlockProgram.compile(expression);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] segments = new MemorySegment[program.slots()];
            for (int slot = 0; slot < segments.length; slot++) {
                segments[slot] = arena.allocate(4L * N, 64);
            }
            for (int i = 0; i < inputs.length; i++) {
                MemorySegment.copy(inputs[i], 0, segments[i], ValueLayout.JAVA_FLOAT, 0, N);
            }
            for (int i = 0; i < program.constants().length; i++) {
                ElementLoops.fill(program.constants()[i], segments[program.inputs() + i], 0, N);
            }
            program.run(segments, new long[segments.length], N);
            float[] result = new float[N];
            MemorySegment.copy(segments[program.resultSlot()], ValueLayout.JAVA_FLOAT, 0, result, 0, N);
            return result;
        }
    }

    private static float[][] inputs(int count) {
        Random random = new Random(3);
        float[][] inputs = new float[count][N];
        for (float[] input : inputs) {
            for (int i = 0; i < N; i++) {
                input[i] = random.nextInt(8) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)]
                        : (float) (random.nextGaussian() * Math.pow(10, random.nextInt(5) - 2));
            }
        }
        return inputs;
    }

    private static void assertSame(Expression expression) {
        float[][] inputs = inputs(expression.inputs());
        float[] expected = run(expression, inputs, 0);
        float[] actual = run(expression, inputs, Long.MAX_VALUE);
        for (int i = 0; i < N; i++) {
            assertEquals(Float.floatToIntBits(expected[i]), Float.floatToIntBits(actual[i]),
                    expression + " at " + inputs[0][i] + ": " + expected[i] + " and " + actual[i]);
        }
    }

    @Test
    void givesTheBitsOfVectors() {
        List<Expression> expressions = new ArrayList<>();
        for (Op.UnaryKind kind : Op.UnaryKind.values()) {
            expressions.add(new Expression(1, List.of(new Instruction.Unary(kind, 0.2f, 0))));
        }
        for (Op.BinaryKind kind : Op.BinaryKind.values()) {
            expressions.add(new Expression(2, List.of(new Instruction.Binary(kind, 0, 1))));
        }
        expressions.add(new Expression(3, List.of(new Instruction.Select(0, 1, 2))));
        Instruction product = new Instruction.Binary(Op.BinaryKind.MUL, 0, 1);
        expressions.add(new Expression(3, List.of(product, new Instruction.Binary(Op.BinaryKind.ADD, 3, 2))));
        expressions.add(new Expression(3, List.of(product, new Instruction.Binary(Op.BinaryKind.SUB, 3, 2))));
        expressions.add(new Expression(3, List.of(product, new Instruction.Binary(Op.BinaryKind.SUB, 2, 3))));
        expressions.add(new Expression(1, List.of(new Instruction.Immediate(0.7f), new Instruction.Binary(Op.BinaryKind.ADD, 0, 1))));
        expressions.forEach(PlainElementsTest::assertSame);
    }

    @Test
    void copiesAndTransposesAlike() {
        Random random = new Random(4);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate(4L * N, 64);
            for (int i = 0; i < N; i++) {
                source.setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt());
            }
            for (int rows = 1; rows < 20; rows += 3) {
                for (int columns = 1; columns < 40; columns += 7) {
                    MemorySegment one = arena.allocate(4L * N, 64);
                    MemorySegment other = arena.allocate(4L * N, 64);
                    PlainTiles.allow(0);
                    Transpose.run(source, 8, 4L * columns, rows, columns, one, 4, 4L * rows);
                    BoxCopy.fill4(7, one, 4000, rows);
                    PlainTiles.allow(Long.MAX_VALUE);
                    Transpose.run(source, 8, 4L * columns, rows, columns, other, 4, 4L * rows);
                    BoxCopy.fill4(7, other, 4000, rows);
                    assertTrue(one.mismatch(other) < 0, rows + " by " + columns);
                }
            }
        }
    }
}
