package dev.t2i.backend.tornado;

import dev.t2i.graph.Expression;
import dev.t2i.graph.Op;
import dev.t2i.graph.Value;
import dev.t2i.graph.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Element-wise operations with one expression on many tensors, in one kernel: a table among the constants says for each piece of work how long it is
 * and where its operands begin. TornadoVM compiles and dispatches every task for itself, and an optimizer would have several for each parameter.
 */
final class Gang {
    /** Elements of a piece at most. */
    private static final int PIECE = 4096;
    private static final int LOCAL = 64;
    /** Numbers in a table are F32 and come in two parts, of which each is exact. */
    private static final int PART = 1 << 12;
    private static final int MOST_PIECES = 1 << 15;

    /**
     * One of the operations.
     *
     * @param rooms  of the operands, the result's last
     * @param offsets of the operands in their rooms
     * @param along  whether an operand is walked along, or is a single number
     */
    private record Member(Value value, List<Room> rooms, List<Integer> offsets, List<Boolean> along, int size) {}

    private final Function<Value, Spot> spots;
    private final List<Member> members = new ArrayList<>();

    Gang(Function<Value, Spot> spots) {
        this.spots = spots;
    }

    /** Takes a value in if it goes with those that are there. */
    boolean add(Value value) {
        Optional<Member> member = member(value);
        if (member.isEmpty() || !members.isEmpty() && !fits(members.getFirst(), member.get())
                || members.stream().anyMatch(other -> meet(other, member.get()) || meet(member.get(), other))) {
            return false;
        }
        members.add(member.get());
        return true;
    }

    List<Value> values() {
        return members.stream().map(Member::value).toList();
    }

    private Optional<Member> member(Value value) {
        if (!(value.op() instanceof Op.Fused fused) || fused.space().size() == 0 || fused.space().size() != value.shape().size()) {
            return Optional.empty();
        }
        List<Room> rooms = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        List<Boolean> along = new ArrayList<>();
        for (int i = 0; i < fused.views().size(); i++) {
            View view = fused.views().get(i);
            boolean single = java.util.Arrays.stream(view.strides()).allMatch(stride -> stride == 0) || fused.space().size() == 1;
            boolean whole = Axes.of(fused.space().dims(), List.of(view.strides(), fused.space().strides()), null).dims().length == 1
                    && java.util.Arrays.equals(Axes.of(fused.space().dims(), List.of(view.strides()), null).strides()[0], new long[] {1});
            if (!single && !whole) {
                return Optional.empty();
            }
            Spot spot = spots.apply(value.input(i)).plus(view.offset());
            rooms.add(spot.room());
            offsets.add(spot.offset());
            along.add(!single);
        }
        Spot out = spots.apply(value);
        rooms.add(out.room());
        offsets.add(out.offset());
        along.add(true);
        return Optional.of(new Member(value, rooms, offsets, along, Math.toIntExact(value.shape().size())));
    }

    private static boolean fits(Member one, Member other) {
        return expression(one).equals(expression(other)) && one.rooms.equals(other.rooms) && one.along.equals(other.along);
    }

    private static Expression expression(Member member) {
        return ((Op.Fused) member.value.op()).expression();
    }

    /** Whether one writes where the other reads or writes. */
    private static boolean meet(Member writer, Member other) {
        int result = writer.rooms.size() - 1;
        for (int i = 0; i < other.rooms.size(); i++) {
            int length = other.along.get(i) ? other.size : 1;
            if (writer.rooms.get(result) == other.rooms.get(i) && writer.offsets.get(result) < other.offsets.get(i) + length
                    && other.offsets.get(i) < writer.offsets.get(result) + writer.size) {
                return true;
            }
        }
        return false;
    }

    private int operands() {
        return members.getFirst().rooms.size();
    }

    /** Numbers in a row of the table: a length and a place for each operand, two parts each. */
    private int width() {
        return 2 * (1 + operands());
    }

    /** A row for every piece. */
    float[] table() {
        List<Integer> numbers = new ArrayList<>();
        for (Member member : members) {
            for (int start = 0; start < member.size; start += PIECE) {
                numbers.add(Math.min(PIECE, member.size - start));
                for (int i = 0; i < member.rooms.size(); i++) {
                    numbers.add(member.offsets.get(i) + (member.along.get(i) ? start : 0));
                }
            }
        }
        float[] table = new float[2 * numbers.size()];
        for (int i = 0; i < numbers.size(); i++) {
            table[2 * i] = numbers.get(i) / PART;
            table[2 * i + 1] = numbers.get(i) % PART;
        }
        return table;
    }

    /** Whether a grid holds the pieces. */
    boolean isSmallEnough() {
        return members.stream().mapToLong(member -> Math.ceilDiv(member.size, PIECE)).sum() <= MOST_PIECES;
    }

    /** @param table where {@link #table} lies */
    Kernel kernel(Spot table) {
        Member first = members.getFirst();
        int pieces = table().length / width();
        KernelClass code = KernelClass.of(kernel -> {
            kernel.id("globalIdx");
            int item = kernel.newInt();
            kernel.id("groupIdy");
            kernel.integer(width());
            kernel.raw().imul();
            int row = kernel.newInt();
            int length = number(kernel, table, row, 0);
            int[] places = new int[operands()];
            for (int i = 0; i < places.length; i++) {
                places[i] = number(kernel, table, row, i + 1);
            }
            kernel.loadInt(item);
            kernel.loadInt(length);
            java.lang.classfile.Label outside = kernel.raw().newLabel();
            kernel.raw().if_icmpge(outside);
            int[] registers = new int[places.length - 1];
            for (int i = 0; i < registers.length; i++) {
                int operand = i;
                kernel.get(new Spot(first.rooms.get(i), 0), () -> place(kernel, places[operand], item, first.along.get(operand)));
                registers[i] = kernel.newFloat();
            }
            int result = Arithmetic.compute(kernel, expression(first), registers);
            kernel.set(new Spot(first.rooms.getLast(), 0), () -> place(kernel, places[places.length - 1], item, true), () -> kernel.loadFloat(result));
            kernel.raw().labelBinding(outside);
        });
        return new Kernel("%d times %s".formatted(members.size(), first.value.describe()), code, new Grid(PIECE, pieces, 1, LOCAL, 1),
                Work.elements(members.stream().mapToLong(member -> (long) member.size * member.rooms.size()).sum()));
    }

    private static int number(Code code, Spot table, int row, int index) {
        code.get(table.plus(2L * index), () -> code.loadInt(row));
        code.raw().f2i();
        code.integer(PART);
        code.raw().imul();
        code.get(table.plus(2L * index + 1), () -> code.loadInt(row));
        code.raw().f2i();
        code.raw().iadd();
        return code.newInt();
    }

    private static void place(Code code, int place, int item, boolean along) {
        code.loadInt(place);
        if (along) {
            code.loadInt(item);
            code.raw().iadd();
        }
    }
}
