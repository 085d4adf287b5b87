package dev.t2i.data.scene;

/** The three columns of a picture, seen by the viewer. */
public enum Place { LEFT, MIDDLE, RIGHT }
