package dev.t2i.graph;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Shape rules that operations share, with messages that name the shapes which do not fit. */
final class Shapes {
    private Shapes() {}

    static void require(boolean condition, String message, Object... arguments) {
        if (!condition) {
            throw new GraphException(message.formatted(arguments));
        }
    }

    static void requireAxis(int axis, Shape shape) {
        require(axis >= 0 && axis < shape.rank(), "no axis %d in shape %s", axis, shape);
    }

    static void requireType(TensorType type, DType dtype, Shape shape, String what) {
        require(type.dtype() == dtype && type.shape().equals(shape), "%s must be %s%s, got %s", what, dtype, shape, type);
    }

    static void requireF32(List<TensorType> in, Object what) {
        for (TensorType type : in) {
            require(type.dtype() == DType.F32, "%s works on F32, got %s", what, type);
        }
    }

    static TensorType elementwise(List<TensorType> in, Object what) {
        requireF32(in, what);
        for (TensorType type : in) {
            require(type.shape().equals(in.get(0).shape()), "%s of unequal shapes %s and %s", what, in.get(0).shape(), type.shape());
        }
        return in.get(0);
    }

    static void requireViews(Expression expression, List<View> views, List<TensorType> in, Shape space) {
        require(expression.inputs() == views.size() && views.size() == in.size(),
                "an expression of %d inputs has %d views of %d values", expression.inputs(), views.size(), in.size());
        for (int i = 0; i < views.size(); i++) {
            View view = views.get(i);
            require(view.shape().equals(space), "view %s does not span %s", view, space);
            long last = view.offset();
            for (int axis = 0; axis < space.rank(); axis++) {
                last += view.strides()[axis] * (space.dim(axis) - 1L);
            }
            require(space.size() == 0 || (view.offset() >= 0 && last < in.get(i).shape().size()),
                    "view %s of %s leaves its buffer", view, in.get(i));
        }
        require(expression.result() >= 0, "an expression without inputs and instructions has no result");
        for (int i = 0; i < expression.instructions().size(); i++) {
            int limit = expression.inputs() + i;
            boolean known = switch (expression.instructions().get(i)) {
                case Expression.Instruction.Immediate ignored -> true;
                case Expression.Instruction.Unary unary -> unary.a() < limit;
                case Expression.Instruction.Binary binary -> binary.a() < limit && binary.b() < limit;
                case Expression.Instruction.Select select ->
                        select.condition() < limit && select.a() < limit && select.b() < limit;
            };
            require(known, "expression %s reads a register that is not filled yet", expression);
        }
    }

    static Shape transposed(Shape shape, List<Integer> permutation) {
        require(permutation.size() == shape.rank() && permutation.stream().distinct().count() == shape.rank(),
                "%s does not permute the axes of %s", permutation, shape);
        int[] dims = new int[shape.rank()];
        for (int axis = 0; axis < dims.length; axis++) {
            requireAxis(permutation.get(axis), shape);
            dims[axis] = shape.dim(permutation.get(axis));
        }
        return Shape.of(dims);
    }

    static Shape sliced(Shape shape, Op.Slice slice) {
        require(slice.starts().size() == shape.rank() && slice.sizes().size() == shape.rank()
                && slice.steps().size() == shape.rank(), "slice %s needs one entry for each axis of %s", slice, shape);
        int[] dims = new int[shape.rank()];
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = slice.sizes().get(axis);
            int start = slice.starts().get(axis);
            int step = slice.steps().get(axis);
            require(start >= 0 && step >= 1 && dims[axis] >= 0
                    && (dims[axis] == 0 || start + (dims[axis] - 1L) * step < shape.dim(axis)),
                    "slice %s leaves shape %s", slice, shape);
        }
        return Shape.of(dims);
    }

    static Shape padded(Shape shape, Op.Pad pad) {
        require(pad.low().size() == shape.rank() && pad.high().size() == shape.rank() && pad.interior().size() == shape.rank(),
                "padding needs one entry for each axis of %s", shape);
        int[] dims = new int[shape.rank()];
        for (int axis = 0; axis < dims.length; axis++) {
            int low = pad.low().get(axis);
            int high = pad.high().get(axis);
            int interior = pad.interior().get(axis);
            require(low >= 0 && high >= 0 && interior >= 0, "padding %s is negative", pad);
            dims[axis] = low + high + shape.dim(axis) + Math.max(0, shape.dim(axis) - 1) * interior;
        }
        return Shape.of(dims);
    }

    static Shape concatenated(List<TensorType> in, int axis) {
        Shape first = in.get(0).shape();
        requireAxis(axis, first);
        int total = 0;
        for (TensorType type : in) {
            require(type.dtype() == in.get(0).dtype() && type.shape().rank() == first.rank()
                    && type.shape().with(axis, 0).equals(first.with(axis, 0)),
                    "cannot concatenate %s and %s along axis %d", in.get(0), type, axis);
            total += type.shape().dim(axis);
        }
        return first.with(axis, total);
    }

    private static void requireFloating(TensorType type, String what) {
        require(type.dtype() == DType.F32 || type.dtype() == DType.F16 || type.dtype() == DType.BF16,
                "%s must be F32, F16 or BF16, got %s", what, type);
    }

    static Shape matMul(TensorType a, TensorType b, boolean transposeA, boolean transposeB) {
        requireFloating(a, "a matrix");
        requireFloating(b, "a matrix");
        int rank = a.shape().rank();
        require(rank >= 2 && b.shape().rank() == rank, "matrix product of %s and %s", a, b);
        int[] dims = a.shape().dims();
        for (int axis = 0; axis < rank - 2; axis++) {
            require(dims[axis] == b.shape().dim(axis), "matrix product of batches %s and %s", a, b);
        }
        int m = a.shape().dim(transposeA ? -1 : -2);
        int k = a.shape().dim(transposeA ? -2 : -1);
        int kb = b.shape().dim(transposeB ? -1 : -2);
        int n = b.shape().dim(transposeB ? -2 : -1);
        require(k == kb, "matrix product of %s%s and %s%s: inner sizes %d and %d differ",
                a.shape(), transposeA ? "ᵀ" : "", b.shape(), transposeB ? "ᵀ" : "", k, kb);
        dims[rank - 2] = m;
        dims[rank - 1] = n;
        return Shape.of(dims);
    }

    static Shape conv(TensorType x, TensorType weights, Window window) {
        requireFloating(x, "a picture");
        requireFloating(weights, "convolution weights");
        require(x.shape().rank() == 4 && weights.shape().rank() == 4 && x.shape().dim(3) == weights.shape().dim(2),
                "convolution of %s [n, h, w, in] with %s [kh, kw, in, out]", x, weights);
        return Shape.of(x.shape().dim(0), window.outHeight(x.shape().dim(1), weights.shape().dim(0)),
                window.outWidth(x.shape().dim(2), weights.shape().dim(1)), weights.shape().dim(3));
    }

    static Shape convInput(TensorType dy, TensorType weights, Window window, int height, int width) {
        requireFloating(dy, "a picture");
        requireFloating(weights, "convolution weights");
        require(dy.shape().rank() == 4 && weights.shape().rank() == 4 && dy.shape().dim(3) == weights.shape().dim(3)
                && window.outHeight(height, weights.shape().dim(0)) == dy.shape().dim(1)
                && window.outWidth(width, weights.shape().dim(1)) == dy.shape().dim(2),
                "transposed convolution of %s with %s to %dx%d pixels", dy, weights, height, width);
        return Shape.of(dy.shape().dim(0), height, width, weights.shape().dim(2));
    }

    static Shape convWeights(TensorType x, TensorType dy, Window window, int kernelHeight, int kernelWidth) {
        requireF32(List.of(x, dy), "a weight gradient");
        require(x.shape().rank() == 4 && dy.shape().rank() == 4 && x.shape().dim(0) == dy.shape().dim(0)
                && window.outHeight(x.shape().dim(1), kernelHeight) == dy.shape().dim(1)
                && window.outWidth(x.shape().dim(2), kernelWidth) == dy.shape().dim(2),
                "weight gradient of %s and %s for a %dx%d kernel", x, dy, kernelHeight, kernelWidth);
        return Shape.of(kernelHeight, kernelWidth, x.shape().dim(3), dy.shape().dim(3));
    }

    static Shape gathered(TensorType table, TensorType indices) {
        require(indices.dtype() == DType.I32 && table.shape().rank() >= 1, "gather from %s by %s", table, indices);
        List<Integer> dims = new ArrayList<>();
        for (int dim : indices.shape().dims()) {
            dims.add(dim);
        }
        for (int axis = 1; axis < table.shape().rank(); axis++) {
            dims.add(table.shape().dim(axis));
        }
        return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    }

    static Shape scattered(TensorType indices, TensorType updates, int rows) {
        int indexRank = indices.shape().rank();
        require(indices.dtype() == DType.I32 && updates.dtype() == DType.F32 && updates.shape().rank() >= indexRank,
                "scatter of %s by %s", updates, indices);
        int[] dims = new int[updates.shape().rank() - indexRank + 1];
        dims[0] = rows;
        for (int axis = 0; axis < updates.shape().rank(); axis++) {
            if (axis < indexRank) {
                require(updates.shape().dim(axis) == indices.shape().dim(axis), "scatter of %s by %s", updates, indices);
            } else {
                dims[axis - indexRank + 1] = updates.shape().dim(axis);
            }
        }
        return Shape.of(dims);
    }
}
