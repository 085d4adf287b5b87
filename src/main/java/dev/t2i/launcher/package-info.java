/**
 * The main class of {@code t2i.jar}: finds a JDK that can run the program and starts it with the flags it needs.
 *
 * <p>A jar cannot ask for the Vector API by itself: under {@code java -jar} the incubator module is absent and no manifest
 * line adds it. So the jar's main class is this small program, compiled to Java 8 bytecode, which runs under whatever
 * {@code java} the person has. Nothing here may use a class of the rest of the program.
 */
package dev.t2i.launcher;
