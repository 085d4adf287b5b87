/**
 * Measures: how well pictures obey their captions, and how far sets of pictures lie apart. Nothing here reaches a loss of a
 * generator: a measure that trains stops measuring.
 */
package dev.t2i.metric;
