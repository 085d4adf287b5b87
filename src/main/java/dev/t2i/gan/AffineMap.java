package dev.t2i.gan;

import dev.t2i.graph.Graph;
import dev.t2i.graph.Value;
import dev.t2i.tensor.Shape;

/**
 * A map of the plane for each picture of a batch, from places in a changed picture to places in the original: {@code x' = xx x + xy y + dx}
 * and {@code y' = yx x + yy y + dy}, in pixels from the pictures' centres, x to the right and y down. All are {@code [n, 1]}.
 */
record AffineMap(Value xx, Value xy, Value yx, Value yy, Value dx, Value dy) {
    static AffineMap identity(Graph graph, int n) {
        Value one = graph.fill(1, Shape.of(n, 1));
        Value zero = graph.fill(0, Shape.of(n, 1));
        return new AffineMap(one, zero, zero, one, zero, zero);
    }

    /** This map of what lies {@code (x, y)} further: the picture, changed so far, is moved by as much the other way. */
    AffineMap moved(Value x, Value y) {
        return new AffineMap(xx, xy, yx, yy, xx.mul(x).add(xy.mul(y)).add(dx), yx.mul(x).add(yy.mul(y)).add(dy));
    }

    /** This map of coordinates times {@code x} and {@code y}. */
    AffineMap scaled(Value x, Value y) {
        return new AffineMap(xx.mul(x), xy.mul(y), yx.mul(x), yy.mul(y), dx, dy);
    }

    /** This map of coordinates turned by an angle, of which cosine and sine are given. */
    AffineMap turned(Value cos, Value sin) {
        return new AffineMap(xx.mul(cos).add(xy.mul(sin)), xy.mul(cos).sub(xx.mul(sin)),
                yx.mul(cos).add(yy.mul(sin)), yy.mul(cos).sub(yx.mul(sin)), dx, dy);
    }
}
