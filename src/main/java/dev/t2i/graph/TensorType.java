package dev.t2i.graph;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;

/** What is known of a value before anything runs. */
public record TensorType(DType dtype, Shape shape) {
    public static TensorType f32(Shape shape) {
        return new TensorType(DType.F32, shape);
    }

    @Override
    public String toString() {
        return dtype.name().toLowerCase() + shape;
    }
}
