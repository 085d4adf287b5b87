package dev.t2i.safetensors;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;

/** The exact type and shape that a reader expects of a tensor. */
public record TensorSpec(DType dtype, Shape shape) {
}
