package dev.t2i.data;

import dev.t2i.image.Picture;

import java.util.List;

/**
 * What a data set on a disk holds: pictures by number, each with all its captions and its split. No picture is decoded, or even read,
 * before somebody asks for it. The order is the same whenever the same files are opened. Safe to use from several threads.
 */
public interface Catalogue {
    /** How many pictures have captions; only those have numbers. */
    long size();

    /** How many pictures there are, those without captions included. */
    default long pictures() {
        return size();
    }

    /** What the picture is called inside the data set, with slashes. */
    String name(long index);

    /** {@link #name} with the place of the data set in front, for messages. */
    String place(long index);

    /** The name of the split that the picture belongs to; empty in a data set without splits. */
    String split(long index);

    /**
     * All captions of a picture, none of them empty, each on one line. There is at least one, unless captions are read no sooner than now, and
     * nothing but blanks are there.
     *
     * @throws DataException one line where they can't be read
     */
    List<String> captions(long index);

    /** The picture as it is stored, encoded. @throws DataException one line where it can't be read */
    byte[] bytes(long index);

    /** The part of a decoded picture that the data set means; all of it where it says nothing. */
    default Picture cut(long index, Picture whole) {
        return whole;
    }

    /** The classes of pictures that must not occur in two splits; empty where nothing of the sort is promised. */
    default String group(long index) {
        return "";
    }

    /** What was wrong with the files that say what there is; pictures are not looked at. */
    Problems problems();
}
