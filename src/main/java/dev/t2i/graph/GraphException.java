package dev.t2i.graph;

/** A graph that cannot be: shapes that do not fit, a pass that broke an invariant. Always a programming error. */
public final class GraphException extends RuntimeException {
    public GraphException(String message) {
        super(message);
    }
}
