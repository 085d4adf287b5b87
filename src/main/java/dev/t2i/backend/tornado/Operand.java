package dev.t2i.backend.tornado;

import dev.t2i.graph.View;

/** What a kernel reads or writes: a view of what begins at a place. */
record Operand(Spot spot, View view) {
    Operand {
        spot = spot.plus(view.offset());
    }

    long[] strides() {
        return view.strides();
    }
}
