package dev.t2i.backend.scalar;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Expression.Instruction;
import dev.t2i.graph.Op;
import dev.t2i.graph.View;
import dev.t2i.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@link Expression} over buffers read through views. Every register is rounded like a stored value, so that on this
 * backend a fused graph gives the very bits of the graph before fusion.
 */
final class FusedExpression implements Reduction.Element {
    private final Expression expression;
    private final List<View> views;
    private final List<Buffer> inputs;
    private final Precision precision;
    private final double[] registers;

    private FusedExpression(Expression expression, List<View> views, List<Buffer> inputs, Precision precision) {
        this.expression = expression;
        this.views = views;
        this.inputs = inputs;
        this.precision = precision;
        this.registers = new double[expression.inputs() + expression.instructions().size()];
    }

    static void fused(Op.Fused op, List<Buffer> inputs, Precision precision, Buffer out) {
        if (op.expression().isIdentity() && inputs.get(0).type().dtype() == op.type().dtype()) {
            move(op, inputs.get(0), out);
            return;
        }
        FusedExpression element = new FusedExpression(op.expression(), op.views(), inputs, precision);
        IndexWalk walk = new IndexWalk(op.space());
        for (int i = 0; walk.next(); i++) {
            out.values()[i] = element.at(walk);
        }
    }

    private static void move(Op.Fused op, Buffer x, Buffer out) {
        View view = op.views().get(0);
        IndexWalk walk = new IndexWalk(op.space());
        for (int i = 0; walk.next(); i++) {
            out.values()[i] = x.values()[(int) view.offset() + walk.position(view.strides())];
        }
    }

    static void reduce(Op.FusedReduce op, List<Buffer> inputs, Precision precision, Buffer out) {
        Reduction.reduce(op.kind(), op.axes(), op.space(),
                new FusedExpression(op.expression(), op.views(), inputs, precision), out);
    }

    /** Replaces each finished element of a product; {@code inputs} are the epilogue's further inputs. */
    static void epilogue(Op.Epilogue epilogue, List<Buffer> inputs, Precision precision, Buffer product) {
        if (epilogue.isNone()) {
            return;
        }
        precision.round(product.values(), DType.F32);
        List<View> views = new ArrayList<>(epilogue.views());
        views.addFirst(View.of(product.shape()));
        List<Buffer> all = new ArrayList<>(inputs);
        all.addFirst(product);
        FusedExpression element = new FusedExpression(epilogue.expression(), views, all, precision);
        IndexWalk walk = new IndexWalk(product.shape());
        for (int i = 0; walk.next(); i++) {
            product.values()[i] = element.at(walk);
        }
    }

    @Override
    public double at(IndexWalk walk) {
        int register = 0;
        for (; register < inputs.size(); register++) {
            View view = views.get(register);
            double input = inputs.get(register).values()[(int) view.offset() + walk.position(view.strides())];
            registers[register] = precision.round(input, DType.F32);
        }
        for (Instruction instruction : expression.instructions()) {
            double result = switch (instruction) {
                case Instruction.Immediate(float value) -> value;
                case Instruction.Unary(var kind, float parameter, int a) -> Elementwise.apply(kind, parameter, registers[a]);
                case Instruction.Binary(var kind, int a, int b) -> Elementwise.apply(kind, registers[a], registers[b]);
                case Instruction.Select(int condition, int a, int b) ->
                        Elementwise.select(registers[condition], registers[a], registers[b]);
            };
            registers[register++] = precision.round(result, DType.F32);
        }
        return registers[expression.result()];
    }
}
