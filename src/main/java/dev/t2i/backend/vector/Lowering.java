package dev.t2i.backend.vector;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.graph.TensorType;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Turns the values of a graph into steps over buffers. Every operation has an answer here, fused or as it was traced.
 */
final class Lowering {
    private final Function<Value, Buffer> buffers;
    private final ReduceStep.Allocator allocator;
    private final Products products;

    /**
     * @param buffers   where each value lives
     * @param allocator for memory that a step needs between its phases
     * @param products  makes the plans of matrix products
     */
    Lowering(Function<Value, Buffer> buffers, ReduceStep.Allocator allocator, Products products) {
        this.buffers = buffers;
        this.allocator = allocator;
        this.products = products;
    }

    /** The steps that compute {@code value}, none for leaves and reshapes. */
    List<Step> lower(Value value) {
        Buffer out = buffers.apply(value);
        List<Buffer> in = value.inputs().stream().map(buffers).toList();
        Shape shape = value.shape();
        return switch (value.op()) {
            case Op.Input _, Op.State _, Op.Fill _, Op.Literal _, Op.Iota _, Op.Reshape _ -> List.of();
            case Op.Random op -> List.of(new RandomStep(op, in.get(0), out));
            case Op.Unary op -> single(new Expression.Instruction.Unary(op.kind(), op.parameter(), 0), in, shape, out);
            case Op.Binary op -> single(new Expression.Instruction.Binary(op.kind(), 0, 1), in, shape, out);
            case Op.Select _ -> single(new Expression.Instruction.Select(0, 1, 2), in, shape, out);
            case Op.Cast _, Op.StopGradient _, Op.Barrier _ -> elementwise(Expression.IDENTITY, List.of(View.of(shape)), in, shape, out);
            case Op.Transpose op -> copy(in.get(0), View.of(value.input(0).shape()).transpose(op, shape), out);
            case Op.Broadcast _ -> copy(in.get(0), View.of(value.input(0).shape()).broadcast(shape), out);
            case Op.Slice op -> copy(in.get(0), View.of(value.input(0).shape()).slice(op, shape), out);
            case Op.Pad op -> pad(op, in.get(0), out);
            case Op.Concat op -> concat(op, in, out);
            case Op.Reduce op -> reduce(op.kind(), op.axes(), Expression.IDENTITY,
                    List.of(View.of(value.input(0).shape())), in, value.input(0).shape(), out);
            case Op.MatMul op -> List.of(new MatMulStep(op, in.get(0), in.get(1), in.subList(2, in.size()), out, products));
            case Op.Conv2d op -> {
                List<Step> steps = new ArrayList<>();
                Buffer x = asFloats(in.get(0), steps);
                Buffer weights = asFloats(in.get(1), steps);
                steps.add(ConvolutionStep.forward(op, x, weights, in.subList(2, in.size()), out));
                yield steps;
            }
            case Op.Conv2dInputGradient op -> {
                List<Step> steps = new ArrayList<>();
                Buffer dy = asFloats(in.get(0), steps);
                Buffer weights = asFloats(in.get(1), steps);
                steps.add(ConvolutionStep.inputGradient(op, dy, weights, in.subList(2, in.size()), out));
                yield steps;
            }
            case Op.Conv2dWeightGradient op -> List.of(ConvolutionStep.weightGradient(op, in.get(0), in.get(1), out));
            case Op.Gather _ -> List.of(new GatherStep(in.get(0), in.get(1), out));
            case Op.ScatterAdd _ -> List.of(new ScatterAddStep(in.get(0), in.get(1), out));
            case Op.Fused op -> elementwise(op.expression(), op.views(), in, op.space(), out);
            case Op.FusedReduce op -> reduce(op.kind(), op.axes(), op.expression(), op.views(), in, op.space(), out);
        };
    }

    private static List<Step> single(Expression.Instruction instruction, List<Buffer> in, Shape shape, Buffer out) {
        Expression expression = new Expression(in.size(), List.of(instruction));
        return elementwise(expression, Collections.nCopies(in.size(), View.of(shape)), in, shape, out);
    }

    private static List<Step> elementwise(Expression expression, List<View> views, List<Buffer> in, Shape space, Buffer out) {
        if (expression.isIdentity() && in.get(0).dtype() == out.dtype()) {
            return copy(in.get(0), views.get(0), out);
        }
        return List.of(new ElementwiseStep(expression, views, in, space, out));
    }

    private static List<Step> copy(Buffer source, View view, Buffer out) {
        return List.of(new CopyStep(source, view, out, View.of(view.shape())));
    }

    private static List<Step> pad(Op.Pad op, Buffer source, Buffer out) {
        Shape inner = source.type().shape();
        long[] strides = out.type().shape().strides();
        long offset = 0;
        for (int axis = 0; axis < strides.length; axis++) {
            offset += op.low().get(axis) * strides[axis];
            strides[axis] *= op.interior().get(axis) + 1L;
        }
        return List.of(new FillStep(out, op.value()),
                new CopyStep(source, View.of(inner), out, new View(offset, strides, inner)));
    }

    private static List<Step> concat(Op.Concat op, List<Buffer> in, Buffer out) {
        List<Step> steps = new ArrayList<>();
        long[] strides = out.type().shape().strides();
        long offset = 0;
        for (Buffer part : in) {
            Shape shape = part.type().shape();
            steps.add(new CopyStep(part, View.of(shape), out, new View(offset, strides, shape)));
            offset += shape.dim(op.axis()) * strides[op.axis()];
        }
        return steps;
    }

    private List<Step> reduce(Op.ReduceKind kind, List<Integer> axes, Expression expression, List<View> views,
            List<Buffer> in, Shape space, Buffer out) {
        return List.of(new ReduceStep(kind, axes, expression, views, in, space, out, allocator));
    }

    /** The kernels of convolutions read F32 alone; other operands are converted first. */
    private Buffer asFloats(Buffer buffer, List<Step> steps) {
        if (buffer.dtype() == DType.F32) {
            return buffer;
        }
        Shape shape = buffer.type().shape();
        MemorySegment memory = allocator.allocate(4 * shape.size());
        Buffer floats = new Buffer(memory, new TensorType(DType.F32, shape));
        steps.addAll(elementwise(Expression.IDENTITY, List.of(View.of(shape)), List.of(buffer), shape, floats));
        return floats;
    }
}
