package dev.t2i.graph;

import dev.t2i.tensor.DType;
import dev.t2i.tensor.Shape;
import java.util.Arrays;

/** Numbers known when tracing, compared by content so that equal constants become one. */
public final class Constant {
    private final TensorType type;
    private final float[] values;

    private Constant(TensorType type, float[] values) {
        if (type.shape().size() != values.length) {
            throw new GraphException("a constant of type %s cannot hold %d numbers".formatted(type, values.length));
        }
        this.type = type;
        this.values = values;
    }

    public static Constant of(Shape shape, float... values) {
        return new Constant(TensorType.f32(shape), values.clone());
    }

    /** Integers; exact up to 2^24 in magnitude. */
    public static Constant of(Shape shape, int... values) {
        float[] exact = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            exact[i] = values[i];
            if ((int) exact[i] != values[i]) {
                throw new GraphException("integer constant " + values[i] + " exceeds 2^24");
            }
        }
        return new Constant(new TensorType(DType.I32, shape), exact);
    }

    public TensorType type() {
        return type;
    }

    public float get(int index) {
        return values[index];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Constant constant && type.equals(constant.type) && Arrays.equals(values, constant.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values) * 31 + type.hashCode();
    }

    @Override
    public String toString() {
        return values.length <= 8 ? Arrays.toString(values) : "[" + values.length + " numbers]";
    }
}
