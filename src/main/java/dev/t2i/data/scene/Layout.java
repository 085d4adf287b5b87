package dev.t2i.data.scene;

/**
 * Where things stand, in 64ths of the picture's side, y downwards. Three columns, three levels; the boxes tell the sampler
 * which scenes have room for all their things.
 */
final class Layout {
    static final double SIDE = 64;
    static final double HORIZON = 40;
    /** How far two boxes may reach into each other before the things would seem to touch; corners are mostly empty. */
    private static final double TOLERANCE_X = 1.8;
    private static final double TOLERANCE_Y = 0.8;

    private Layout() {}

    /** The length of a thing's unit in 64ths. */
    static double scale(Size size) {
        return size == Size.SMALL ? 17 : 28;
    }

    static double centreX(Place place, Size size) {
        double fromEdge = size == Size.SMALL ? 11 : 16.5;
        return switch (place) {
            case LEFT -> fromEdge;
            case MIDDLE -> SIDE / 2;
            case RIGHT -> SIDE - fromEdge;
        };
    }

    /** The height of a thing's anchor: the foot of what stands, the middle of what flies or swims. */
    static double anchorY(Kind kind, Size size) {
        boolean small = size == Size.SMALL;
        return switch (kind) {
            case MOUNTAIN -> small ? 49 : 51.5;
            case BOAT -> small ? 50 : 53;
            default -> switch (kind.level()) {
                case SKY -> small ? 12.5 : 16.8;
                case GROUND -> small ? 55.5 : 58.5;
                case WATER -> small ? 57 : 54.5;
            };
        };
    }

    /** Whether the two things keep clear of each other. */
    static boolean keepClear(Thing a, Thing b) {
        Box first = Box.of(a);
        Box second = Box.of(b);
        double acrossX = Math.min(first.right, second.right) - Math.max(first.left, second.left);
        double acrossY = Math.min(first.bottom, second.bottom) - Math.max(first.top, second.top);
        return acrossX <= TOLERANCE_X || acrossY <= TOLERANCE_Y;
    }

    private record Box(double left, double top, double right, double bottom) {
        static Box of(Thing thing) {
            Art art = Art.of(thing.kind());
            double scale = scale(thing.size());
            double x = centreX(thing.place(), thing.size());
            double y = anchorY(thing.kind(), thing.size());
            double bottom = thing.kind().level() == Kind.Level.GROUND ? y : y + art.height() * scale / 2;
            return new Box(x - art.width() * scale / 2, bottom - art.height() * scale, x + art.width() * scale / 2, bottom);
        }
    }
}
