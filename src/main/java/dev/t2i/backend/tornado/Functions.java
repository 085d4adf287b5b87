package dev.t2i.backend.tornado;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;

/**
 * What kernels compute functions with. For PTX TornadoVM takes instructions that are meant for shading: the hyperbolic tangent is off by a 2000th, and not there at all
 * on devices before Turing; sine, cosine and logarithm are near enough to their largest values, but not to their zeros. Kernels for such a driver get arithmetic in
 * their place, of functions that are good enough there (see Cephes' single precision functions, by Moshier, for the polynomials).
 */
enum Functions {
    /** The driver's own. Those of CUDA C, from the same devices, are functions proper and not their instructions. */
    DRIVER,
    /** Written out where the driver's are coarse. */
    WRITTEN;

    /** Up to here the argument of a tangent is small. */
    private static final float SMALL = 0.625f;
    private static final float[] TANH = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f, 1};
    /** So near to 1 the logarithm is a series. */
    private static final float NEAR = 0.3f;
    private static final float[] LOG = {1 / 9f, 1 / 7f, 1 / 5f, 1 / 3f, 1};
    /** A quarter of a turn in parts, the first ones so short that products with a number of turns are exact. */
    private static final float[] QUARTER = {1.5703125f, 4.837512969970703125e-4f, 7.54978995489188216e-8f};
    /** Quarters beyond that the parts are too few for, and nobody should count on. */
    private static final float FAR = 1e5f;
    private static final float[] SIN = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f, 1};
    private static final float[] COS = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f, -0.5f, 1};

    static Functions of(Tornado.Device device) {
        return DriverChecks.hasCoarseFunctions(device.driver()) ? WRITTEN : DRIVER;
    }

    /** Puts the function, by its name in TornadoMath, of the float on the stack in its place. */
    void put(Code code, String name) {
        if (this == DRIVER) {
            code.driverMath(name);
            return;
        }
        switch (name) {
            case "tanh" -> tanh(code);
            case "log" -> log(code);
            case "sin" -> wave(code, name, 0);
            case "cos" -> wave(code, name, 1);
            default -> code.driverMath(name);
        }
    }

    private static void tanh(Code code) {
        CodeBuilder raw = code.raw();
        int x = code.newFloat();
        int square = product(code, x, x);
        polynomial(code, square, TANH);
        code.loadFloat(x);
        raw.fmul();
        int small = code.newFloat();
        code.loadFloat(x);
        code.driverMath("abs");
        int u = code.newFloat();
        // 1 - 2 / (exp(2u) + 1), which is 1 where the exponential is infinite.
        code.number(1);
        code.number(2);
        code.loadFloat(u);
        code.loadFloat(u);
        raw.fadd();
        code.driverMath("exp");
        code.number(1);
        raw.fadd().fdiv().fsub();
        int large = code.newFloat();
        code.choose(no -> ifLess(code, u, SMALL, no), () -> code.loadFloat(small), () -> code.choose(no -> {
            code.loadFloat(x);
            code.number(0);
            raw.fcmpl().ifle(no);
        }, () -> code.loadFloat(large), () -> {
            code.loadFloat(large);
            raw.fneg();
        }));
    }

    /** Near 1 by the series of the inverse hyperbolic tangent: log(1 + t) = 2 artanh(t / (2 + t)). */
    private static void log(Code code) {
        CodeBuilder raw = code.raw();
        int x = code.newFloat();
        code.loadFloat(x);
        code.number(1);
        raw.fsub();
        int t = code.newFloat();
        code.loadFloat(t);
        code.loadFloat(t);
        code.number(2);
        raw.fadd().fdiv();
        int s = code.newFloat();
        int square = product(code, s, s);
        polynomial(code, square, LOG);
        code.loadFloat(s);
        raw.fmul();
        code.number(2);
        raw.fmul();
        int near = code.newFloat();
        code.loadFloat(x);
        code.driverMath("log");
        int far = code.newFloat();
        code.loadFloat(t);
        code.driverMath("abs");
        int distance = code.newFloat();
        code.choose(no -> ifLess(code, distance, NEAR, no), () -> code.loadFloat(near), () -> code.loadFloat(far));
    }

    /** @param ahead quarters of a turn */
    private static void wave(Code code, String name, int ahead) {
        CodeBuilder raw = code.raw();
        int x = code.newFloat();
        code.loadFloat(x);
        code.number((float) (2 / Math.PI));
        raw.fmul();
        code.number(0.5f);
        raw.fadd();
        code.driverMath("floor");
        int quarters = code.newFloat();
        code.loadFloat(x);
        for (float part : QUARTER) {
            code.loadFloat(quarters);
            code.number(part);
            raw.fmul().fsub();
        }
        int angle = code.newFloat();
        code.loadFloat(quarters);
        raw.f2i();
        code.integer(ahead);
        raw.iadd();
        int quarter = code.newInt();
        int square = product(code, angle, angle);
        polynomial(code, square, SIN);
        code.loadFloat(angle);
        raw.fmul();
        int sine = code.newFloat();
        polynomial(code, square, COS);
        int cosine = code.newFloat();
        code.choose(no -> ifBit(code, quarter, 1, no), () -> code.loadFloat(cosine), () -> code.loadFloat(sine));
        int value = code.newFloat();
        code.choose(no -> ifBit(code, quarter, 2, no), () -> {
            code.loadFloat(value);
            raw.fneg();
        }, () -> code.loadFloat(value));
        int near = code.newFloat();
        code.loadFloat(x);
        code.driverMath(name);
        int far = code.newFloat();
        code.loadFloat(x);
        code.driverMath("abs");
        int size = code.newFloat();
        code.choose(no -> ifLess(code, size, FAR, no), () -> code.loadFloat(near), () -> code.loadFloat(far));
    }

    private static void ifLess(Code code, int number, float limit, Label no) {
        code.loadFloat(number);
        code.number(limit);
        code.raw().fcmpg().ifge(no);
    }

    private static void ifBit(Code code, int number, int bit, Label no) {
        code.loadInt(number);
        code.integer(bit);
        code.raw().iand().ifeq(no);
    }

    private static int product(Code code, int a, int b) {
        code.loadFloat(a);
        code.loadFloat(b);
        code.raw().fmul();
        return code.newFloat();
    }

    /** Puts a polynomial of the local on the stack, by its coefficients from the highest on. */
    private static void polynomial(Code code, int at, float[] coefficients) {
        code.number(coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) {
            code.loadFloat(at);
            code.raw().fmul();
            code.number(coefficients[i]);
            code.raw().fadd();
        }
    }
}
