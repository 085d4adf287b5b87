package dev.t2i.launcher;

/** The main class of {@code benchmarks.jar}: JMH and its forks run with the flags that the program runs with. */
public final class BenchLauncher {

    private BenchLauncher() {
    }

    public static void main(String[] args) throws Throwable {
        Launcher.launch("dev.t2i.bench.Benchmarks", args);
    }
}
