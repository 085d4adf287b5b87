package dev.t2i.bench;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What the numbers of a benchmark class mean. Its method named {@code limit} measures, in the same run, what this machine can
 * do at best; the others are shown as a share of it.
 *
 * <p>Such classes measure throughput per nanosecond, with the bytes or floating-point operations of one call as its
 * {@code OperationsPerInvocation}: then the score is in GB/s or GFLOP/s.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Figure {
    /** The unit of one operation per nanosecond. */
    String unit();

    /** What the limit is, for the table. */
    String limit();
}
