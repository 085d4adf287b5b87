package dev.t2i.metric;

/** What a person would say of a thing in a damaged picture. */
enum Legibility {
    /** It can be named: the recogniser must name it. */
    CLEAR,
    /** People would disagree: nothing is asked of the recogniser. */
    DOUBTFUL,
    /** It cannot be named, or is no such thing: the recogniser must not name it. */
    GONE
}
