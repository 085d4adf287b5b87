package dev.t2i.backend.tornado;

import dev.t2i.graph.Expression;
import dev.t2i.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Kernels with one work-item for each element: expressions over views, and copies into views. */
final class Elementwise {
    private Elementwise() {}

    /** {@code out[i] = expression(inputs[i])} for every index of {@code space}. */
    static Kernel kernel(String what, Expression expression, List<Operand> inputs, Operand out, Shape space) {
        List<long[]> strides = new ArrayList<>(inputs.stream().map(Operand::strides).toList());
        strides.add(out.strides());
        Axes axes = Axes.of(space.dims(), strides, null);
        int size = axes.size();
        KernelClass code = KernelClass.of(kernel -> {
            kernel.id("globalIdx");
            int item = kernel.newInt();
            kernel.ifLess(item, size, () -> {
                int[] at = kernel.coordinates(item, axes.dims());
                int[] registers = new int[inputs.size()];
                for (int i = 0; i < registers.length; i++) {
                    long[] steps = axes.strides()[i];
                    kernel.get(inputs.get(i).spot(), () -> kernel.dot(0, at, steps));
                    registers[i] = kernel.newFloat();
                }
                int result = Arithmetic.compute(kernel, expression, registers);
                kernel.set(out.spot(), () -> kernel.dot(0, at, axes.strides()[inputs.size()]), () -> kernel.loadFloat(result));
            });
        });
        return new Kernel(what, code, Grid.items(size));
    }

    /** {@code out[i] = value} */
    static Kernel fill(String what, float value, Spot out, int size) {
        KernelClass code = KernelClass.of(kernel -> {
            kernel.id("globalIdx");
            int item = kernel.newInt();
            kernel.ifLess(item, size, () -> kernel.set(out, () -> kernel.loadInt(item), () -> kernel.number(value)));
        });
        return new Kernel(what, code, Grid.items(size));
    }
}
