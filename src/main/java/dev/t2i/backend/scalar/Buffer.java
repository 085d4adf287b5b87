package dev.t2i.backend.scalar;

import dev.t2i.graph.GraphException;
import dev.t2i.graph.TensorType;
import dev.t2i.tensor.Shape;
import dev.t2i.tensor.Tensor;

/** The numbers of one value in row-major order, as doubles whatever their type: integers of 32 bits are exact in them. */
record Buffer(TensorType type, double[] values) {
    static Buffer of(TensorType type) {
        long size = type.shape().size();
        if (size > Integer.MAX_VALUE - 8) {
            throw new GraphException("the scalar backend holds up to 2^31 numbers in a value, not " + type);
        }
        return new Buffer(type, new double[(int) size]);
    }

    Shape shape() {
        return type.shape();
    }

    int dim(int axis) {
        return type.shape().dim(axis);
    }

    void load(Tensor tensor) {
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.getDouble(i);
        }
    }

    void store(Tensor tensor) {
        for (int i = 0; i < values.length; i++) {
            tensor.set(i, values[i]);
        }
    }
}
