package dev.t2i.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Bounds of a numeric setting, or of every element of a list of numbers. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Range {
    /** The smallest allowed value. */
    double min() default Double.NEGATIVE_INFINITY;

    /** The largest allowed value. */
    double max() default Double.POSITIVE_INFINITY;

    /** A bound that values must exceed. */
    double above() default Double.NEGATIVE_INFINITY;

    /** A bound that values must stay under. */
    double below() default Double.POSITIVE_INFINITY;
}
