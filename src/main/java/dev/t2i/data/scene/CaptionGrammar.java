package dev.t2i.data.scene;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Writes captions for scenes as people would: from a bare "a red house under a yellow moon" to "a snowy plain at night with a
 * small pine to the left of a cottage". A caption names every thing of its scene and some of the rest; what it leaves out is
 * free, but what would surprise (a sun at night, a green moon) is nearly always said.
 *
 * <p>A caption is a pure function of the scene and a seed.
 */
public final class CaptionGrammar {
    private static final double USUAL_WORD = 0.55;
    private static final double STATE_RELATION = 0.65;
    private static final double STATE_GROUND = 0.5;
    private static final double STATE_DAY = 0.4;
    private static final double STATE_OTHER_TIME = 0.75;
    private static final double STATE_COLOUR = 0.94;
    private static final double STATE_NATURAL_COLOUR = 0.45;
    private static final double STATE_SIZE = 0.35;
    private static final double DEFINITE = 0.6;
    /** Captions to look through for one that says where things stand: some scenes allow none. */
    private static final int ATTEMPTS = 40;
    /** Changes to look through for a sensible one; whoever has one in twenty finds it long before. */
    private static final int CHANGES = 1000;

    private CaptionGrammar() {}

    /** How many templates there are; {@link Caption#template} counts from 0. */
    public static int templates() {
        return CaptionTemplate.ALL.size();
    }

    public static Caption caption(Scene scene, long seed) {
        Draws draws = new Draws(Draws.key(seed, scene.variation(), 1));
        List<Thing> things = scene.things();
        boolean natural = things.stream().allMatch(thing -> thing.kind().isNaturalAt(scene.time()));
        boolean time = draws.chance(!natural ? 1 : scene.time() == TimeOfDay.DAY ? STATE_DAY : STATE_OTHER_TIME);
        boolean ground = draws.chance(STATE_GROUND);
        Scene.Link link = null;
        if (draws.chance(STATE_RELATION)) {
            List<Scene.Link> links = scene.relations();
            link = links.isEmpty() ? null : links.get(draws.below(links.size()));
        }
        int template = template(things.size(), link, time, ground, draws);
        List<Integer> order = order(things, link, draws);
        List<Fact> facts = new ArrayList<>();
        CaptionTemplate chosen = CaptionTemplate.ALL.get(template);
        for (int named = 0; named < order.size(); named++) {
            int i = order.get(named);
            Thing thing = things.get(i);
            boolean plain = thing.kind().naturalColours().contains(thing.colour());
            facts.add(new Fact.OfKind(i, thing.kind()));
            if (draws.chance(plain ? STATE_NATURAL_COLOUR : STATE_COLOUR)) {
                facts.add(new Fact.OfColour(i, thing.colour()));
            }
            if (draws.chance(STATE_SIZE)) {
                facts.add(new Fact.OfSize(i, thing.size()));
            }
            if (chosen.statesPlace(named)) {
                facts.add(new Fact.InPlace(i, thing.place()));
            }
        }
        if (link != null) {
            facts.add(new Fact.Related(link.subject(), link.relation(), link.object()));
        }
        if (time) {
            facts.add(new Fact.AtTime(scene.time()));
        }
        if (ground) {
            facts.add(new Fact.OnGround(scene.ground()));
        }
        List<Kind> kinds = things.stream().map(Thing::kind).toList();
        long wording = draws.nextLong();
        return new Caption(write(chosen, order, kinds, facts, wording), facts, kinds, template, wording, order);
    }

    /**
     * A caption that, if the scene has several things, says with probability {@code sides} where one stands across the picture: its place, or
     * left or right of what. One in four says so anyway; which thing such words belong to is the last that is learnt.
     */
    public static Caption caption(Scene scene, long seed, double sides) {
        Caption caption = caption(scene, seed);
        if (sides == 0 || scene.things().size() < 2 || !new Draws(Draws.key(seed, scene.variation(), 3)).chance(sides)) {
            return caption;
        }
        Caption other = caption;
        for (int i = 1; i < ATTEMPTS && !namesSide(other); i++) {
            other = caption(scene, Draws.key(seed, i));
        }
        return namesSide(other) ? other : caption;
    }

    private static boolean namesSide(Caption caption) {
        return caption.facts().stream().anyMatch(fact -> fact instanceof Fact.InPlace
                || fact instanceof Fact.Related related && (related.relation() == Relation.LEFT_OF || related.relation() == Relation.RIGHT_OF));
    }

    /**
     * The same sentence with exactly one of its facts changed, so that it no longer fits the scene. Unless the caption itself
     * names a held-out composition, the changed one doesn't either. Where boat, fish and mountain are at sea, and the caption says
     * no more than that, no other kind lives there, and one that doesn't has to do.
     */
    public static Caption wrong(Scene scene, Caption caption, long seed) {
        Draws draws = new Draws(Draws.key(seed, caption.wording(), 2));
        List<Fact> facts = caption.facts();
        double[] weights = new double[facts.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = facts.get(i) instanceof Fact.OfKind || facts.get(i) instanceof Fact.OfColour ? 2 : 1;
        }
        boolean heldOut = namesHeldOut(caption);
        for (int attempt = 0; ; attempt++) {
            int at = draws.weighted(weights);
            List<Fact> changed = new ArrayList<>(facts);
            List<Kind> kinds = new ArrayList<>(caption.kinds());
            Fact other = change(facts.get(at), draws);
            changed.set(at, other);
            if (other instanceof Fact.OfKind(var thing, var kind)) {
                if (kind.inSky() != kinds.get(thing).inSky() || scene.thing(kind).isPresent()) {
                    continue;
                }
                kinds.set(thing, kind);
            }
            boolean anyKind = attempt >= CHANGES && other instanceof Fact.OfKind;
            if (other.equals(facts.get(at)) || !makesSense(changed, kinds) && !anyKind) {
                continue;
            }
            String text = write(CaptionTemplate.ALL.get(caption.template()), caption.order(), kinds, changed, caption.wording());
            Caption wrong = new Caption(text, changed, kinds, caption.template(), caption.wording(), caption.order());
            if (heldOut || !namesHeldOut(wrong)) {
                return wrong;
            }
        }
    }

    /** Whether the sentence names a composition of {@link HeldOut}. */
    public static boolean namesHeldOut(Caption caption) {
        for (Fact fact : caption.facts()) {
            boolean heldOut = switch (fact) {
                case Fact.OfColour(var thing, var colour) -> HeldOut.colour(caption.kinds().get(thing), colour);
                case Fact.Related(var subject, var relation, var object) ->
                        HeldOut.relation(caption.kinds().get(subject), relation, caption.kinds().get(object));
                default -> false;
            };
            if (heldOut) {
                return true;
            }
        }
        return false;
    }

    /** Every word that a caption can contain, in lower case. */
    public static SortedSet<String> vocabulary() {
        SortedSet<String> words = new TreeSet<>();
        for (CaptionTemplate template : CaptionTemplate.ALL) {
            addWords(template.text().replaceAll("\\{[^}]*}", " "), words);
        }
        List<List<String>> phrases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            phrases.add(Lexicon.words(kind));
        }
        for (Colour colour : Colour.values()) {
            phrases.add(Lexicon.words(colour));
        }
        for (Size size : Size.values()) {
            phrases.add(Lexicon.words(size));
        }
        for (Place place : Place.values()) {
            phrases.add(Lexicon.words(place));
        }
        for (Relation relation : Relation.values()) {
            phrases.add(Lexicon.words(relation));
        }
        for (TimeOfDay time : TimeOfDay.values()) {
            phrases.add(Lexicon.words(time));
        }
        for (Ground ground : Ground.values()) {
            phrases.add(Lexicon.landscape(ground));
            for (Kind.Level level : Kind.Level.values()) {
                phrases.add(Lexicon.words(ground, level));
            }
        }
        phrases.forEach(list -> list.forEach(phrase -> addWords(phrase, words)));
        Collections.addAll(words, "a", "an", "the");
        return words;
    }

    /** A prompt as captions are written: lower case, single blanks, no closing punctuation, no quotes. */
    public static String normalise(String prompt) {
        return prompt.toLowerCase(Locale.ROOT).replaceAll("[\"\u201c\u201d\u201e\u00ab\u00bb]", " ")
                .replaceAll("\\s+", " ").strip().replaceAll("[\\s.!?;,:]+$", "");
    }

    /** The words of a text, in order: runs of letters and digits in lower case. */
    public static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        addWords(text, words);
        return words;
    }

    private static void addWords(String text, Collection<String> words) {
        for (String word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
    }

    private static int template(int things, Scene.Link link, boolean time, boolean ground, Draws draws) {
        List<CaptionTemplate> all = CaptionTemplate.ALL;
        double[] weights = new double[all.size()];
        for (int i = 0; i < weights.length; i++) {
            CaptionTemplate template = all.get(i);
            boolean relation = link == null ? !template.statesRelation() : template.relations().contains(link.relation());
            if (template.things() == things && relation && template.statesTime() == time && template.statesGround() == ground) {
                weights[i] = template.weight();
            }
        }
        return draws.weighted(weights);
    }

    /** A related pair comes first; otherwise what is in the sky, so that a ground can follow what stands on it. */
    private static List<Integer> order(List<Thing> things, Scene.Link link, Draws draws) {
        List<Integer> order = new ArrayList<>();
        if (link != null) {
            order.add(link.subject());
            order.add(link.object());
        }
        List<Integer> rest = new ArrayList<>();
        for (int i = 0; i < things.size(); i++) {
            if (!order.contains(i)) {
                rest.add(draws.below(rest.size() + 1), i);
            }
        }
        rest.sort((a, b) -> Boolean.compare(things.get(b).kind().inSky(), things.get(a).kind().inSky()));
        order.addAll(rest);
        return order;
    }

    private static Fact change(Fact fact, Draws draws) {
        return switch (fact) {
            case Fact.AtTime _ -> new Fact.AtTime(any(TimeOfDay.values(), draws));
            case Fact.OnGround _ -> new Fact.OnGround(any(Ground.values(), draws));
            case Fact.OfKind(var thing, _) -> new Fact.OfKind(thing, any(Kind.values(), draws));
            case Fact.OfColour(var thing, _) -> new Fact.OfColour(thing, any(Colour.values(), draws));
            case Fact.OfSize(var thing, _) -> new Fact.OfSize(thing, any(Size.values(), draws));
            case Fact.InPlace(var thing, _) -> new Fact.InPlace(thing, any(Place.values(), draws));
            case Fact.Related(var subject, var relation, var object) ->
                    new Fact.Related(subject, relation.contrary(), object);
        };
    }

    private static <T> T any(T[] values, Draws draws) {
        return values[draws.below(values.length)];
    }

    /**
     * No black suns, and no cars where the caption says that it is the sea. Captions that fit no picture for other reasons pass: a relation's
     * contrary need not be possible (nothing stands above the moon), two things may be put in one place, and where no ground is stated a
     * house may stand beside a fish. Which captions there are never changes, since weights have learnt from them.
     */
    private static boolean makesSense(List<Fact> facts, List<Kind> kinds) {
        for (Fact fact : facts) {
            boolean sense = switch (fact) {
                case Fact.OfColour(var thing, var colour) -> kinds.get(thing).canBe(colour);
                case Fact.OnGround(var ground) -> kinds.stream().allMatch(kind -> kind.livesOn(ground));
                default -> true;
            };
            if (!sense) {
                return false;
            }
        }
        return true;
    }

    private static String write(CaptionTemplate template, List<Integer> order, List<Kind> kinds, List<Fact> facts, long wording) {
        StringBuilder out = new StringBuilder();
        String text = template.text();
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf('{', at);
            if (open < 0) {
                out.append(text, at, text.length());
                break;
            }
            int close = text.indexOf('}', open);
            out.append(text, at, open).append(fill(text.substring(open + 1, close), order, kinds, facts, wording));
            at = close + 1;
        }
        return out.toString();
    }

    private static String fill(String hole, List<Integer> order, List<Kind> kinds, List<Fact> facts, long wording) {
        Draws draws = new Draws(Draws.key(wording, hole.hashCode()));
        if (hole.endsWith(".place")) {
            int thing = order.get(hole.charAt(0) - 'x');
            for (Fact fact : facts) {
                if (fact instanceof Fact.InPlace(var i, var place) && i == thing) {
                    return choose(Lexicon.words(place), draws);
                }
            }
        } else if (hole.startsWith("ground.")) {
            Kind.Level level = kinds.get(order.get(hole.charAt(7) - 'x')).level();
            return choose(Lexicon.words(ground(facts), level), draws);
        } else if (hole.equals("land")) {
            return choose(Lexicon.landscape(ground(facts)), draws);
        } else if (hole.equals("time")) {
            for (Fact fact : facts) {
                if (fact instanceof Fact.AtTime(var time)) {
                    return choose(Lexicon.words(time), draws);
                }
            }
        } else if (hole.equals("rel")) {
            for (Fact fact : facts) {
                if (fact instanceof Fact.Related(_, var relation, _)) {
                    return choose(Lexicon.words(relation), draws);
                }
            }
        } else {
            return noun(order.get(hole.charAt(0) - 'x'), kinds, facts, draws);
        }
        throw new IllegalStateException("nothing stated for {" + hole + "}");
    }

    private static Ground ground(List<Fact> facts) {
        for (Fact fact : facts) {
            if (fact instanceof Fact.OnGround(var ground)) {
                return ground;
            }
        }
        throw new IllegalStateException("no ground stated");
    }

    private static String noun(int thing, List<Kind> kinds, List<Fact> facts, Draws draws) {
        Draws kindWord = new Draws(draws.nextLong());
        Draws colourWord = new Draws(draws.nextLong());
        Draws sizeWord = new Draws(draws.nextLong());
        StringBuilder phrase = new StringBuilder();
        for (Fact fact : facts) {
            if (fact instanceof Fact.OfSize(var i, var size) && i == thing) {
                phrase.append(choose(Lexicon.words(size), sizeWord)).append(' ');
            }
        }
        for (Fact fact : facts) {
            if (fact instanceof Fact.OfColour(var i, var colour) && i == thing) {
                phrase.append(choose(Lexicon.words(colour), colourWord)).append(' ');
            }
        }
        Kind kind = kinds.get(thing);
        boolean bare = phrase.isEmpty();
        phrase.append(choose(Lexicon.words(kind), kindWord));
        if (bare && (kind == Kind.SUN || kind == Kind.MOON) && draws.chance(DEFINITE)) {
            return "the " + phrase;
        }
        return ("aeiou".indexOf(phrase.charAt(0)) >= 0 ? "an " : "a ") + phrase;
    }

    private static String choose(List<String> words, Draws draws) {
        return words.size() == 1 || draws.chance(USUAL_WORD) ? words.getFirst() : words.get(1 + draws.below(words.size() - 1));
    }
}
