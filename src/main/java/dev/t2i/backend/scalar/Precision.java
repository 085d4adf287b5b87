package dev.t2i.backend.scalar;

import dev.t2i.graph.TensorType;
import dev.t2i.tensor.DType;

/** What happens to a double when it is stored as an operation's result. */
public enum Precision {
    /** It is rounded to the value's element type. */
    F32 {
        @Override
        double round(double value, DType dtype) {
            return switch (dtype) {
                case F32 -> (float) value;
                case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
                case BF16 -> DType.bf16ToFloat(DType.floatToBf16((float) value));
                case F64, I32, I64, U8 -> whole(value, dtype);
            };
        }

        @Override
        DType stored(DType dtype) {
            return dtype;
        }
    },

    /**
     * Floating-point numbers keep all their bits; integers are whole in any precision.
     * Values that the graph calls F32 come in, stay in states and go out as F64 tensors, though F32 ones are taken too.
     */
    F64 {
        @Override
        double round(double value, DType dtype) {
            return whole(value, dtype);
        }

        @Override
        DType stored(DType dtype) {
            return dtype == DType.F32 ? DType.F64 : dtype;
        }
    };

    /** The number that remains of {@code value} in a buffer of {@code dtype}. */
    abstract double round(double value, DType dtype);

    /** The type of tensors, states and outputs, that hold values of {@code dtype}. */
    abstract DType stored(DType dtype);

    final void round(double[] values, DType dtype) {
        for (int i = 0; i < values.length; i++) {
            values[i] = round(values[i], dtype);
        }
    }

    /** Whether a tensor of {@code given} type may stand for a value of {@code declared} type. */
    final boolean accepts(TensorType declared, TensorType given) {
        return given.shape().equals(declared.shape())
                && (given.dtype() == declared.dtype() || given.dtype() == stored(declared.dtype()));
    }

    private static double whole(double value, DType dtype) {
        return switch (dtype) {
            case I32 -> (int) value;
            case I64 -> (long) value;
            case U8 -> (int) value & 0xff;
            case F32, F16, BF16, F64 -> value;
        };
    }
}
