package dev.t2i.launcher;

/** No JVM that can run the program; the message is for the person at the keyboard. */
final class CannotLaunch extends Exception {

    private static final long serialVersionUID = 1L;

    CannotLaunch(String message) {
        super(message);
    }
}
