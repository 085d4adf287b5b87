package dev.t2i.data.scene;

import java.util.List;

/**
 * A sentence with holes. {@code {x} {y} {z}} are things, {@code {x.place}} where one is, {@code {rel}} how x lies to y,
 * {@code {time}} and {@code {land}} the time and the landscape, {@code {ground.x}} the ground as seen from x. A template
 * states just what it has holes for; whether colours and sizes are named is decided for each thing.
 *
 * @param things how many things it names
 * @param relations which relations may fill {@code {rel}}; none where it has no such hole
 * @param weight how often it is chosen among those that would do
 */
record CaptionTemplate(int things, List<Relation> relations, int weight, String text) {
    private static final List<Relation> NONE = List.of();
    private static final List<Relation> ANY = List.of(Relation.values());
    private static final List<Relation> BELOW = List.of(Relation.BELOW);
    /** Those after which the ground may follow y: it would be odd to put the moon on the grass. */
    private static final List<Relation> NOT_BELOW = List.of(Relation.ABOVE, Relation.LEFT_OF, Relation.RIGHT_OF, Relation.BESIDE);

    static final List<CaptionTemplate> ALL = List.of(
            one(4, "{x}"),
            one(1, "a picture of {x}"),
            one(1, "there is {x}"),
            one(1, "one can see {x}"),
            one(2, "{x} {x.place}"),
            one(1, "{x.place} there is {x}"),
            one(3, "{x} {time}"),
            one(1, "{time} there is {x}"),
            one(1, "a picture of {x} {time}"),
            one(1, "{x} {x.place} {time}"),
            one(3, "{x} {ground.x}"),
            one(1, "there is {x} {ground.x}"),
            one(2, "{land} with {x}"),
            one(1, "{land} with {x} {x.place}"),
            one(3, "{x} {ground.x} {time}"),
            one(1, "{time} there is {x} {ground.x}"),
            one(2, "{land} {time} with {x}"),
            one(1, "{land} {time}, with {x} {x.place}"),

            two(4, "{x} and {y}"),
            two(1, "a picture of {x} and {y}"),
            two(1, "there is {x} and {y}"),
            two(1, "{x} together with {y}"),
            two(2, "{x} {x.place} and {y} {y.place}"),
            two(3, "{x} and {y} {time}"),
            two(1, "{time} there is {x} and {y}"),
            two(1, "{x} {x.place} and {y} {y.place} {time}"),
            two(3, "{x} and {y} {ground.y}"),
            two(2, "{land} with {x} and {y}"),
            two(1, "{land} with {x} {x.place} and {y} {y.place}"),
            two(2, "{x} and {y} {ground.y} {time}"),
            two(2, "{land} {time} with {x} and {y}"),
            two(1, "{land} {time}, with {x} {x.place} and {y} {y.place}"),

            two(5, ANY, "{x} {rel} {y}"),
            two(1, ANY, "a picture of {x} {rel} {y}"),
            two(1, ANY, "there is {x} {rel} {y}"),
            two(1, ANY, "{x} is {rel} {y}"),
            two(3, ANY, "{x} {rel} {y} {time}"),
            two(1, ANY, "{time} there is {x} {rel} {y}"),
            two(1, ANY, "a picture of {x} {rel} {y} {time}"),
            two(3, NOT_BELOW, "{x} {rel} {y} {ground.y}"),
            two(3, BELOW, "{x} {ground.x} {rel} {y}"),
            two(2, ANY, "{land} with {x} {rel} {y}"),
            two(2, NOT_BELOW, "{x} {rel} {y} {ground.y} {time}"),
            two(2, BELOW, "{x} {ground.x} {rel} {y} {time}"),
            two(2, ANY, "{land} {time} with {x} {rel} {y}"),

            three(3, "{x}, {y} and {z}"),
            three(1, "a picture of {x}, {y} and {z}"),
            three(1, "there is {x}, {y} and {z}"),
            three(1, "{x} {x.place}, {y} {y.place} and {z} {z.place}"),
            three(2, "{x}, {y} and {z} {time}"),
            three(1, "{time} there is {x}, {y} and {z}"),
            three(2, "{x}, {y} and {z} {ground.z}"),
            three(2, "{land} with {x}, {y} and {z}"),
            three(1, "{land} with {x} {x.place}, {y} {y.place} and {z} {z.place}"),
            three(2, "{x}, {y} and {z} {ground.z} {time}"),
            three(2, "{land} {time} with {x}, {y} and {z}"),

            three(3, ANY, "{x} {rel} {y}, and {z}"),
            three(2, ANY, "{x} {rel} {y}, and {z} {z.place}"),
            three(1, ANY, "{z} {z.place}, and {x} {rel} {y}"),
            three(2, ANY, "{x} {rel} {y} {time}, and {z}"),
            three(1, ANY, "{time} there is {x} {rel} {y}, and {z}"),
            three(2, ANY, "{land} with {x} {rel} {y}, and {z}"),
            three(1, ANY, "{land} with {z}, and {x} {rel} {y}"),
            three(2, ANY, "{land} {time} with {x} {rel} {y}, and {z}"),
            three(1, ANY, "{land} {time} with {x} {rel} {y}, and {z} {z.place}"));

    private static CaptionTemplate one(int weight, String text) {
        return new CaptionTemplate(1, NONE, weight, text);
    }

    private static CaptionTemplate two(int weight, String text) {
        return new CaptionTemplate(2, NONE, weight, text);
    }

    private static CaptionTemplate two(int weight, List<Relation> relations, String text) {
        return new CaptionTemplate(2, relations, weight, text);
    }

    private static CaptionTemplate three(int weight, String text) {
        return new CaptionTemplate(3, NONE, weight, text);
    }

    private static CaptionTemplate three(int weight, List<Relation> relations, String text) {
        return new CaptionTemplate(3, relations, weight, text);
    }

    boolean statesTime() {
        return text.contains("{time}");
    }

    boolean statesGround() {
        return text.contains("{land}") || text.contains("{ground.");
    }

    boolean statesRelation() {
        return !relations.isEmpty();
    }

    /** Whether it says where the n-th thing that it names is. */
    boolean statesPlace(int named) {
        return text.contains("{" + "xyz".charAt(named) + ".place}");
    }
}
