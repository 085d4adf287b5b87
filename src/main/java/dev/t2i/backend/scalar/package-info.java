/** The reference backend: plain loops that define what each operation means, and against which every other backend is tested. */
package dev.t2i.backend.scalar;
