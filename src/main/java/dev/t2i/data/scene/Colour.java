package dev.t2i.data.scene;

/** The colours that things come in: far apart in hue or lightness, so that each can be told from the rest at a few pixels. */
public enum Colour {
    RED(222, 38, 38),
    ORANGE(250, 132, 20),
    YELLOW(252, 218, 36),
    GREEN(34, 150, 62),
    BLUE(40, 96, 236),
    PURPLE(138, 56, 188),
    PINK(255, 122, 186),
    WHITE(250, 250, 250),
    BLACK(34, 34, 40);

    private final int red;
    private final int green;
    private final int blue;

    Colour(int red, int green, int blue) {
        this.red = red;
        this.green = green;
        this.blue = blue;
    }

    int red() {
        return red;
    }

    int green() {
        return green;
    }

    int blue() {
        return blue;
    }
}
