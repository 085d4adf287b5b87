package dev.t2i.metric;

import dev.t2i.data.scene.Fact;

/** The kinds of facts that captions state. */
public enum Attribute {
    KIND, COLOUR, SIZE, PLACE, RELATION, TIME, GROUND;

    public static Attribute of(Fact fact) {
        return switch (fact) {
            case Fact.OfKind _ -> KIND;
            case Fact.OfColour _ -> COLOUR;
            case Fact.OfSize _ -> SIZE;
            case Fact.InPlace _ -> PLACE;
            case Fact.Related _ -> RELATION;
            case Fact.AtTime _ -> TIME;
            case Fact.OnGround _ -> GROUND;
        };
    }
}
