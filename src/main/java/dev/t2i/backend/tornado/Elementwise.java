package dev.t2i.backend.tornado;

import java.util.List;

/** Kernels with one work-item for each element: expressions over views, and copies into views. */
final class Elementwise {
    private Elementwise() {}

    /** {@code out[i] = expression(inputs[i])} for every index of the space. */
    static Kernel kernel(LoopNest nest) {
        List<Operand> inputs = nest.inputs();
        Operand out = nest.out();
        Axes axes = Axes.of(nest.space().dims(), nest.strides(), null);
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
                int result = Arithmetic.compute(kernel, nest.expression(), registers);
                kernel.set(out.spot(), () -> kernel.dot(0, at, axes.strides()[inputs.size()]), () -> kernel.loadFloat(result));
            });
        });
        return new Kernel(nest.what(), code, Grid.items(size), Work.of(List.of(nest)));
    }

    /** {@code out[i] = value} */
    static Kernel fill(String what, float value, Spot out, int size) {
        KernelClass code = KernelClass.of(kernel -> {
            kernel.id("globalIdx");
            int item = kernel.newInt();
            kernel.ifLess(item, size, () -> kernel.set(out, () -> kernel.loadInt(item), () -> kernel.number(value)));
        });
        return new Kernel(what, code, Grid.items(size), Work.elements(size));
    }
}
